"""The models of the corpus that scikit-learn makes, with skl2onnx and numpy.savez. Run it as generate.py says."""

import os
import sys
import warnings

import numpy as np
import onnx
import skl2onnx
import sklearn
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

from common import ROWS, Manifest, generator, inputs, put

VERSIONS = {"scikit-learn": sklearn.__version__, "skl2onnx": skl2onnx.__version__, "onnx": onnx.__version__}
corpus = Manifest("manifest.json", "sklearn_models.py", sys.argv[1:])

FLOWERS = ["setosa", "versicolor", "virginica"]
CENTRE = np.array([120.9, 69.1, 20.5, 79.8, 32.0, 0.47], np.float32)
SPREAD = np.array([31.97, 19.36, 15.95, 115.2, 7.88, 0.33], np.float32)


def data(rng, kind, dtype=np.float32):
    """Training data: kind says what is learned. Columns have the scales of real measurements if it ends in "raw"."""
    x = rng.normal(0, 1, (240, 6)).astype(dtype)
    classes = ((x[:, 0] + x[:, 1] * x[:, 2] > 0).astype(int) + (x[:, 3] > 0.5)).clip(0, 2)
    y = {
        "two": classes > 0,
        "two-text": np.array(["no", "yes"])[(classes > 0).astype(int)],
        "two-numbers": np.array([1, 2])[(classes > 0).astype(int)],
        "many": classes,
        "many-numbers": np.array([3, 5, 20])[classes],
        "many-text": np.array(FLOWERS)[classes],
        "one": x[:, 0] * 2 + np.sin(x[:, 1]) + 3,
        "several": np.stack([x[:, 0] - x[:, 4], x[:, 1] * x[:, 2], np.abs(x[:, 3])], 1) * 10,
        "counts": np.floor(np.exp(x[:, 0])),
    }[kind]
    if kind == "two":
        y = y.astype(int)
    if kind in ("one", "several", "counts"):
        y = y.astype(dtype)
    return x, y


def fit(name, kind, build, raw=False, dtype=np.float32):
    """The trained model and the rows to predict."""
    rng = generator(name)
    x, y = data(rng, kind, dtype)
    rows = inputs(rng, 6)
    if raw:
        x, rows = (x * SPREAD + CENTRE).astype(dtype), (rows * SPREAD + CENTRE).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return build().fit(x, y), rows


def output(model, rows):
    """What nnrt's model gives: of two classes, the probability of the second; and the labels."""
    if not hasattr(model, "predict_proba"):
        return model.predict(rows), None
    p = model.predict_proba(rows)
    return (p[:, 1] if len(model.classes_) == 2 else p), model.predict(rows)


def converted(name, kind, build, shows, opset=None, options=None, raw=False, dtype=np.float32, batch=None):
    """An ONNX file by skl2onnx."""
    if not corpus.wants(name):
        return
    model, rows = fit(name, kind, build, raw, dtype)
    y, labels = output(model, rows)
    folder = corpus.folder(name)
    proto = skl2onnx.convert_sklearn(model, "model", [("X", FloatTensorType([batch, 6]))], target_opset=opset,
                                     options={id(model): options} if options else None)
    onnx.save(proto, os.path.join(folder, "model.onnx"))
    put(folder, rows, y, labels)
    version = max(o.version for o in proto.opset_import if o.domain == "")
    corpus.add(name, framework="scikit-learn", versions=VERSIONS, exporter="skl2onnx", opset=version,
               batch=batch or "free", file="model.onnx", shows=shows,
               classes=[str(c) for c in model.classes_] if labels is not None else None)


