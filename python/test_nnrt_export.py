"""Tests nnrt_export.py with the frameworks that are there: models are made, exported, run by nnrt, and compared with
what the framework predicts. What is skipped is printed.

    python python/test_nnrt_export.py [-v] [Keras | Torch | Sklearn | File]

nnrt is built with Go, or NNRT names it. Differences are in ULP of the scale of the outputs: the spacing of float32 at
the largest of them.
"""

import json
import os
import stat
import subprocess
import sys
import tempfile
import unittest
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

import nnrt_export
from nnrt_export import ExportError

HERE = os.path.dirname(os.path.abspath(__file__))
MOST_ULP = 16

work = tempfile.TemporaryDirectory()
nnrt = os.environ.get("NNRT") or os.path.join(work.name, "nnrt")
worst = {}  # framework: the largest difference in ULP, and where


def setUpModule():
    warnings.simplefilter("ignore")
    if "NNRT" not in os.environ:
        subprocess.run(["go", "build", "-o", nnrt, "./cmd/nnrt"], cwd=os.path.dirname(HERE), check=True)


def tearDownModule():
    for framework, (ulp, where) in sorted(worst.items()):
        print("%s: differs by at most %.3g ULP of the outputs' scale, in %s" % (framework, ulp, where))
    work.cleanup()


def command(*arguments, stdin=None, code=0):
    """Runs nnrt, which must end with the code, and returns what it writes to stdout, or on failure to stderr."""
    done = subprocess.run([nnrt, *arguments], input=stdin, capture_output=True, text=True)
    if done.returncode != code:
        raise AssertionError("nnrt %s: exit code %d: %s" % (" ".join(arguments), done.returncode, done.stderr))
    return done.stderr if code else done.stdout


class Case(unittest.TestCase):
    framework = None

    def setUp(self):
        self.random = np.random.default_rng(7)
        self.path = os.path.join(work.name, "model.bin")

    def tearDown(self):
        if os.path.exists(self.path):
            os.remove(self.path)

    def export(self, model, **arguments):
        """Exports twice, which must give the same bytes, verifies the file, returns what nnrt inspect says of it."""
        nnrt_export.export(model, self.path, **arguments)
        with open(self.path, "rb") as f:
            self.assertEqual(f.read(), nnrt_export.encode(model, **arguments))
        command("verify", self.path)
        return json.loads(command("inspect", self.path, "--json", "--weights"))

    def run_rows(self, rows, header=None):
        """Runs the exported model on rows of texts or numbers; returns the names of the predictions, and those."""
        lines = [",".join(v if isinstance(v, str) else "%.9g" % v for v in row) for row in rows]
        if header:
            lines.insert(0, ",".join(header))
        out = command("run", self.path, "-", "--format", "csv", "--header", "yes" if header else "no",
                      stdin="\n".join(lines) + "\n").split("\n")
        return out[0].split(","), [line.split(",") for line in out[1:-1]]

    def close(self, got, expected, most=MOST_ULP):
        got, expected = np.asarray(got, np.float32).astype(np.float64), np.asarray(expected, np.float64)
        self.assertEqual(got.shape, expected.shape)
        ulp = np.abs(got - expected).max() / np.spacing(np.float32(np.abs(expected).max()))
        if ulp > worst.get(self.framework, (0,))[0]:
            worst[self.framework] = ulp, self.id().split(".")[-1]
        self.assertLessEqual(ulp, most)

    def same_predictions(self, expected, rows, header=None, most=MOST_ULP):
        """Compares what nnrt run gives for rows with the framework's outputs; returns the names of nnrt's columns."""
        names, got = self.run_rows(rows, header)
        self.close([[float(v) for v in row] for row in got], expected, most)
        return names

    def same_classes(self, classes, probabilities, rows, header=None):
        """Compares nnrt run's classes and probabilities with the framework's. classes are as nnrt spells them."""
        names, got = self.run_rows(rows, header)
        self.assertEqual(names[0], "prediction")
        self.assertEqual([row[0] for row in got], list(classes))
        self.assertGreater(len(set(classes)), 1, "the test's rows are all of one class")
        self.close([[float(v) for v in row[1:]] for row in got], probabilities)
        return names

    def refused(self, model, *parts, **arguments):
        """Checks that a model is refused with these parts in the message, and that nothing is written."""
        with open(self.path, "w") as f:
            f.write("as it was")
        with self.assertRaises(ExportError) as caught:
            nnrt_export.export(model, self.path, **arguments)
        for part in parts:
            self.assertIn(part, str(caught.exception))
        with open(self.path) as f:
            self.assertEqual(f.read(), "as it was")
        self.assertEqual([n for n in os.listdir(work.name) if n.endswith(".tmp")], [])


