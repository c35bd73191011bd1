"""Trains a small Keras model on the Pima Indians Diabetes data, as any Keras script would, for README.md.

    python examples/import/train.py FOLDER

Writes into the folder: model.keras; people.csv, rows that training has not seen, without what is to be predicted; and
keras.csv, what Keras itself predicts for them.
"""

import csv
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../data/pima.csv")


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    with open(DATA, newline="") as f:
        header, *rows = csv.reader(f)
    x = np.array([row[:-1] for row in rows], np.float32)
    y = np.array([row[-1] == "pos" for row in rows], np.float32)
    n = len(x) * 4 // 5

    keras.utils.set_random_seed(1)
    scaling = layers.Normalization()
    scaling.adapt(x[:n])
    model = keras.Sequential([
        keras.Input((x.shape[1],)),
        scaling,
        layers.Dense(16, activation="relu"),
        layers.Dropout(0.2),
        layers.Dense(8, activation="relu"),
        layers.Dense(1, activation="sigmoid"),
    ])
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    model.fit(x[:n], y[:n], batch_size=32, epochs=60, verbose=0)
    print("accuracy on the last fifth: %.4f" % model.evaluate(x[n:], y[n:], verbose=0)[1])
    model.save(os.path.join(folder, "model.keras"))

    with open(os.path.join(folder, "people.csv"), "w", newline="") as f:
        writer = csv.writer(f, lineterminator="\n")
        writer.writerows([header[:-1]] + [row[:-1] for row in rows[n:]])
    np.savetxt(os.path.join(folder, "keras.csv"), model.predict(x[n:], verbose=0), fmt="%.9g")


if __name__ == "__main__":
    main()
