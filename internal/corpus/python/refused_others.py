"""What Keras, scikit-learn and others write and nnrt refuses. Run it as generate.py says.

names are the texts that the error has to have: the layer and its class, or the node and its operator.
"""

import os
import pickle
import sys

os.environ.update(KERAS_BACKEND="tensorflow", TF_ENABLE_ONEDNN_OPTS="0", TF_CPP_MIN_LOG_LEVEL="3")

import keras
import numpy as np
import onnx
import skl2onnx
import sklearn
import tensorflow as tf
from keras import layers
from onnx import TensorProto, helper, numpy_helper
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, PolynomialFeatures
from sklearn.svm import SVC

from common import Manifest, generator

KERAS = {"keras": keras.__version__, "tensorflow": tf.__version__}
SKLEARN = {"scikit-learn": sklearn.__version__, "skl2onnx": skl2onnx.__version__}
corpus = Manifest("refused.json", "refused_others.py", sys.argv[1:])


def native(name, build, names, shows, form="keras"):
    name = f"refused-keras-{name}" + ("-h5" if form == "h5" else "")
    if not corpus.wants(name):
        return
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(1)
    folder = corpus.folder(name)
    build().save(os.path.join(folder, "model." + form))
    corpus.add(name, framework="Keras 3", versions=KERAS, exporter="." + form, file="model." + form, shows=shows,
               names=names)


def exported(name, build, names, shows):
    name = "refused-keras-export-" + name
    if not corpus.wants(name):
        return
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(1)
    folder = corpus.folder(name)
    model = build()
    model(np.zeros([d or 1 for d in model.input_shape], np.float32))
    model.export(os.path.join(folder, "model.onnx"), format="onnx", verbose=False)
    corpus.add(name, framework="Keras 3", versions=KERAS, exporter="export()", file="model.onnx", shows=shows,
               names=names)


def converted(name, build, names, shows):
    name = "refused-sklearn-" + name
    if not corpus.wants(name):
        return
    rng = generator(name)
    x = rng.normal(0, 1, (60, 4)).astype(np.float32)
    y = (x[:, 0] > 0).astype(int) + (x[:, 1] > 0.5)
    if name.endswith("positions"):
        y = (x[:, :2] > 0).astype(int)
    if name.endswith("several"):
        y = x[:, :3]
    model = build().fit(x, y)
    folder = corpus.folder(name)
    proto = skl2onnx.convert_sklearn(model, "model", [("X", FloatTensorType([None, 4]))])
    onnx.save(proto, os.path.join(folder, "model.onnx"))
    corpus.add(name, framework="scikit-learn", versions=SKLEARN, exporter="skl2onnx", file="model.onnx", shows=shows,
               names=names)


def written(name, nodes, names, shows, initializers=(), sparse=(), functions=(), opsets=(("", 17),), kind=None):
    """A graph that no exporter wrote, by the package onnx."""
    name = "refused-onnx-" + name
    if not corpus.wants(name):
        return
    kind = kind or TensorProto.FLOAT
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", kind, ["n", 4])],
                              [helper.make_tensor_value_info("y", kind, None)], initializer=list(initializers),
                              sparse_initializer=list(sparse))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid(*o) for o in opsets], functions=list(functions))
    model.ir_version = 8
    folder = corpus.folder(name)
    onnx.save(model, os.path.join(folder, "model.onnx"))
    corpus.add(name, framework="onnx", versions={"onnx": onnx.__version__}, exporter="onnx.helper", file="model.onnx",
               shows=shows, names=names)


def other(name, file, write, names, shows, framework, versions, layers_=None):
    """A file of another kind."""
    name = "refused-" + name
    if not corpus.wants(name):
        return
    folder = corpus.folder(name)
    write(os.path.join(folder, file))
    corpus.add(name, framework=framework, versions=versions, exporter="", file=file, shows=shows, names=names,
               layers=layers_)


# --- Keras ---------------------------------------------------------------------------------------------------------

@keras.saving.register_keras_serializable(package="corpus")
class Doubled(layers.Layer):
    def call(self, x):
        return 2 * x


@keras.saving.register_keras_serializable(package="corpus")
def cube(x):
    return x * x * x


def chain(shape, *rest):
    return lambda: keras.Sequential([keras.Input(shape), *(r() for r in rest)])


def dense(units=2, activation=None, **options):
    return lambda: layers.Dense(units, activation, **options)


def residual():
    i = keras.Input((4,))
    return keras.Model(i, layers.Add(name="sum")([i, layers.Dense(4, "relu", name="inner")(i)]))


def two_inputs():
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    return keras.Model([a, b], layers.Concatenate(name="both")([a, b]))


def two_outputs():
    i = keras.Input((4,))
    return keras.Model(i, [layers.Dense(2, name="first")(i), layers.Dense(1, name="second")(i)])


def attention():
    i = keras.Input((3, 4))
    x = layers.MultiHeadAttention(1, 2, name="heads")(i, i)
    return keras.Model(i, x)


def shared():
    i = keras.Input((4,))
    d = layers.Dense(4, "tanh", name="twice")
    return keras.Model(i, d(d(i)))