class File(Case):
    """What needs no framework: the bytes and their writing."""

    def network(self, units=1):
        network = nnrt_export.Network()
        network.dense(np.ones((2, units)), np.zeros(units))
        return network

    def test_checksum(self):
        self.assertEqual(nnrt_export.crc32c(b"123456789"), 0xE3069283)
        data = self.random.integers(0, 256, 70001, np.uint8).tobytes()
        crc = 0xFFFFFFFF
        for byte in data:
            crc = nnrt_export.CRC_TABLE[(crc ^ byte) & 255] ^ crc >> 8
        self.assertEqual(nnrt_export.crc32c(data), crc ^ 0xFFFFFFFF)

    def test_counts(self):
        self.assertEqual(nnrt_export.count(0), b"\0")
        self.assertEqual(nnrt_export.count(127), b"\x7f")
        self.assertEqual(nnrt_export.count(300), b"\xac\x02")

    def test_contract(self):
        """The file says the version of the arithmetic that nnrt has."""
        nnrt_export.write(self.path, nnrt_export.model_file(self.network(), None, {"source": "test"}))
        golden = json.loads(command("inspect", os.path.join(HERE, "../examples/embed/model.bin"), "--json"))
        self.assertEqual(json.loads(command("inspect", self.path, "--json"))["contract"], golden["contract"])

    def test_long_weights(self):
        """Weights of more than the checksum's 4,096 pieces, and names that are not the default ones."""
        network = nnrt_export.Network()
        network.dense(self.random.normal(size=(300, 301)), None, name="first")
        network.dense(self.random.normal(size=(301, 2)), np.zeros(2))
        nnrt_export.write(self.path, nnrt_export.model_file(network, None, {"source": "test"}))
        command("verify", self.path)
        layers = json.loads(command("inspect", self.path, "--json"))["layers"]
        self.assertEqual([layer["name"] for layer in layers], ["first", "dense_1"])

    def test_write(self):
        folder = os.path.join(work.name, "write")
        os.mkdir(folder)
        file, link = os.path.join(folder, "m"), os.path.join(folder, "l")
        nnrt_export.write(file, b"old")
        os.chmod(file, 0o640)
        os.symlink("m", link)
        nnrt_export.write(link, b"new")
        with open(file, "rb") as f:
            self.assertEqual(f.read(), b"new")
        self.assertTrue(os.path.islink(link))
        self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), 0o640)
        for path in folder, folder + "/", os.path.join(folder, "none", "m"), "/dev/null":
            with self.assertRaises(OSError):
                nnrt_export.write(path, b"")
        with self.assertRaises(TypeError):
            nnrt_export.write(file, "no bytes")
        with open(file, "rb") as f:
            self.assertEqual(f.read(), b"new")
        self.assertEqual(sorted(os.listdir(folder)), ["l", "m"])

    def test_texts(self):
        for value in " a", "a\t", "a\nb", "a\x85", "\ud800", "a" * 256, 7:
            with self.assertRaises(ExportError):
                nnrt_export.text(value, "x")
        for values in ["a", "a"], ["1", "1.0"], ["1e2", "+100"]:
            with self.assertRaises(ExportError):
                nnrt_export.texts(values, "x")
        self.assertEqual(nnrt_export.texts(["1", "1.0", "é"], "x"), b"\x03\x011\x031.0\x02\xc3\xa9")
        spellings = [nnrt_export.spelling(v, "x")
                     for v in ("a ", 3, np.int64(3), 2.0, np.float32(0.1), True, np.str_("b"), 1e300)]
        self.assertEqual(spellings, ["a", "3", "3", "2", "0.1", "True", "b", "1e+300"])

    def test_limits(self):
        network = self.network(nnrt_export.MAX_UNITS)
        for refused in (lambda: network.dense(np.ones((nnrt_export.MAX_UNITS, 1)), np.full(1, np.nan)),
                        lambda: network.dense(np.full((nnrt_export.MAX_UNITS, 1), 1e39), None),
                        lambda: self.network(nnrt_export.MAX_UNITS + 1),
                        lambda: [network.activate(("relu", 0.0)) for _ in range(nnrt_export.MAX_LAYERS)]):
            with self.assertRaises(ExportError):
                refused()

    def test_other_models(self):
        self.refused(object(), "not a model of Keras, PyTorch or scikit-learn, but object")
        legacy = type("Sequential", (), {"__module__": "tf_keras.src.models"})
        self.refused(legacy(), "Keras 2")

    def test_command(self):
        """What the command refuses before it needs Keras."""
        for arguments, code in (["model.pkl", "m.bin"], 2), (["model.keras"], 2), (["absent.keras", self.path], 1):
            done = subprocess.run([sys.executable, os.path.join(HERE, "nnrt_export.py"), *arguments],
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertNotIn("Traceback", done.stderr)


ACTIVATIONS = [a for a in nnrt_export.ACTIVATIONS if a != "gelu_tanh"]


class Keras(Case):
    framework = "Keras"

    @classmethod
    def setUpClass(cls):
        try:
            global keras, layers
            import keras
            from keras import layers
        except ImportError as e:
            raise unittest.SkipTest("Keras is not there: %s" % e)

    def setUp(self):
        super().setUp()
        keras.utils.set_random_seed(3)

    def rows(self, *shape):
        return self.random.normal(size=shape).astype(np.float32) * 2

    def randomize(self, model):
        """Gives normalisations and biases other weights than zeros and ones."""
        for layer in model._flatten_layers():
            for v in getattr(layer, "_trainable_variables", []) + getattr(layer, "_non_trainable_variables", []):
                if len(v.shape) == 1 and "float" in str(v.dtype):
                    v.assign(self.random.uniform(0.5, 1.5, v.shape))
        return model

    def check(self, model, x, most=MOST_ULP, **arguments):
        facts = self.export(model, **arguments)
        expected = np.asarray(keras.ops.convert_to_numpy(model(x, training=False)))
        self.same_predictions(expected, x.reshape(len(x), -1), most=most)
        return facts

    def test_activations(self):
        x = self.rows(50, 5)
        for a in ACTIVATIONS:
            with self.subTest(a):
                model = keras.Sequential([layers.Input((5,)), layers.Dense(7, activation=a), layers.Dense(4)])
                self.check(self.randomize(model), x)
                model = keras.Sequential([layers.Input((5,)), layers.Dense(7), layers.Activation(a)])
                facts = self.check(self.randomize(model), x)
                self.assertEqual(facts["layers"][-1]["activation"], a)

    def test_activation_layers(self):
        x = self.rows(50, 5)
        for layer, name in ((layers.ReLU(), "relu"), (layers.ReLU(max_value=6), "relu6"), (layers.Softmax(), "softmax"),
                            (layers.ReLU(negative_slope=0.3), "leaky_relu"), (layers.LeakyReLU(0.1), "leaky_relu"),
                            (layers.LeakyReLU(), "leaky_relu"), (layers.ELU(0.4), "elu"), (layers.ELU(), "elu"),
                            (layers.Activation("silu"), "silu"), (layers.Activation(layers.ReLU(6)), "relu6")):
            with self.subTest(name):
                model = keras.Sequential([layers.Input((5,)), layers.Dense(6), layer])
                facts = self.check(model, x)
                self.assertTrue(facts["layers"][-1]["activation"].startswith(name))
                model = keras.Sequential([layers.Input((5,)), layers.Dense(6, activation=layer)])
                self.check(model, x)

    def test_weights_to_the_bit(self):
        model = self.randomize(keras.Sequential([
            layers.Input((3,)), layers.Dense(4, "relu", name="hidden"), layers.BatchNormalization(),
            layers.LayerNormalization(name="last"), layers.Dense(2, use_bias=False)]))
        facts = self.export(model)
        weights = {w["name"]: np.array(w["values"], np.float32).reshape(w["shape"]) for w in facts["weights"]}
        theirs = {v.path.split("/", 1)[-1] if v.path.count("/") > 1 else v.path: np.asarray(v) for v in model.weights}
        self.assertEqual(sorted(weights), sorted(theirs))
        for name, values in theirs.items():
            np.testing.assert_array_equal(weights[name], values)
        self.assertEqual(facts["metadata"]["source"], "keras " + keras.__version__)

    def test_normalisation_layers(self):
        x = self.rows(40, 6)
        for options in ({}, {"center": False}, {"scale": False}, {"epsilon": 0.5}):
            model = keras.Sequential([layers.Input((6,)), layers.BatchNormalization(momentum=0.5, **options),
                                      layers.Dense(5), layers.LayerNormalization(axis=1, **options), layers.Dense(3)])
            self.check(self.randomize(model), x)

    def test_nothing_in_prediction(self):
        model = keras.Sequential([
            layers.Input((4,)), layers.Dropout(0.5), layers.GaussianNoise(0.1), layers.Dense(3), layers.Identity(),
            layers.GaussianDropout(0.5), layers.ActivityRegularization(0.1), layers.Activation("linear"),
            layers.Dense(1)])
        facts = self.check(model, self.rows(20, 4))
        self.assertEqual([layer["kind"] for layer in facts["layers"]], ["dropout", "dense", "dense"])

    def test_deep(self):
        hidden = [layers.Dense(16, "tanh") for _ in range(11)]
        model = keras.Sequential([layers.Input((9,)), *hidden, layers.Dense(2)])
        self.assertEqual(len(self.check(self.randomize(model), self.rows(64, 9))["layers"]), 12)

    def scaled(self, *front, back=()):
        model = keras.Sequential([layers.Input((3,)), *front, layers.Dense(8, "relu"), *back, layers.Dense(2)])
        return self.randomize(model)

    def test_scaling_in_front(self):
        """The schema scales, by the operations of Keras's layer."""
        x = self.random.normal([2000, -3, 0.01], [10, 2, 0.001], (100, 3)).astype(np.float32)
        normalization = layers.Normalization()
        normalization.adapt(x)
        facts = self.check(self.scaled(normalization), x)
        features = facts["schema"]["features"]
        mean = np.asarray(normalization.mean).reshape(-1)
        np.testing.assert_array_equal(np.array([f["mean"] for f in features], np.float32), mean)
        self.assertEqual(len(facts["layers"]), 2)
        given = layers.Normalization(mean=[1, 2, 3], variance=[4, 0, 6])
        self.check(self.scaled(given), np.array([[1, 2, 3], [2, 2, 5]], np.float32))
        self.assertEqual(facts["schema"]["target"]["task"], "none")

    def test_scaling_elsewhere(self):
        """It becomes batch normalisations, exactly: a mean of thousands of deviations does no harm."""
        x = self.rows(50, 3)
        model = self.scaled(layers.Rescaling(-2, offset=1), back=[
            layers.Rescaling(0, offset=1), layers.Rescaling([1, 2, 3, 4, 5, 6, 7, 8], name="scale")])
        facts = self.check(model, x)
        self.assertEqual([layer["kind"] for layer in facts["layers"]],
                         ["batch_normalization", "dense", "batch_normalization", "batch_normalization", "dense"])
        self.assertEqual(facts["layers"][3]["name"], "scale")
        only = keras.Sequential([layers.Input((3,)), layers.Rescaling([1 / 255, 3, -2])])
        self.check(only, x, most=0)
        for invert in True, False:
            back = layers.Normalization(mean=[1e4, -2e4], variance=[3, 4], invert=invert)
            model = keras.Sequential([layers.Input((2,)), layers.Rescaling(1), back])
            self.check(model, self.random.normal([1e4, -2e4], 2, (50, 2)).astype(np.float32), most=1)
        twice = [layers.Normalization(mean=[1, 2, 3], variance=[4, 5, 6], name=name) for name in ("a", "b")]
        facts = self.check(self.scaled(*twice), x)
        self.assertEqual([layer["name"] for layer in facts["layers"]][:2], ["b/mean", "b"])

    def test_images(self):
        x = np.abs(self.rows(30, 4, 5))
        normalization = layers.Normalization()
        normalization.adapt(x)
        model = keras.Sequential([layers.Input((4, 5)), layers.Rescaling(0.5), normalization, layers.Dropout(0.1),
                                  layers.Flatten(), layers.Dense(6, "relu"), layers.Reshape((6,)), layers.Dense(2)])
        facts = self.check(self.randomize(model), x)
        self.assertEqual(facts["inputs"], 20)

    def test_functional(self):
        """A chain, with a model within, a layer used twice, and a branch that leads nowhere."""
        inner_input = keras.Input((6,))
        inner = keras.Model(inner_input, layers.Dense(6, "tanh", name="same")(inner_input), name="inner")
        again = layers.Dense(6, "relu", name="again")
        inputs = keras.Input((4,))
        h = layers.Dense(6, name="same")(inputs)
        layers.Dense(3)(h)
        h = again(inner(again(h)))
        h = keras.Sequential([layers.Dense(5, "relu", name="deep"), layers.Dense(6)], name="sequence")(h)
        model = keras.Model(inputs, layers.Dense(2, "softmax", name="end")(h))
        facts = self.check(self.randomize(model), self.rows(30, 4))
        names = [layer["name"] for layer in facts["layers"]]
        self.assertEqual(names[:5], ["same", "again", "same_1", "again_1", "deep"])
        middle = keras.Model(model.layers[1].output, model.output)  # begins inside
        self.check(middle, self.rows(30, 6))

    def test_built_by_a_call(self):
        model = keras.Sequential([
            layers.Normalization(mean=[1.0] * 4, variance=[2.0] * 4), layers.Dense(3), layers.ReLU()])
        x = self.rows(20, 4)
        model(x)
        self.check(model, x)

    def test_classes(self):
        x = self.rows(60, 4)
        names = ["a", "b c", "d", "é"]
        model = keras.Sequential([
            layers.Input((4,)), layers.Dense(6, "relu"), layers.Dense(1, "sigmoid"), layers.Dropout(0.1)])
        self.export(model, feature_names=names, target_name="ill", labels=["no", "yes"])
        p = np.asarray(keras.ops.convert_to_numpy(model(x)))
        columns = self.same_classes(np.where(p[:, 0] > 0.5, "yes", "no"), np.hstack([1 - p, p]), x, names)
        self.assertEqual(columns, ["prediction", "p_no", "p_yes"])
        model = keras.Sequential([layers.Input((4,)), layers.Dense(6, "relu"), layers.Dense(3), layers.Softmax()])
        self.export(model, labels=[10, 20, 30])
        p = np.asarray(keras.ops.convert_to_numpy(model(x)))
        self.same_classes([str(10 * k + 10) for k in p.argmax(1)], p, x)
        model = keras.Sequential([layers.Input((4,)), layers.Dense(1)])
        facts = self.export(model, feature_names=names, target_name="cost")
        self.assertEqual(facts["schema"]["target"]["task"], "regression")
        self.refused(model, "3 labels for 1 outputs", labels="abc")
        self.refused(model, "outputs must be probabilities", "linear", labels="ab")
        self.refused(model, "3 feature names for 4 inputs", feature_names="abc")
        self.refused(model, "'a', is also a feature", feature_names="abcd", target_name="a")
        self.refused(model, "two features have one name", feature_names="abca")
        self.refused(model, "has spaces around it", feature_names=["a", "b", "c", " d"])

    def test_refused(self):
        Input, Dense = keras.Input, layers.Dense

        def sequence(shape, *more):
            return keras.Sequential([Input(shape), *more])

        class Mine(keras.layers.Layer):
            def call(self, x):
                return x * 2

        class Changed(keras.layers.Dense):
            def call(self, x):
                return super().call(x) * 2

        class Subclassed(keras.Model):
            def call(self, x):
                return x

        class Overridden(keras.Sequential):
            def call(self, x, training=None, mask=None):
                return super().call(x) * 2

        self.refused(sequence((8, 1), layers.Conv1D(2, 3, name="c")), "c (Conv1D)", "does not have this layer")
        self.refused(sequence((8, 1), layers.LSTM(2, name="l")), "l (LSTM)")
        self.refused(sequence((8,), layers.Embedding(10, 2)), "Embedding")
        self.refused(self.attention(), "MultiHeadAttention")
        self.refused(sequence((4,), layers.Lambda(lambda x: x, output_shape=(4,), name="la")), "la (Lambda)")
        self.refused(sequence((4,), Mine(name="m"), Dense(1)), "m (Mine)", "custom layer")
        self.refused(sequence((4,), Changed(1, name="ch")), "ch (Changed)", "custom layer")
        self.refused(Subclassed(name="sub"), "sub (Subclassed)", "neither a Sequential nor a functional")
        self.refused(Overridden([Input((4,)), Dense(1)], name="o"), "o (Overridden)")
        self.refused(sequence((4,), layers.PReLU(name="p")), "p (PReLU)")
        self.refused(sequence((4,), layers.UnitNormalization()), "UnitNormalization")
        self.refused(sequence((4,), layers.Softmax(axis=0), Dense(1)), "axis 0")
        self.refused(sequence((4,), layers.ReLU(max_value=2), Dense(1)), "max_value 2")
        self.refused(sequence((4,), layers.ReLU(threshold=1.0), Dense(1)), "threshold 1.0")
        self.refused(sequence((4,), Dense(4, keras.activations.glu, name="g")), "g (Dense)", "glu")
        self.refused(sequence((4,), Dense(4, lambda x: x, name="f")), "f (Dense)", "<lambda>")
        self.refused(sequence((4,), layers.Activation(keras.activations.hard_tanh)), "hard_tanh")
        self.refused(sequence((3, 4), Dense(2, name="d")), "d (Dense)", "shape (3, 4)", "flatten")
        self.refused(sequence((3, 4), layers.Flatten("channels_first"), Dense(2)), "channels_first")
        self.refused(sequence((3, 4), layers.BatchNormalization(), layers.Flatten(), Dense(2)), "rows only")
        self.refused(self.open_shape(), "not fixed")
        self.refused(keras.Sequential([Dense(2, name="d")]), "d (Dense)", "no weights yet")
        self.refused(sequence((4,), layers.Activation("linear")), "no layers that compute")
        self.refused(sequence((4,), Dense(2, dtype="mixed_float16", name="h")), "h (Dense)", "float16")
        self.refused(keras.Sequential([layers.Normalization(name="n")]), "n (Normalization)", "no weights yet")
        self.refused(keras.Sequential([layers.Rescaling(2), layers.Dense(1)]), "(Rescaling)", "no weights yet")
        model = sequence((2,), Dense(1, name="d"))
        model.layers[0].set_weights([np.array([[np.inf], [1]]), np.zeros(1)])
        self.refused(model, "d (Dense)", "finite")

    def attention(self):
        inputs = keras.Input((4, 3))
        return keras.Model(inputs, layers.MultiHeadAttention(1, 2)(inputs, inputs))

    def open_shape(self):
        inputs = keras.Input((None, 4))
        return keras.Model(inputs, layers.GlobalAveragePooling1D()(inputs))

    def test_convert(self):
        """nnrt convert makes the same of a saved model: weights and predictions to the bit."""
        file = os.path.join(work.name, "saved.keras")
        normalization = layers.Normalization(mean=[1e3, -2, 3], variance=[4, 5, 6])
        for hidden in ([layers.Dense(4, "gelu"), layers.BatchNormalization(), layers.LeakyReLU(0.3)],
                       [layers.Rescaling([1, 2, 3], 0.5), layers.Dense(4), layers.LayerNormalization(epsilon=0.1)],
                       [normalization, layers.Dense(4, "elu", use_bias=False), layers.Dropout(0.5)],
                       [layers.Dense(3), normalization, layers.ReLU(max_value=6), layers.Activation("mish")]):
            model = self.randomize(keras.Sequential([layers.Input((3,)), *hidden, layers.Dense(2, "softmax")]))
            model.save(file)
            facts = self.export(model)
            x = self.random.normal([1e3, -2, 3], 2, (30, 3)).astype(np.float32)
            exported = self.run_rows(x)
            command("convert", file, self.path)
            converted = json.loads(command("inspect", self.path, "--json", "--weights"))
            self.assertEqual([w["values"] for w in converted["weights"]], [w["values"] for w in facts["weights"]])
            self.assertEqual(self.run_rows(x), exported)

    def test_refused_graphs(self):
        a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
        h = layers.Dense(4)(a)
        self.refused(keras.Model([a, b], layers.Add()([a, b])), "2 inputs")
        self.refused(keras.Model(a, [h, layers.Dense(1)(h)]), "2 outputs")
        self.refused(keras.Model(a, layers.Add(name="skip")([a, h])), "skip (Add)", "2 tensors")
        for operation in h * 2, keras.ops.softmax(h), keras.ops.reshape(h, (-1, 4)):
            self.refused(keras.Model(a, layers.Dense(1)(operation)), "an operation by itself")
        self.refused(keras.Model(a, layers.Dense(1)(layers.Dropout(0.5, name="mc")(h, training=True))),
                     "mc (Dropout)", "training=True")

    def test_command(self):
        model = keras.Sequential([layers.Input((2,)), layers.Dense(3, "softmax")])
        file, broken = os.path.join(work.name, "model.keras"), os.path.join(work.name, "broken.keras")
        model.save(file)
        with open(broken, "wb") as f:
            f.write(b"PK")
        unsafe = os.path.join(work.name, "unsafe.keras")
        keras.Sequential([layers.Input((2,)), layers.Lambda(lambda x: x * 2), layers.Dense(1)]).save(unsafe)
        script = os.path.join(HERE, "nnrt_export.py")
        for path, code in (file, 0), (broken, 3), (unsafe, 3):
            done = subprocess.run([sys.executable, script, path, self.path, "--features", "u,v", "--target", "t",
                                   "--labels", "x,y,z"], capture_output=True, text=True)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertNotIn("Traceback", done.stderr)
            if code == 0:
                with open(self.path, "rb") as f:
                    self.assertEqual(f.read(), nnrt_export.encode(model, ["u", "v"], "t", ["x", "y", "z"]))
                os.remove(self.path)
            else:
                self.assertIn("cannot load it", done.stderr)
                self.assertFalse(os.path.exists(self.path))


class Torch(Case):
    framework = "PyTorch"

    @classmethod
    def setUpClass(cls):
        try:
            global torch, nn
            import torch
            from torch import nn
        except ImportError as e:
            raise unittest.SkipTest("PyTorch is not there: %s" % e)

    def setUp(self):
        super().setUp()
        torch.manual_seed(3)

    def check(self, *modules, width=5, x=None, most=MOST_ULP, **arguments):
        model = nn.Sequential(*modules)
        for module in model.modules():
            for v in [*module.parameters(recurse=False), *module.buffers(recurse=False)]:
                if isinstance(module, (nn.BatchNorm1d, nn.LayerNorm)) and v.ndim == 1:
                    v.data = torch.rand_like(v) + 0.5
        facts = self.export(model, **arguments)
        x = self.random.normal(size=(40, width)).astype(np.float32) * 2 if x is None else x
        with torch.no_grad():
            expected = model.eval()(torch.from_numpy(x)).numpy()
        self.same_predictions(expected, x.reshape(len(x), -1), most=most)
        return facts

    def test_activations(self):
        seen = set()
        for layer in (nn.CELU(), nn.CELU(0.5), nn.ELU(), nn.ELU(0.3), nn.GELU(), nn.GELU("tanh"), nn.Hardsigmoid(),
                      nn.Hardswish(), nn.Hardtanh(0, 6), nn.LeakyReLU(), nn.LeakyReLU(0.2), nn.LogSigmoid(),
                      nn.LogSoftmax(1), nn.Mish(), nn.PReLU(), nn.ReLU(), nn.ReLU6(), nn.SELU(), nn.SiLU(),
                      nn.Sigmoid(), nn.Softmax(-1), nn.Softplus(), nn.Softsign(), nn.Tanh()):
            with self.subTest(str(layer)):
                facts = self.check(nn.Linear(5, 6), layer)
                seen.add(facts["layers"][0]["activation"].split("(")[0])
                self.check(nn.Linear(5, 6), nn.BatchNorm1d(6), layer, nn.Linear(6, 2))
        self.assertEqual(seen, set(nnrt_export.ACTIVATIONS) - {"linear", "exponential"})

    def test_layers(self):
        facts = self.check(
            nn.Flatten(), nn.BatchNorm1d(5, momentum=0.3), nn.Identity(), nn.Linear(5, 7, bias=False), nn.ReLU(),
            nn.Tanh(), nn.Dropout(0.25),
            nn.Sequential(nn.BatchNorm1d(7, affine=False, momentum=None), nn.Sequential(nn.Linear(7, 4))),
            nn.LayerNorm(4), nn.SiLU(), nn.LayerNorm(4, elementwise_affine=False), nn.LayerNorm(4, bias=False),
            nn.AlphaDropout(), nn.Linear(4, 2))
        self.assertEqual([layer["kind"] for layer in facts["layers"]],
                         ["batch_normalization", "dense", "activation", "dropout", "batch_normalization", "dense",
                          "layer_normalization", "activation", "layer_normalization", "layer_normalization", "dense"])

    def test_images(self):
        x = self.random.normal(size=(30, 4, 3)).astype(np.float32)
        self.check(nn.Flatten(), nn.Linear(12, 4), nn.ReLU(), nn.Linear(4, 2), x=x)

    def test_deep(self):
        self.check(*[m for _ in range(11) for m in (nn.Linear(5, 5), nn.Tanh())], nn.Linear(5, 3))

    def test_weights_to_the_bit(self):
        model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
        weights = self.export(model)["weights"]
        for got, expected in zip(weights, [model[0].weight.T, model[0].bias, model[1].weight.T, model[1].bias]):
            np.testing.assert_array_equal(np.array(got["values"], np.float32).reshape(got["shape"]),
                                          expected.detach().numpy())

    def test_numbers(self):
        """float64, shared weights, a class of one's own around a Sequential, one layer alone."""
        x = self.random.normal(size=(20, 4)).astype(np.float32)

        class Net(nn.Sequential):
            def __init__(self):
                shared = nn.Linear(4, 4)
                super().__init__(shared, nn.Tanh(), shared, nn.Linear(4, 1))

        for model in Net(), Net().double(), nn.Linear(4, 2):
            self.export(model)
            with torch.no_grad():
                expected = model(torch.from_numpy(x).to(next(model.parameters()).dtype)).numpy()
            self.same_predictions(expected, x)

    def test_classes(self):
        x = self.random.normal(size=(60, 4)).astype(np.float32)
        model = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3), nn.Softmax(1))
        with torch.no_grad():
            p = model(torch.from_numpy(x)).numpy()
        self.export(model, feature_names="abcd", labels="xyz")
        self.same_classes(["xyz"[k] for k in p.argmax(1)], p, x, "abcd")
        self.refused(model[:3], "outputs must be probabilities", labels="xyz")

    def test_refused(self):
        class Mine(nn.Module):
            def forward(self, x):
                return x

        class Changed(nn.Sequential):
            def forward(self, x):
                return super().forward(x) * 2

        class ChangedLinear(nn.Linear):
            def forward(self, x):
                return super().forward(x) * 2

        def refused(module, *parts):
            self.refused(nn.Sequential(nn.Linear(4, 4), nn.Sequential(module), nn.Linear(4, 1)), "1.0 (", *parts)

        refused(nn.Conv1d(4, 4, 1), "(Conv1d)", "does not have this layer")
        refused(nn.LSTM(4, 4), "(LSTM)")
        refused(nn.RMSNorm(4), "(RMSNorm)")
        refused(Mine(), "(Mine)", "only Sequential")
        refused(Changed(nn.Linear(4, 4)), "(Changed)", "only Sequential")
        refused(ChangedLinear(4, 4), "(ChangedLinear)")
        refused(nn.Softmax(0), "(Softmax)", "dim 0")
        refused(nn.PReLU(4), "(PReLU)", "slope")
        refused(nn.Hardtanh(), "(Hardtanh)")
        refused(nn.Softplus(2), "(Softplus)", "beta 2")
        refused(nn.BatchNorm1d(4, track_running_stats=False), "(BatchNorm1d)", "running")
        refused(nn.LayerNorm((2, 2)), "(LayerNorm)")
        refused(nn.Flatten(0), "(Flatten)")
        refused(nn.LazyLinear(4), "(LazyLinear)")
        refused(nn.Linear(3, 4), "(Linear)", "3 inputs", "4 outputs")
        refused(nn.Linear(4, 4).bfloat16(), "(Linear)", "bfloat16")
        refused(nn.Dropout(1.0), "(Dropout)", "rate")
        refused(nn.utils.weight_norm(nn.Linear(4, 4)), "hooks")
        refused(nn.utils.parametrizations.weight_norm(nn.Linear(4, 4)), "(ParametrizedLinear)")
        refused(nn.CELU(-1.0), "(CELU)")
        self.refused(nn.Sequential(nn.ReLU(), nn.Softmax(1)), "1 (Softmax)", "number of inputs")
        self.refused(nn.Sequential(), "no layers")
        self.refused(Mine(), "the model (Mine)")
        model = nn.Sequential(nn.Linear(2, 2))
        model[0].bias.data[1] = float("nan")
        self.refused(model, "0 (Linear)", "finite")


