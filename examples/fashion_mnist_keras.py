"""Keras's figure beside nnrt's for Fashion-MNIST: a Dense network, ReLU and softmax, Adam, batches of 128, five epochs.

    python3 -m venv /tmp/keras && /tmp/keras/bin/pip install keras tensorflow-cpu
    /tmp/keras/bin/python examples/fashion_mnist_keras.py [--hidden 512,512] [SEED ...]

Reads Debian's dataset-fashion-mnist; prints the test accuracy of each seed (1 to 5 unless others are named). The hidden
layers have 128 units, or those that --hidden names.
"""

import argparse
import gzip
import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

FOLDER = "/usr/share/datasets/fashion-mnist/"


def idx(name, header):
    with gzip.open(FOLDER + name) as f:
        return np.frombuffer(f.read(), np.uint8, offset=header)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--hidden", default="128")
    parser.add_argument("seeds", nargs="*", type=int, default=[1, 2, 3, 4, 5])
    arguments = parser.parse_args()
    x = idx("train-images-idx3-ubyte.gz", 16).reshape(-1, 784).astype(np.float32) / np.float32(255)
    y = idx("train-labels-idx1-ubyte.gz", 8)
    test_x = idx("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 784).astype(np.float32) / np.float32(255)
    test_y = idx("t10k-labels-idx1-ubyte.gz", 8)
    accuracies = []
    for seed in arguments.seeds:
        keras.utils.set_random_seed(seed)
        model = keras.Sequential([
            keras.Input((784,)),
            *[keras.layers.Dense(int(units), activation="relu") for units in arguments.hidden.split(",")],
            keras.layers.Dense(10, activation="softmax"),
        ])
        model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(x, y, batch_size=128, epochs=5, verbose=0)
        accuracies.append(model.evaluate(test_x, test_y, verbose=0)[1])
        print(f"seed {seed}: test accuracy {accuracies[-1]:.4f}", flush=True)
    print(f"mean of {len(accuracies)}: {np.mean(accuracies):.4f}")


if __name__ == "__main__":
    main()