def operation():
    i = keras.Input((4,))
    return keras.Model(i, keras.ops.sin(layers.Dense(2)(i)))


def normalization():
    n = layers.Normalization()
    n.adapt(np.random.default_rng(3).normal(1, 2, (50, 4)).astype(np.float32))
    return keras.Sequential([keras.Input((4,)), n, layers.Dense(2)])


def quantized():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    model.quantize("int8")
    return model


def keras_models():
    native("conv", chain((6, 1), lambda: layers.Conv1D(2, 3, name="filter"), layers.Flatten),
           ["filter", "Conv1D"], "a convolution")
    native("lstm", chain((5, 3), lambda: layers.LSTM(4, name="memory")), ["memory", "LSTM"], "an LSTM")
    native("attention", attention, ["heads", "MultiHeadAttention"], "attention")
    native("embedding", chain((3,), lambda: layers.Embedding(10, 4, name="words"), layers.Flatten),
           ["words", "Embedding"], "an embedding")
    native("lambda", chain((4,), lambda: layers.Lambda(lambda x: x * 2, name="program")),
           ["program", "Lambda"], "Lambda: a program in the file")
    native("lambda", chain((4,), lambda: layers.Lambda(lambda x: x * 2, name="program")),
           ["program", "Lambda"], "Lambda, legacy form", "h5")
    native("custom-layer", chain((4,), lambda: Doubled(name="mine")), ["mine", "Doubled"],
           "a layer of the user's")
    native("custom-activation", chain((4,), lambda: layers.Dense(4, cube, name="cubed")), ["cubed", "cube"],
           "an activation of the user's")
    native("prelu", chain((4,), lambda: layers.PReLU(name="slopes")), ["slopes", "PReLU"],
           "PReLU, whose slopes are weights")
    native("two-inputs", two_inputs, ["Functional", "exactly one input"], "two inputs")
    native("two-outputs", two_outputs, ["Functional", "exactly one output"], "two outputs")
    native("residual", residual, ["sum", "Add"], "a connection round a layer")
    native("shared", shared, ["twice"], "a layer used twice")
    native("operation", operation, ["sin", "Sin"], "an operation of keras.ops")
    native("sequence", chain((5, 4), dense(3)), ["dense", "(Dense)", "shape"], "a Dense layer over a sequence")
    native("int8", quantized, ["dense", "int8"], "quantised to int8")
    native("relu-threshold", chain((4,), lambda: layers.ReLU(threshold=0.5, name="late")),
           ["late", "ReLU"], "ReLU with a threshold")
    native("sparsemax", chain((4,), dense(4, "sparsemax", name="sparse")), ["sparse", "sparsemax"],
           "an activation that nnrt does not have")

    exported("normalization", normalization, ["keras_tensor", "one of 2 inputs"],
             "Normalization, whose statistics export() leaves out: inputs without values")
    exported("conv", chain((6, 1), lambda: layers.Conv1D(2, 3), layers.Flatten, dense()),
             ["convolution", "(Conv)"], "a convolution")
    exported("lstm", chain((5, 3), lambda: layers.LSTM(4), dense()), ["(LSTM)"], "an LSTM")
    exported("residual", residual, ["sum", "(Add)"], "a connection round a layer")
    exported("prelu", chain((4,), dense(4), lambda: layers.PReLU("random_normal"), dense()), ["(Add)"], "PReLU")


# --- scikit-learn --------------------------------------------------------------------------------------------------

def mlp():
    return MLPClassifier((6,), max_iter=60, random_state=1)


def sklearn_models():
    converted("forest", lambda: RandomForestClassifier(2, max_depth=2, random_state=1), ["TreeEnsembleClassifier"],
              "a random forest")
    converted("svm", lambda: SVC(max_iter=50), ["SVMClassifier"], "a support vector machine")
    converted("neighbours", lambda: KNeighborsClassifier(3), ["(Scan)"], "nearest neighbours")
    converted("normalizer", lambda: make_pipeline(Normalizer(), mlp()), ["Normalizer"], "rows of length one")
    converted("polynomial", lambda: make_pipeline(PolynomialFeatures(2), mlp()), ["(ReduceProd)"], "products of inputs")
    converted("positions", mlp, ["Binarizer"], "several labels a row")
    converted("several", lambda: MLPRegressor(hidden_layer_sizes=(6,), max_iter=20, random_state=1), ["(Reshape)"],
              "several numbers, which skl2onnx puts one below the other")


# --- onnx, NumPy, pickle -------------------------------------------------------------------------------------------

def weights(name, *shape):
    rng = np.random.default_rng(1)
    return numpy_helper.from_array(rng.normal(0, 1, shape).astype(np.float32), name)


def scan():
    body = helper.make_graph([helper.make_node("Add", ["s", "e"], ["t"]), helper.make_node("Identity", ["t"], ["o"])],
                             "body", [helper.make_tensor_value_info(n, TensorProto.FLOAT, [4]) for n in ("s", "e")],
                             [helper.make_tensor_value_info(n, TensorProto.FLOAT, [4]) for n in ("t", "o")])
    return helper.make_node("Scan", ["zero", "x"], ["last", "y"], name="along", num_scan_inputs=1, body=body)