def mixed(name, kind, build, shows, opset=None):
    """An ONNX file whose inputs are columns of numbers and of texts. The rows are in x.csv."""
    if not corpus.wants(name):
        return
    rng = generator(name)
    x, y = data(rng, kind)
    table = np.empty((len(x), 4), object)
    table[:, 0], table[:, 1] = (40 + 12 * x[:, 0]).round(1), (50000 + 9000 * x[:, 1]).round()
    table[:, 2] = np.array(["red", "green", "blue"])[(x[:, 2] * 3).astype(int) % 3]
    table[:, 3] = np.array(["no", "yes"])[(x[:, 3] > 0).astype(int)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = build().fit(table, y)
    rows = table[:ROWS]
    p, labels = output(model, rows)
    names = "age", "income", "colour", "married"
    kinds = [t([None, 1]) for t in (FloatTensorType, FloatTensorType, StringTensorType, StringTensorType)]
    folder = corpus.folder(name)
    proto = skl2onnx.convert_sklearn(model, "model", list(zip(names, kinds)), target_opset=opset)
    onnx.save(proto, os.path.join(folder, "model.onnx"))
    put(folder, None, p, labels)
    with open(os.path.join(folder, "x.csv"), "w", encoding="utf-8") as f:
        f.writelines(",".join(map(str, row)) + "\n" for row in [names, *rows])
    version = max(o.version for o in proto.opset_import if o.domain == "")
    corpus.add(name, framework="scikit-learn", versions=VERSIONS, exporter="skl2onnx", opset=version, batch="free",
               file="model.onnx", shows=shows,
               classes=[str(c) for c in model.classes_] if labels is not None else None)


def arrays(name, kind, build, layers, shows, dtype=np.float32, compressed=False):
    """coefs_ and intercepts_ in an NPZ file."""
    if not corpus.wants(name):
        return
    model, rows = fit(name, kind, build, dtype=dtype)
    y, _ = output(model, rows)
    folder = corpus.folder(name)
    named = {f"coefs_{i}": c for i, c in enumerate(model.coefs_)}
    named |= {f"intercepts_{i}": c for i, c in enumerate(model.intercepts_)}
    (np.savez_compressed if compressed else np.savez)(os.path.join(folder, "model.npz"), **named)
    put(folder, rows, y)
    corpus.add(name, framework="scikit-learn", versions={**VERSIONS, "numpy": np.__version__}, layers=layers,
               exporter="numpy.savez_compressed" if compressed else "numpy.savez", file="model.npz", shows=shows)


def classifier(*hidden, activation="relu"):
    return lambda: MLPClassifier(hidden, activation=activation, max_iter=40, random_state=1, learning_rate_init=0.01)


def regressor(*hidden, activation="relu", loss="squared_error"):
    return lambda: MLPRegressor(hidden_layer_sizes=hidden, activation=activation, loss=loss, max_iter=40,
                                random_state=1, learning_rate_init=0.01)


def after(*scalers, last):
    return lambda: make_pipeline(*(s() for s in scalers), last())


# --- the list ------------------------------------------------------------------------------------------------------

def models():
    activations = "relu", "tanh", "logistic", "identity"
    for i, a in enumerate(activations):
        converted(f"sklearn-two-{a}", "two", classifier(8, activation=a), f"two classes, {a}",
                  opset=(9, 13, 17, None)[i])
        converted(f"sklearn-many-{a}", "many", classifier(9, 7, activation=a), f"three classes, {a}",
                  opset=(None, 11, 15, 20)[i])
        converted(f"sklearn-regressor-{a}", "one", regressor(8, activation=a), f"one number, {a}",
                  opset=(15, None, 9, 13)[i])
    no_map, columns = {"zipmap": False}, {"zipmap": "columns"}
    converted("sklearn-two-text", "two-text", classifier(8), "two classes, labels are strings")
    converted("sklearn-two-numbers", "two-numbers", classifier(8), "two classes, labels 1 and 2")
    converted("sklearn-two-text-nomap", "two-text", classifier(8), "strings, no ZipMap", options=no_map)
    converted("sklearn-two-nomap", "two", classifier(8), "integers, no ZipMap", options=no_map, opset=12)
    converted("sklearn-many-text", "many-text", classifier(8), "three classes, labels are strings")
    converted("sklearn-many-text-nomap", "many-text", classifier(8), "strings, no ZipMap", options=no_map, opset=11)
    converted("sklearn-many-numbers", "many-numbers", classifier(8), "three classes, labels 3, 5, 20")
    converted("sklearn-many-nomap", "many-numbers", classifier(8), "integers, no ZipMap", options=no_map, opset=18)
    converted("sklearn-many-batch1", "many-text", classifier(8), "fixed batch of one row", batch=1)
    converted("sklearn-many-float64", "many", classifier(8), "trained in float64", dtype=np.float64)
    converted("sklearn-regressor-deep", "one", regressor(10, 8, 6), "one number, four layers")
    converted("sklearn-nohidden", "many", classifier(), "no hidden layer")
    converted("sklearn-deep", "many-text", classifier(*(24, 20, 20, 16, 16, 12, 12, 8, 8)), "ten layers")
    converted("sklearn-wide", "many", classifier(100), "scikit-learn's default width")
    for i, (s, scaler) in enumerate((("standard", StandardScaler), ("minmax", MinMaxScaler))):
        converted(f"sklearn-{s}-two", "two-text", after(scaler, last=classifier(8)), f"{scaler.__name__}, two classes",
                  raw=True, opset=(None, 13)[i])
        converted(f"sklearn-{s}-many", "many-text", after(scaler, last=classifier(8)),
                  f"{scaler.__name__}, three classes, no ZipMap", raw=True, options=no_map, opset=(11, None)[i])
        converted(f"sklearn-{s}-regressor", "one", after(scaler, last=regressor(8)),
                  f"{scaler.__name__}, one number", raw=True, opset=(15, 9)[i])
    converted("sklearn-standard-nomean", "many", after(lambda: StandardScaler(with_mean=False), last=classifier(8)),
              "StandardScaler without means", raw=True)
    converted("sklearn-standard-nostd", "many", after(lambda: StandardScaler(with_std=False), last=classifier(8)),
              "StandardScaler without deviations", raw=True)
    converted("sklearn-minmax-range", "one", after(lambda: MinMaxScaler((-1, 1)), last=regressor(8)),
              "MinMaxScaler to -1 … 1", raw=True)

    converted("sklearn-minmax-clip", "many", after(lambda: MinMaxScaler(clip=True), last=classifier(8)),
              "MinMaxScaler that clips to 0 … 1", raw=True)
    converted("sklearn-columns", "many-text", after(lambda: ColumnTransformer(
        [("a", StandardScaler(), [0, 1, 4]), ("b", MinMaxScaler(), [2, 3, 5])]), last=classifier(8)),
        "a ColumnTransformer with a scaler for each half", raw=True)

    def columns_of(last):
        return after(lambda: ColumnTransformer([("numbers", StandardScaler(), [0, 1]),
                                                ("texts", OneHotEncoder(), [2, 3])]), last=last)
    mixed("sklearn-mixed-two", "two-text", columns_of(classifier(8)),
          "numbers and texts: StandardScaler, OneHotEncoder")
    mixed("sklearn-mixed-many", "many-text", columns_of(classifier(8)), "the same, three classes", opset=15)
    mixed("sklearn-mixed-regressor", "one", columns_of(regressor(8)), "the same, one number")

    arrays("sklearn-npz-two", "two", classifier(10, 8), "10:relu,8:relu,1:sigmoid", "two classes")
    arrays("sklearn-npz-many", "many", classifier(9, activation="tanh"), "9:tanh,3:softmax", "three classes")
    arrays("sklearn-npz-regressor", "several", regressor(8, activation="logistic"), "8:sigmoid,3:linear",
           "three numbers")
    arrays("sklearn-npz-poisson", "counts", regressor(8, loss="poisson"), "8:relu,1:exponential",
           "Poisson loss: the output is an exponential")
    arrays("sklearn-npz-float64", "many", classifier(8), "8:relu,3:softmax", "float64 weights", dtype=np.float64)
    arrays("sklearn-npz-compressed", "one", regressor(8, 6), "8:relu,6:relu,1:linear", "deflated", compressed=True)


if __name__ == "__main__":
    models()
    corpus.write()