class Sklearn(Case):
    framework = "scikit-learn"

    @classmethod
    def setUpClass(cls):
        try:
            global sklearn, MLPClassifier, MLPRegressor, Pipeline, make_pipeline, ColumnTransformer, SimpleImputer
            global preprocessing, linear_model, compose
            import sklearn
            from sklearn import compose, linear_model, preprocessing
            from sklearn.compose import ColumnTransformer
            from sklearn.impute import SimpleImputer
            from sklearn.neural_network import MLPClassifier, MLPRegressor
            from sklearn.pipeline import Pipeline, make_pipeline
        except ImportError as e:
            raise unittest.SkipTest("scikit-learn is not there: %s" % e)

    def setUp(self):
        super().setUp()
        self.x = self.random.normal([5, -2, 100, 0.3], [2, 1, 30, 0.1], (120, 4)).astype(np.float32).astype(np.float64)
        self.classes = (self.x[:, 0] > 5).astype(int) + (self.x[:, 1] > -2)
        self.values = self.x[:, 0] * 3 - self.x[:, 2] / 10

    def classifier(self, **options):
        return MLPClassifier((6,), max_iter=60, learning_rate_init=0.05, random_state=1, **options)

    def regressor(self, **options):
        return MLPRegressor(hidden_layer_sizes=(6,), max_iter=60, learning_rate_init=0.05, random_state=1, **options)

    def standard(self, model):
        return make_pipeline(preprocessing.StandardScaler(), model)

    def check_classes(self, model, x, rows=None, header=None, **arguments):
        facts = self.export(model, **arguments)
        classes = [nnrt_export.spelling(c, "") for c in model.predict(x)]
        names = self.same_classes(classes, model.predict_proba(x), x if rows is None else rows, header)
        self.assertEqual(names[1:], ["p_" + nnrt_export.spelling(c, "") for c in model.classes_])
        return facts

    def check_values(self, model, header=None, **arguments):
        facts = self.export(model, **arguments)
        self.same_predictions(np.reshape(model.predict(self.x), (len(self.x), -1)), self.x, header)
        return facts

    def test_classifiers(self):
        x = (self.x - self.x.mean(0)) / self.x.std(0)
        x = x.astype(np.float32).astype(np.float64)
        for activation in "identity", "logistic", "tanh", "relu":
            self.check_classes(self.classifier(activation=activation).fit(x, self.classes), x)
        self.check_classes(self.classifier().fit(x, self.classes > 0), x)
        facts = self.check_classes(self.classifier().fit(x, np.array(["no", "yes"])[self.classes % 2]), x)
        self.assertEqual(facts["schema"]["target"]["labels"], ["no", "yes"])
        self.check_classes(self.classifier().fit(x.astype(np.float32), self.classes), x.astype(np.float32))
        both = self.classifier().fit(x, np.stack([self.classes > 0, self.classes > 1], 1))
        facts = self.export(both)
        self.assertEqual(facts["schema"]["target"]["task"], "none")
        self.same_predictions(both.predict_proba(x), x)
        facts = self.export(self.classifier().fit(x, self.classes), labels=["low", "middle", "high"],
                            target_name="height")
        self.assertEqual(facts["schema"]["target"]["labels"], ["low", "middle", "high"])
        self.assertEqual(facts["schema"]["target"]["name"], "height")

    def test_regressors(self):
        facts = self.check_values(self.standard(self.regressor()).fit(self.x, self.values))
        self.assertEqual(facts["schema"]["target"]["task"], "regression")
        self.assertEqual(facts["schema"]["target"]["name"], "label")
        two = np.stack([self.values, -self.values], 1)
        facts = self.check_values(self.standard(self.regressor()).fit(self.x, two), feature_names="abcd", header="abcd")
        self.assertEqual(facts["schema"]["target"]["task"], "none")
        if "loss" in MLPRegressor().get_params():  # since 1.7
            facts = self.check_values(self.standard(self.regressor(loss="poisson")).fit(self.x, np.abs(self.values)))
            self.assertEqual(facts["layers"][-1]["activation"], "exponential")
        facts = self.export(self.regressor().fit(self.x, self.values), target_name="cost", feature_names="abcd")
        self.assertEqual(facts["schema"]["target"]["name"], "cost")

    def test_linear(self):
        linear = linear_model
        for model in linear.LinearRegression(), linear.Ridge(fit_intercept=False), linear.Lasso(0.1):
            self.check_values(self.standard(model).fit(self.x, self.values))
        for y in self.classes, self.classes > 0:
            self.check_classes(self.standard(linear.LogisticRegression()).fit(self.x, y), self.x)

    def test_scalers(self):
        p = preprocessing
        for steps in ([p.StandardScaler()], [p.StandardScaler(with_mean=False)], [p.StandardScaler(with_std=False)],
                      [p.MinMaxScaler()], [p.MinMaxScaler((-1, 3))], [p.MaxAbsScaler()], [p.RobustScaler()],
                      [p.RobustScaler(with_centering=False, with_scaling=False)], ["passthrough"],
                      [p.StandardScaler(), p.MinMaxScaler(), p.FunctionTransformer()]):
            with self.subTest(str(steps)):
                model = Pipeline([("s%d" % i, s) for i, s in enumerate(steps)] + [("net", self.classifier())])
                facts = self.check_classes(model.fit(self.x, self.classes), self.x)
                self.assertEqual(len(facts["schema"]["features"]), 4)
        scaler = p.StandardScaler()
        facts = self.export(make_pipeline(scaler, self.classifier()).fit(self.x, self.classes))
        np.testing.assert_array_equal(np.array([f["mean"] for f in facts["schema"]["features"]], np.float32),
                                      scaler.mean_.astype(np.float32))
        np.testing.assert_array_equal(np.array([f["scale"] for f in facts["schema"]["features"]], np.float32),
                                      scaler.scale_.astype(np.float32))
        constant = self.x.copy()
        constant[:, 1] = 7
        for scaler in p.StandardScaler(), p.MinMaxScaler():
            self.check_classes(make_pipeline(scaler, self.classifier()).fit(constant, self.classes), constant)

    def test_targets(self):
        p = preprocessing
        for transformer in p.StandardScaler(), p.MinMaxScaler((-1, 1)), p.RobustScaler(), p.MaxAbsScaler(), None:
            model = compose.TransformedTargetRegressor(
                self.standard(self.regressor()), transformer=transformer)
            self.check_values(model.fit(self.x, self.values))
        two = np.stack([self.values, -self.values * 100], 1)
        model = make_pipeline(p.StandardScaler(), compose.TransformedTargetRegressor(
            self.regressor(), transformer=p.StandardScaler()))
        facts = self.check_values(model.fit(self.x, two))
        self.assertEqual(facts["layers"][-1]["kind"], "batch_normalization")

    def mixed(self):
        """Rows of a number, a word, a number and a digit, with the rows' values as texts for nnrt."""
        n = 160
        x = np.empty((n, 4), object)
        x[:, 0] = self.random.normal(50, 20, n).astype(np.float32).astype(float)
        x[:, 1] = self.random.choice(["red", "green", "blue"], n)
        x[:, 2] = self.random.normal(-1, 3, n).astype(np.float32).astype(float)
        x[:, 3] = self.random.choice([1, 2, 10], n)
        y = (x[:, 0] > 50).astype(int) + (x[:, 1] == "red")
        return x, y

    def texts(self, x):
        def spelled(v):
            return "" if nnrt_export.is_missing(v) else v if isinstance(v, str) else "%.9g" % v
        return [[spelled(v) for v in row] for row in x]

    def prepared(self, *transformers, **options):
        return Pipeline([("prepare", ColumnTransformer(list(transformers), **options)), ("net", self.classifier())])

    def columns(self, number=None, word=None, **options):
        """A pipeline whose steps take the columns in another order than the data has them."""
        return self.prepared(("word", word or preprocessing.OneHotEncoder(), [1, 3]),
                             ("number", number or preprocessing.StandardScaler(), [2, 0]), **options)

    def test_columns(self):
        x, y = self.mixed()
        facts = self.check_classes(self.columns().fit(x, y), x, rows=self.texts(x))
        features = facts["schema"]["features"]
        self.assertEqual([f["kind"] for f in features], ["numeric", "categorical", "numeric", "categorical"])
        self.assertEqual(features[1]["categories"], ["blue", "green", "red"])
        self.assertEqual(features[3]["categories"], ["1", "2", "10"])
        header = ["age", "colour", "height", "rooms"]
        self.check_classes(self.columns().fit(x, y), x, rows=self.texts(x), header=header, feature_names=header)
        # A column that nothing reads may hold anything; numbers that pass; one column by its number.
        model = self.prepared(("word", preprocessing.OneHotEncoder(), slice(1, 2)), ("rest", "drop", [2]),
                              ("number", preprocessing.MinMaxScaler(), [True, False, False, False]),
                              remainder="passthrough")
        rows = self.texts(x)
        for row in rows:
            row[2] = "?"
        facts = self.check_classes(model.fit(x, y), x, rows=rows)
        self.assertEqual([f["column"] for f in facts["schema"]["features"]], [0, 1, 3])

    def test_categories(self):
        """Dropped, scaled and unknown ones."""
        x, y = self.mixed()
        one_hot, scaler = preprocessing.OneHotEncoder, preprocessing.StandardScaler
        for encoder in (one_hot(drop="first"), one_hot(drop="if_binary"), one_hot(sparse_output=False),
                        make_pipeline(one_hot(), scaler(with_mean=False)),
                        make_pipeline(one_hot(sparse_output=False), scaler())):
            with self.subTest(str(encoder)):
                self.check_classes(self.columns(word=encoder).fit(x, y), x, rows=self.texts(x))
        unknown = x.copy()
        unknown[:40, 1] = "black"
        self.export(self.columns().fit(x, y))
        self.assertIn("black", command("run", self.path, "-", "--format", "csv", "--header", "no",
                                       stdin="1,black,3,1\n", code=4))
        for encoder in (one_hot(handle_unknown="ignore"), one_hot(handle_unknown="ignore", drop="first"),
                        make_pipeline(one_hot(handle_unknown="ignore", sparse_output=False), scaler())):
            with self.subTest(str(encoder)):
                self.check_classes(self.columns(word=encoder).fit(x, y), unknown, rows=self.texts(unknown))

    def test_missing_numbers(self):
        x = self.x.copy()
        x[self.random.random(x.shape) < 0.2] = np.nan
        for strategy in "mean", "median", "most_frequent", "constant":
            for steps in ((SimpleImputer(strategy=strategy), preprocessing.StandardScaler()),
                          (preprocessing.StandardScaler(), SimpleImputer(strategy=strategy))):
                model = make_pipeline(*steps, self.classifier())
                facts = self.check_classes(model.fit(x, self.classes), x, rows=self.texts(x))
                self.assertEqual(facts["schema"]["on_missing"], "mean")
        self.export(self.standard(self.classifier()).fit(self.x, self.classes))
        self.assertIn("missing", command("run", self.path, "-", "--format", "csv", "--header", "no",
                                         stdin="1,,3,1\n", code=4))

    def test_missing_categories(self):
        """They are another category, or one of those, or none."""
        x, y = self.mixed()
        gaps = x.copy()
        gaps[self.random.random(len(x)) < 0.2, 1] = np.nan
        holes = gaps.copy()
        holes[self.random.random(len(x)) < 0.2, 0] = np.nan
        number = make_pipeline(SimpleImputer(), preprocessing.StandardScaler())
        one_hot, ignore = preprocessing.OneHotEncoder, {"handle_unknown": "ignore"}

        def filled(strategy, value=None, **options):
            return make_pipeline(SimpleImputer(strategy=strategy, fill_value=value), one_hot(**options))

        for word, fitted, ignores in ((one_hot(), gaps, False), (one_hot(drop="first"), gaps, False),
                                      (filled("most_frequent"), gaps, False),
                                      (filled("constant", "green"), gaps, False),
                                      (filled("constant", "none", **ignore), x, True), (one_hot(**ignore), x, True)):
            with self.subTest(str(word)):
                rooms = one_hot(**ignore) if ignores else filled("most_frequent")
                model = self.prepared(("word", word, [1]), ("rooms", rooms, [3]), ("number", number, [0, 2]))
                model.fit(np.where(np.arange(4) == 0, holes, fitted), y)
                rows = np.where(np.arange(4) == 0, holes, gaps)
                self.check_classes(model, rows, rows=self.texts(rows))

    def test_spellings(self):
        """A category that is spelled like a missing value is none."""
        x, y = self.mixed()
        x[x[:, 1] == "red", 1] = "NA"
        x[x[:, 1] == "blue", 1] = "?"
        self.check_classes(self.columns().fit(x, y), x, rows=self.texts(x))

    def test_frames(self):
        try:
            import pandas
        except ImportError as e:
            self.skipTest("pandas is not there: %s" % e)
        x, y = self.mixed()
        frame = pandas.DataFrame({"age": x[:, 0].astype(float), "colour": x[:, 1], "height": x[:, 2].astype(float),
                                  "rooms": x[:, 3].astype(int)})
        frame.loc[::7, "age"] = np.nan
        number = make_pipeline(SimpleImputer(strategy="median"), preprocessing.StandardScaler())
        for order in (["height", "age"], ["rooms", "age", "height"]):
            model = self.prepared(("number", number, order),
                                  ("word", preprocessing.OneHotEncoder(handle_unknown="ignore"), ["colour"]))
            model.fit(frame, y)
            facts = self.check_classes(model, frame, rows=self.texts(frame.values), header=list(frame))
            self.assertEqual(facts["schema"]["target"]["name"], "label")
        model = self.prepared(("number", number, slice("age", "age")), ("height", "passthrough", ["height"]))
        self.refused(model.fit(frame[["age", "height"]], y), "'age' are filled in", "'height' are errors")

    def test_search(self):
        from sklearn.model_selection import GridSearchCV
        search = GridSearchCV(self.standard(self.classifier()),
                              {"mlpclassifier__alpha": [0.1, 1]}, cv=2).fit(self.x, self.classes)
        self.check_classes(search, self.x)

    def test_refused(self):
        from sklearn.decomposition import PCA
        from sklearn.ensemble import RandomForestClassifier
        p, x, y = preprocessing, self.x, self.classes

        class Mine(p.StandardScaler):
            pass

        def piped(*steps):
            return make_pipeline(*steps, self.classifier()).fit(x, y)

        self.refused(piped(PCA(2)), "pca (PCA)", "does not have this step")
        self.refused(piped(p.PolynomialFeatures()), "(PolynomialFeatures)")
        self.refused(piped(p.Normalizer()), "(Normalizer)")
        self.refused(piped(Mine()), "(Mine)")
        self.refused(piped(p.FunctionTransformer(np.abs)), "calls a function")
        self.refused(piped(p.MinMaxScaler(clip=True)), "(MinMaxScaler)", "clip")
        self.refused(RandomForestClassifier(3).fit(x, y), "RandomForestClassifier", "does not have this estimator")
        self.refused(self.classifier(), "MLPClassifier", "not fitted")
        self.refused(make_pipeline(p.StandardScaler(), p.StandardScaler()).fit(x), "StandardScaler", "estimator")
        holes = x.copy()
        holes[::3] = np.nan
        self.refused(make_pipeline(SimpleImputer(add_indicator=True), self.classifier()).fit(holes, y), "add_indicator")
        self.refused(make_pipeline(SimpleImputer(missing_values=-1), self.classifier()).fit(x, y), "missing_values -1")
        target = compose.TransformedTargetRegressor
        back = target(self.regressor(), func=np.abs, inverse_func=np.abs, check_inverse=False)
        self.refused(back.fit(x, self.values), "TransformedTargetRegressor", "functions")
        back = target(self.regressor(), transformer=p.QuantileTransformer(n_quantiles=10))
        self.refused(back.fit(x, self.values), "QuantileTransformer")
        self.refused(piped(p.StandardScaler()), "3 feature names for 4 columns", feature_names="abc")
        self.refused(piped(p.StandardScaler()), "2 labels for 3 outputs", labels="ab")
        huge = self.classifier().fit(x, y)
        huge.coefs_[0][0, 0] = 1e39
        self.refused(huge, "beyond float32")

    def test_refused_columns(self):
        x, y = self.mixed()
        p = preprocessing
        number, ignores = make_pipeline(SimpleImputer(), p.StandardScaler()), p.OneHotEncoder(handle_unknown="ignore")
        rare = p.OneHotEncoder(min_frequency=60)
        self.refused(self.columns(word=rare).fit(x, y), "word (OneHotEncoder)", "infrequent")
        self.refused(self.columns(word=p.OrdinalEncoder()).fit(x, y), "word (OrdinalEncoder)")
        self.refused(self.columns(transformer_weights={"word": 2}).fit(x, y), "transformer_weights")
        self.refused(self.columns(number=number).fit(x, y), "values of column 3 are filled in", "column 2 are errors")
        twice = ColumnTransformer([("a", p.StandardScaler(), [0, 2]), ("b", p.MinMaxScaler(), [0])])
        self.refused(make_pipeline(twice, self.classifier()).fit(x, y), "column 1 is used in two ways")
        rules = ColumnTransformer([("a", ignores, [1]), ("b", p.OneHotEncoder(), [3])])
        self.refused(make_pipeline(rules, self.classifier()).fit(x, y), "column 2 ignores unknown", "column 4 does not")
        gaps = x.copy()
        gaps[::5, 1] = np.nan
        both = ColumnTransformer([("a", ignores, [1]), ("b", number, [0])])
        self.refused(make_pipeline(both, self.classifier()).fit(gaps, y), "column 2", "zeros of both")
        same = x.copy()
        same[::5, 1] = " red"
        self.refused(self.columns().fit(same, y), "column 'c2'", "two spellings")


if __name__ == "__main__":
    unittest.main()