def others():
    sparse = helper.make_sparse_tensor(helper.make_tensor("w", TensorProto.FLOAT, [3], [1.0, 2.0, 3.0]),
                                       helper.make_tensor("at", TensorProto.INT64, [3], [0, 3, 7]), [4, 2])
    written("sparse", [helper.make_node("MatMul", ["x", "w"], ["y"], name="product")], ["sparse"],
            "weights as a sparse tensor", sparse=[sparse])
    written("sparse-constant", [helper.make_node("Constant", [], ["w"], name="few", sparse_value=sparse),
                                helper.make_node("MatMul", ["x", "w"], ["y"], name="product")], ["sparse"],
            "a Constant that is a sparse tensor")
    written("scan", [scan()], ["along", "(Scan)"], "a Scan", [weights("zero", 4)])
    branches = {n: helper.make_graph([helper.make_node(o, ["x"], ["b"])], n, [],
                                     [helper.make_tensor_value_info("b", TensorProto.FLOAT, ["n", 4])])
                for n, o in (("then_branch", "Relu"), ("else_branch", "Tanh"))}
    written("if", [helper.make_node("If", ["which"], ["y"], name="fork", **branches)], ["fork", "(If)"],
            "a branch by a constant", [numpy_helper.from_array(np.array(True), "which")])
    written("lstm", [helper.make_node("LSTM", ["x", "w", "r"], ["y"], name="memory", hidden_size=2)],
            ["memory", "(LSTM)"], "an LSTM as the first operator", [weights("w", 1, 8, 4), weights("r", 1, 8, 2)])
    written("domain", [helper.make_node("MatMul", ["x", "w"], ["h"], name="product"),
                       helper.make_node("Fused", ["h"], ["y"], name="special", domain="com.example")],
            ["special", "com.example.Fused"], "an operator of another domain", [weights("w", 4, 2)],
            opsets=(("", 17), ("com.example", 1)))
    function = helper.make_function("local", "Mine", ["a"], ["b"], [helper.make_node("Relu", ["a"], ["b"])],
                                    [helper.make_opsetid("", 17)])
    written("function", [helper.make_node("MatMul", ["x", "w"], ["h"], name="product"),
                         helper.make_node("Mine", ["h"], ["y"], name="own", domain="local")],
            ["Mine", "functions"], "a function of the file's own", [weights("w", 4, 2)], functions=[function],
            opsets=(("", 17), ("local", 1)))
    written("integer", [helper.make_node("QLinearMatMul", ["x", "s", "z", "w", "s", "z", "s", "z"], ["y"], name="q")],
            ["q", "(QLinearMatMul)", "quantised"], "quantised operators",
            [numpy_helper.from_array(np.float32(0.1), "s"), numpy_helper.from_array(np.uint8(3), "z"),
             numpy_helper.from_array(np.ones((4, 2), np.uint8), "w")],
            kind=TensorProto.UINT8)
    written("opset30", [helper.make_node("MatMul", ["x", "w"], ["y"], name="product")], ["30"],
            "an operator set of the future", [weights("w", 4, 2)], opsets=(("", 30),))

    numpy_version = {"numpy": np.__version__}
    other("npz-objects", "model.npz", lambda p: np.savez(p, coefs_0=np.array([{}, 1], object)), ["coefs_0"],
          "arrays of objects, which are pickle", "NumPy", numpy_version, "2:linear")
    other("npz-complex", "model.npz", lambda p: np.savez(p, coefs_0=np.ones((3, 2), complex),
                                                         intercepts_0=np.ones(2)), ["coefs_0"],
          "complex numbers", "NumPy", numpy_version, "2:linear")
    other("npz-conv", "model.npz", lambda p: np.savez(p, *layers_of_convolution()), ["arr_0"],
          "get_weights() of a convolution", "Keras 3", KERAS, "2:linear")
    x = np.random.default_rng(1).normal(0, 1, (40, 3)).astype(np.float32)
    other("sklearn-pickle", "model.pkl", lambda p: dump(MLPClassifier((4,), max_iter=20, random_state=1)
                                                        .fit(x, x[:, 0] > 0), p), ["pickle"],
          "a pickled estimator", "scikit-learn", {"scikit-learn": sklearn.__version__})
    other("tflite", "model.tflite", tflite, ["TensorFlow Lite"], "a TensorFlow Lite model", "Keras 3", KERAS)


def dump(model, path):
    with open(path, "wb") as f:
        pickle.dump(model, f)


def layers_of_convolution():
    model = keras.Sequential([keras.Input((6, 1)), layers.Conv1D(2, 3), layers.Flatten(), layers.Dense(2)])
    return model.get_weights()


def tflite(path):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    function = tf.function(lambda x: model(x)).get_concrete_function(tf.TensorSpec((1, 3), tf.float32))
    with open(path, "wb") as f:
        f.write(tf.lite.TFLiteConverter.from_concrete_functions([function]).convert())


if __name__ == "__main__":
    keras_models()
    sklearn_models()
    others()
    corpus.write()
