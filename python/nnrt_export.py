"""Writes a Keras, PyTorch or scikit-learn model as nnrt's model.bin: one file, Python 3.9 or later, NumPy.

    import nnrt_export
    nnrt_export.export(model, "model.bin", feature_names=["age", "bmi"], target_name="ill", labels=["no", "yes"])

    python nnrt_export.py model.keras model.bin --features age,bmi --target ill --labels no,yes

What it takes, as it predicts (dropout does nothing, batch normalisation uses its moving averages):

- Keras 3, Sequential and linear functional models, nested too: Dense, Activation and the activation layers, Dropout,
  BatchNormalization, LayerNormalization, Normalization, Rescaling, Flatten, Reshape, InputLayer.
- torch.nn.Sequential, nested too: Linear, activations, Softmax and LogSoftmax of the rows, Dropout, BatchNorm1d,
  LayerNorm, Flatten, Identity.
- scikit-learn: MLPClassifier, MLPRegressor, LogisticRegression, LinearRegression, Ridge, Lasso, ElasticNet; bare or at
  the end of a Pipeline of ColumnTransformer, StandardScaler, MinMaxScaler, MaxAbsScaler, RobustScaler, OneHotEncoder,
  SimpleImputer; in a TransformedTargetRegressor or a search such as GridSearchCV.

Everything else is refused by an ExportError with the layer's name, and then nothing is written. A file is written whole
or not at all: under another name, flushed, renamed. The same model gives the same bytes.

What is rounded. Weights are float32 in the file: float32 models keep theirs to the bit, others (scikit-learn's are
float64) are rounded once. Keras's Normalization in front of the network, and scikit-learn's scalers, become the file's
schema, (x - mean) / scale in float32, which are Keras's own operations. A float64 mean is rounded by at most
|mean| * 2^-24, which matters where the mean is thousands of times the deviation, as does the rounding of x itself.
Scalers one after another are joined in float64 and rounded once; MinMaxScaler's mean is its least value, less what
feature_range adds. Rescaling, and Normalization elsewhere, become layers, batch_normalization with statistics that make
it x * scale + offset with one rounding, or x - mean. Columns of a OneHotEncoder that are scaled, dropped or stand for
missing values are folded into the first layer's weights in float64. nnrt run, and programs that use the schema
(nnrt/dataset), take the raw values; a program that calls Predict without the schema must scale them itself.

What a schema cannot say is refused: it has one rule for the missing values of all columns, and one for unknown
categories. A column that scikit-learn would refuse to see missing and nnrt would fill is an error here. The other way
round, a missing value that a OneHotEncoder takes for unknown and ignores is an error when nnrt runs, unless some column
has a SimpleImputer.

The file holds no self-test rows: their outputs must be nnrt's to the last bit, and the framework's are not.
"""

import argparse
import copy
import os
import re
import secrets
import stat
import struct
import sys

import numpy as np

__all__ = ["ExportError", "encode", "export"]

CONTRACT = 2  # version of nnrt's arithmetic (package kernels) that gave the format's activations their meaning

KINDS = {"dense": 1, "activation": 2, "dropout": 3, "batch_normalization": 4, "layer_normalization": 5}
ACTIVATIONS = ["linear", "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "gelu_tanh", "silu", "mish",
               "sigmoid", "hard_sigmoid", "hard_silu", "log_sigmoid", "tanh", "softplus", "softsign", "exponential",
               "softmax", "log_softmax"]
DEFAULT_ALPHA = {"leaky_relu": 0.2, "elu": 1.0, "celu": 1.0}
EXACT_EPSILON = 2.0 ** -10  # with a variance of 1 less this, sqrt(variance + epsilon) is 1
MISSING = ["", "NA", "NaN", "null", "?"]  # nnrt train's spellings of a missing value

# What nnrt reads unless told otherwise.
MAX_LAYERS = 1024
MAX_UNITS = 65536
MAX_TEXT = 255
MAX_FEATURES = 16384
MAX_COLUMNS = 1 << 20
MAX_TEXTS = 16384
MAX_FILE = 1 << 30


class ExportError(ValueError):
    """The model has something that nnrt does not have; the message names the layer, step or column, and what."""


def refuse(message):
    raise ExportError(message)


# --- the network -----------------------------------------------------------------------------------------------------


def floats(values, what):
    """Returns values as float32, rounded to nearest; they must be finite, before and after."""
    wide = np.asarray(values, np.float64)
    with np.errstate(over="ignore"):
        single = wide.astype("<f4")
    if not np.isfinite(wide).all():
        refuse("%s: not all values are finite" % what)
    if not np.isfinite(single).all():
        refuse("%s: a value is beyond float32" % what)
    return single


class Layer:
    """One layer of the file: its kind, its fields, and its tensors in the file's order."""

    def __init__(self, kind, name, activation="linear", alpha=0.0, units=0, bias=True, rate=0.0, momentum=0.0,
                 epsilon=0.0, beta=True, gamma=True, tensors=()):
        self.kind, self.name = kind, name
        self.activation, self.alpha = activation, alpha
        self.units, self.bias = units, bias
        self.rate, self.momentum, self.epsilon = rate, momentum, epsilon
        self.beta, self.gamma = beta, gamma
        self.tensors = tensors


class Network:
    """Collects layers. where names the framework's layer that is being added, for errors."""

    def __init__(self):
        self.layers = []
        self.names = set()
        self.inputs = None  # shape of an input row: None until a layer tells, (width,) or what is to be flattened
        self.shape = None  # of a row at this point
        self.mean = self.scale = None  # of the inputs, float64, if they are scaled before the first layer
        self.where = "the model"

    def refuse(self, cause):
        refuse("%s: %s" % (self.where, cause))

    def start(self, shape):
        """Says what shape a row has; all sizes must be known."""
        if not all(isinstance(n, int) and n > 0 for n in shape):
            self.refuse("the shape of its input, %s, is not fixed" % (shape,))
        self.inputs = self.shape = tuple(shape)

    def row(self, width=None):
        """Checks that a row at this point is flat, and of this width, and returns its width."""
        if self.shape is None:
            if width is None:
                self.refuse("nothing before it tells the number of inputs")
            self.start((width,))
        if len(self.shape) != 1:
            self.refuse("its input has shape %s; nnrt has rows only: flatten it before" % (self.shape,))
        if width is not None and self.shape[0] != width:
            self.refuse("%d inputs, but the layer before has %d outputs" % (width, self.shape[0]))
        return self.shape[0]

    def flatten(self):
        if self.shape is not None:
            self.shape = (int(np.prod(self.shape)),)

    def add(self, layer):
        if layer.activation in ("softmax", "log_softmax"):
            self.row()
        if not np.isfinite(np.float32(layer.alpha)) or layer.activation == "celu" and not np.float32(layer.alpha) > 0:
            self.refuse("%s with a parameter of %r" % (layer.activation, layer.alpha))
        if len(self.layers) == MAX_LAYERS:
            self.refuse("more than %d layers" % MAX_LAYERS)
        for tensor in layer.tensors:
            floats(tensor, self.where)
        self.layers.append(layer)

    def name(self, name, kind):
        """Returns a name that no other layer has: the given one, or the kind's, as Keras would number it."""
        if name is None:
            n = sum(layer.kind == kind for layer in self.layers)
            name = kind + "_%d" % n if n else kind
        text(name, "%s: its name" % self.where)
        unique, n = name, 0
        while unique in self.names:
            n += 1
            unique = "%s_%d" % (name, n)
        self.names.add(unique)
        return unique

    def dense(self, kernel, bias, activation=("linear", 0.0), name=None):
        """kernel has shape [inputs, units], bias [units] or is None."""
        kernel = np.asarray(kernel)
        if kernel.ndim != 2 or bias is not None and np.shape(bias) != kernel.shape[1:]:
            self.refuse("its weights have the shapes %s and %s" % (kernel.shape, np.shape(bias)))
        inputs, units = kernel.shape
        for n in inputs, units:
            if not 1 <= n <= MAX_UNITS:
                self.refuse("%d inputs or units; nnrt has at most %d" % (n, MAX_UNITS))
        self.row(inputs)
        self.shape = (units,)
        self.add(Layer("dense", self.name(name, "dense"), *activation, units=units, bias=bias is not None,
                       tensors=[kernel] if bias is None else [kernel, bias]))

    def activate(self, activation, name=None):
        if activation[0] != "linear":
            self.add(Layer("activation", self.name(name, "activation"), *activation))

    def activate_last(self, activation):
        """Activates the outputs of the layer before, in it if it is a dense one that does nothing yet."""
        last = self.layers[-1] if self.layers else None
        if last and last.kind == "dense" and last.activation == "linear":
            self.layers.pop()
            last.activation, last.alpha = activation
            self.add(last)
        else:
            self.activate(activation)

    def dropout(self, rate, name=None):
        if not 0 <= rate < 1:
            self.refuse("a rate of %r; nnrt has 0 <= rate < 1" % (rate,))
        self.add(Layer("dropout", self.name(name, "dropout"), rate=rate))

    def batch_normalization(self, gamma, beta, mean, variance, momentum, epsilon, name=None):
        self.row(len(mean))
        if not np.float32(epsilon) > 0:
            self.refuse("epsilon is %r; nnrt takes positive ones" % (epsilon,))
        if not 0 <= momentum <= 1:
            self.refuse("momentum is %r; nnrt takes 0 to 1" % (momentum,))
        tensors = [t for t in (gamma, beta, mean, variance) if t is not None]
        self.add(Layer("batch_normalization", self.name(name, "batch_normalization"), momentum=momentum,
                       epsilon=epsilon, gamma=gamma is not None, beta=beta is not None, tensors=tensors))

    def layer_normalization(self, gamma, beta, epsilon, name=None):
        width = self.row()
        if not np.float32(epsilon) > 0:
            self.refuse("epsilon is %r; nnrt takes positive ones" % (epsilon,))
        tensors = [t for t in (gamma, beta) if t is not None]
        if any(np.shape(t) != (width,) for t in tensors):
            self.refuse("it does not normalise whole rows")
        self.add(Layer("layer_normalization", self.name(name, "layer_normalization"), epsilon=epsilon,
                       gamma=gamma is not None, beta=beta is not None, tensors=tensors))

    def scaling(self, scale, offset, name=None):
        """y = x * scale + offset, fused, as a batch_normalization of mean 0 and variance + epsilon 1, exactly. offset
        may be None; or scale, for y = x - mean with mean = -offset. The elements may have any shape."""
        scale, offset = (None if v is None else self.vector(v) for v in (scale, offset))
        shape = self.shape
        self.flatten()
        width = self.row()
        mean, beta = (np.zeros(width), offset) if scale is not None else (-offset, None)
        self.batch_normalization(scale, beta, mean, np.full(width, 1 - EXACT_EPSILON), 0.99, EXACT_EPSILON, name)
        self.shape = shape

    def vector(self, values):
        """Returns one value for each element of a row, from what broadcasts to a batch of them."""
        values = np.asarray(values, np.float64)
        if self.shape is None:  # a single value would do for any number of inputs
            self.row(values.size if values.size > 1 else None)
        return np.broadcast_to(values, (1,) + self.shape).reshape(-1)

    def normalize(self, mean, scale, name):
        """y = (x - mean) / scale, scale > 0. The first one, before any layer, becomes the scaling of the inputs, if a
        schema can have as many."""
        flat = self.vector(mean)
        if not self.layers and self.mean is None and flat.size <= MAX_FEATURES:
            self.mean, self.scale = flat, self.vector(scale)
        else:  # one layer would compute x * (1/scale) - mean/scale, which is far off where x is near a large mean
            self.scaling(None, -mean, name + "/mean")
            self.scaling(1 / scale, None, name)

    def last_activation(self):
        for layer in reversed(self.layers):
            if layer.kind != "dropout":
                return layer.activation


# --- the schema ------------------------------------------------------------------------------------------------------


class Feature:
    """A column that the model reads: numeric, or categorical if it has categories."""

    def __init__(self, column, mean=0.0, scale=1.0, fill=0.0, categories=None):
        self.column, self.mean, self.scale, self.fill, self.categories = column, mean, scale, fill, categories


class Schema:
    """What the file says of a row's columns and of the outputs. names is None if the columns have none."""

    def __init__(self, columns, names, features):
        self.columns, self.names, self.features = columns, names, features
        self.fills_missing = self.ignores_unknown = False
        self.task, self.target, self.labels = 0, None, []
        self.mean, self.scale = 0.0, 1.0  # of the target

    def column(self, i):
        return "c%d" % (i + 1) if self.names is None else self.names[i]


def text(value, what):
    """Returns the bytes of a text as the file may have it."""
    if not isinstance(value, str):
        refuse("%s, %r, is not a text" % (what, value))
    if value != value.strip(" \t"):
        refuse("%s, %r, has spaces around it" % (what, value))
    if any(c < " " or "\x7f" <= c <= "\x9f" for c in value):
        refuse("%s, %r, has control characters" % (what, value))
    try:
        raw = value.encode()
    except UnicodeEncodeError:
        refuse("%s, %r, is not valid Unicode" % (what, value))
    if len(raw) > MAX_TEXT:
        refuse("%s, %r, has more than %d bytes" % (what, value, MAX_TEXT))
    return raw


def name_text(value, what):
    return text(value, what) or refuse("%s is empty" % what)


def number(value):
    """Returns what nnrt takes for a number in a text, or None."""
    if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", value):
        with np.errstate(over="ignore"):
            return float(value) if np.isfinite(np.float32(float(value))) else None
    return None


def spelling(value, what):
    """Returns how a category or label of the framework is written in data."""
    if isinstance(value, bytes):
        refuse("%s, %r, is not a text" % (what, value))
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value)) if abs(value) < 2 ** 53 else repr(float(value))
    return str(value).strip(" \t")


def texts(values, what):
    """Returns the bytes of a list of categories or labels, which must differ, in value if all are numbers."""
    for v in values:
        text(v, what)
    numbers = [number(v) for v in values]
    for entries in values, numbers if None not in numbers else []:
        if len(set(entries)) < len(entries):
            refuse("%s: %r have two spellings of one value" % (what, list(values)))
    return count(len(values)) + b"".join(count(len(v.encode())) + v.encode() for v in values)


def target(schema, network, name, labels):
    """Says in the schema what the outputs are: classes if there are labels, else a number if there is a name."""
    if labels is None and name is None:
        return
    schema.target = "label" if name is None else name
    outputs = network.shape[0]
    if labels is None:
        if outputs != 1:
            refuse("target_name %r without labels is a regression of one output; there are %d" % (name, outputs))
        schema.task = 3
        return
    schema.labels = [spelling(v, "label") for v in labels]
    if len(labels) == 2 and outputs == 1:
        schema.task, probabilities = 1, ("sigmoid", "hard_sigmoid")
    elif len(labels) == outputs:
        schema.task, probabilities = 2, ("softmax", "sigmoid", "hard_sigmoid")
    else:
        refuse("%d labels for %d outputs" % (len(labels), outputs))
    if network.last_activation() not in probabilities:
        refuse("with labels, outputs must be probabilities: end the model with %s, it ends with %s"
               % (" or ".join(probabilities[:2]), network.last_activation() or network.layers[-1].kind))


def check_schema(schema, network):
    """Checks what the parts of the schema promise one another."""
    if schema.columns > MAX_COLUMNS or len(schema.features) > MAX_FEATURES:
        refuse("%d columns, %d of them features; nnrt reads %d and %d"
               % (schema.columns, len(schema.features), MAX_COLUMNS, MAX_FEATURES))
    used = [schema.column(f.column) for f in schema.features]
    for name in used:
        name_text(name, "a feature's name")
    if len(set(used)) < len(used):
        refuse("two features have one name: %r" % used)
    if schema.task:
        name_text(schema.target, "the target's name")
        if schema.target in used:
            refuse("the target, %r, is also a feature: give it another name by target_name" % schema.target)
    if sum(len(f.categories or ()) for f in schema.features) + len(schema.labels) + len(MISSING) > MAX_TEXTS:
        refuse("categories and labels are together more than %d" % (MAX_TEXTS - len(MISSING)))
    width = sum(1 if f.categories is None else len(f.categories) for f in schema.features)
    if width != int(np.prod(network.inputs)):
        refuse("%d features for a model of %d inputs" % (width, np.prod(network.inputs)))


# --- the file --------------------------------------------------------------------------------------------------------


def count(n):
    """Returns n as unsigned LEB128."""
    out = bytearray()
    while n >= 128:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def counted(value):
    return count(len(value.encode())) + value.encode()


def single(value):
    return struct.pack("<f", value)


def default_name(kind, before):
    return kind + "_%d" % before if before else kind


def architecture(network):
    out = count(int(np.prod(network.inputs))) + count(len(network.layers))
    before = dict.fromkeys(KINDS, 0)
    for layer in network.layers:
        batch = layer.kind == "batch_normalization"
        normalization = batch or layer.kind == "layer_normalization"
        alpha, rate, momentum, epsilon = map(np.float32, (layer.alpha, layer.rate, layer.momentum, layer.epsilon))
        fields = [  # in the order of the mask's bits; what is None is not there
            counted(layer.name) if layer.name != default_name(layer.kind, before[layer.kind]) else None,
            count(layer.units) if layer.units else None,
            bytes([ACTIVATIONS.index(layer.activation)]) if layer.activation != "linear" else None,
            single(alpha) if alpha != np.float32(DEFAULT_ALPHA.get(layer.activation, 0)) else None,
            None if layer.bias else b"",
            None, None, None, None, None,  # initialisers and regularisers: they say how to train
            single(rate) if rate else None,
            single(momentum) if momentum != np.float32(0.99 if batch else 0) else None,
            single(epsilon) if epsilon != np.float32(0.001 if normalization else 0) else None,
            None if layer.beta else b"",
            None if layer.gamma else b"",
        ]
        mask = sum(1 << bit for bit, field in enumerate(fields) if field is not None)
        out += bytes([KINDS[layer.kind]]) + struct.pack("<H", mask) + b"".join(f for f in fields if f is not None)
        before[layer.kind] += 1
    return out


def schema_section(schema):
    written = set(schema.labels).union(*(f.categories or () for f in schema.features))
    missing = [s for s in MISSING if s not in written]
    out = bytes([schema.names is not None, schema.fills_missing, 2 * schema.ignores_unknown])
    out += texts(missing, "missing values") + count(schema.columns) + count(len(schema.features))
    after = 0
    for f in schema.features:
        name = schema.column(f.column)
        out += count(f.column - after)
        after = f.column + 1
        if schema.names is not None:
            out += counted(name)
        if f.categories is not None:
            out += b"\1" + texts(f.categories, "column %r: categories" % name)
        else:
            values = floats([f.mean, f.scale, f.fill], "column %r: mean, scale and fill value" % name)
            if not values[1] > 0:
                refuse("column %r: its scale, %r, is not above 0 in float32" % (name, f.scale))
            out += b"\0" + values.tobytes()
    out += bytes([schema.task])
    if schema.task:
        out += counted(schema.target) + count(0)  # it is no column of these features' data: found by its name
    if schema.task == 3:
        values = floats([schema.mean, schema.scale], "the target's mean and scale")
        if not values[1] > 0:
            refuse("the target's scale, %r, is not above 0 in float32" % schema.scale)
        out += values.tobytes()
    elif schema.task:
        out += texts(schema.labels, "labels")
    return out


def model_file(network, schema, metadata):
    """Returns the bytes of serialize/FORMAT.md, version 1.0."""
    sections = [(1, 1, architecture(network))]
    if schema is not None:
        sections.append((2, 0, schema_section(schema)))
    sections.append((3, 0, b"".join(counted(key) + counted(metadata[key]) for key in sorted(metadata))))
    weights = b"".join(floats(t, layer.name).tobytes() for layer in network.layers for t in layer.tensors)
    sections.append((16, 3, weights))
    head = 64 + 24 * len(sections)
    table, body = b"", b""
    for kind, flags, content in sections:
        if flags & 2:
            body += bytes(-(head + len(body)) % 64)
        table += struct.pack("<HHIQQ", kind, flags, crc32c(content), head + len(body), len(content))
        body += content
    if head + len(body) > MAX_FILE:
        refuse("the file would have %d bytes; nnrt reads %d" % (head + len(body), MAX_FILE))
    header = b"\x89NNR\r\n\x1a\n" + struct.pack("<HHIQIII", 1, 0, head, head + len(body), 0, len(sections), CONTRACT)
    header += bytes(24)
    return header + struct.pack("<I", crc32c(header + table)) + table + body


def crc_table():
    table = []
    for crc in range(256):
        for _ in range(8):
            crc = crc >> 1 ^ 0x82F63B78 * (crc & 1)
        table.append(crc)
    return table


CRC_TABLE = crc_table()


def crc32c(data):
    """The CRC-32C of RFC 3720. Of long data, 4,096 pieces go through NumPy side by side."""
    crc, lanes = 0xFFFFFFFF, 4096
    if len(data) >= 16 * lanes:
        size = len(data) // lanes
        pieces = np.frombuffer(data, np.uint8, size * lanes).reshape(lanes, size)
        table = np.array(CRC_TABLE, np.uint32)
        crcs = np.zeros(lanes, np.uint32)
        crcs[0] = crc
        for column in np.ascontiguousarray(pieces.T):
            crcs = table[(crcs ^ column) & 255] ^ crcs >> 8
        # A checksum is linear: that of a piece after another is its own, begun with 0, and the other's taken on over as
        # many zero bytes.
        advance = zeros_operator(size)
        crc = int(crcs[0])
        for piece in crcs[1:].tolist():
            crc = apply(advance, crc) ^ piece
        data = data[size * lanes:]
    for byte in data:
        crc = CRC_TABLE[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def zeros_operator(n):
    """Returns what n zero bytes make of each bit of a checksum, n > 0."""
    power = [CRC_TABLE[1 << bit & 255] ^ 1 << bit >> 8 for bit in range(32)]
    result = [1 << bit for bit in range(32)]
    while n:
        if n & 1:
            result = [apply(power, image) for image in result]
        power = [apply(power, image) for image in power]
        n >>= 1
    return result


def apply(operator, crc):
    result = 0
    for image in operator:
        if crc & 1:
            result ^= image
        crc >>= 1
    return result


def write(path, blob):
    """Writes a file so that there is the old one or the new one, whole, whatever happens. Links are followed."""
    path = os.fspath(path)
    if not os.path.basename(path):
        raise OSError("%r is not the name of a file" % path)
    path = os.path.realpath(path)
    mode = None
    if os.path.exists(path):
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            raise OSError("%s is not a regular file" % path)
    folder = os.path.dirname(path)
    temporary = os.path.join(folder, ".nnrt-%s.tmp" % secrets.token_hex(8))
    file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(file, "wb") as f:
            f.write(blob)
            f.flush()
            if mode is not None:
                os.chmod(temporary, stat.S_IMODE(mode))
            os.fsync(f.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    try:  # the rename, too; some systems cannot
        file = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(file)
    except OSError:
        pass
    finally:
        os.close(file)


# --- Keras -----------------------------------------------------------------------------------------------------------


def called(name, obj):
    return "%s (%s)" % (name, type(obj).__name__)


def is_from(obj, *packages):
    """Tells whether an object's own class, not just one that it extends, is from one of these packages."""
    return type(obj).__module__.split(".")[0] in packages


def base_of(obj, package, names):
    """Returns the name of the class among names that an object is or extends without changing what it computes."""
    for c in type(obj).__mro__:
        if c.__module__.split(".")[0] == package and c.__name__ in names:
            changed = [m for m in ("call", "forward", "__call__")
                       if getattr(c, m, None) is not getattr(type(obj), m, None)]
            return None if changed else c.__name__
    return None


def from_keras(model, network):
    shape = None
    try:
        shape = model.input_shape
    except (AttributeError, ValueError):
        pass  # a Sequential that was not built: its layers may tell, or refuse
    if isinstance(shape, tuple):
        network.start(shape[1:])
    keras_model(model, network, "")


def keras_model(model, network, path):
    network.where = called(path or model.name, model)
    base = base_of(model, "keras", ("Sequential", "Functional"))
    if base == "Sequential":
        layers = [(layer, None) for layer in model.layers]
    elif base == "Functional":
        layers = keras_chain(model, network)
    else:
        network.refuse("neither a Sequential nor a functional model; a call of its own cannot be read")
    for layer, node in layers:
        name = path + "/" + layer.name if path else layer.name
        network.where = called(name, layer)
        if node is not None and node.arguments.kwargs.get("training"):
            network.refuse("called with training=True")
        classes = {c.__name__ for c in type(layer).__mro__}
        if classes & {"Sequential", "Functional", "Model"}:
            keras_model(layer, network, name)
        elif "Layer" not in classes:
            network.refuse("an operation by itself; nnrt has layers only")
        elif not is_from(layer, "keras"):
            network.refuse("a custom layer")
        elif type(layer).__name__ not in KERAS_LAYERS:
            network.refuse("nnrt does not have this layer")
        elif layer.compute_dtype not in ("float32", "float64"):
            network.refuse("it computes in %s; nnrt computes in float32" % layer.compute_dtype)
        elif not getattr(layer, "built", True):
            network.refuse("it has no weights yet: build the model, by an Input or a call")
        else:
            KERAS_LAYERS[type(layer).__name__](layer, network)


def keras_chain(model, network):
    """Returns the layers between a functional model's input and output, with the calls that made the graph."""
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        network.refuse("%d inputs and %d outputs; nnrt's networks have one of each"
                       % (len(model.inputs), len(model.outputs)))
    chain = []
    tensor = model.outputs[0]
    while tensor is not model.inputs[0]:
        layer, index = tensor._keras_history[:2]
        node = layer._inbound_nodes[index]
        if len(node.input_tensors) != 1:
            network.where = called(layer.name, layer)
            network.refuse("it takes %d tensors; nnrt's networks are chains" % len(node.input_tensors))
        chain.append((layer, node))
        tensor = node.input_tensors[0]
    return chain[::-1]


def keras_activation(function, network):
    """Returns the activation and its parameter, of a function of Keras's or of a layer in its place."""
    name = getattr(function, "__name__", type(function).__name__)
    if function is None:
        return "linear", 0.0
    if type(function).__name__ in KERAS_ACTIVATIONS and is_from(function, "keras"):
        return KERAS_ACTIVATIONS[type(function).__name__](function, network)
    if getattr(function, "__module__", "").split(".")[0] != "keras" or name not in ACTIVATIONS or name == "gelu_tanh":
        network.refuse("nnrt does not have the activation %s" % name)
    return name, DEFAULT_ALPHA.get(name, 0.0)


def keras_relu(layer, network):
    bound, slope = layer.max_value, float(layer.negative_slope)
    if layer.threshold == 0 and bound is None:
        return ("leaky_relu", slope) if slope else ("relu", 0.0)
    if layer.threshold == 0 and slope == 0 and bound == 6:
        return "relu6", 0.0
    network.refuse("max_value %r, negative_slope %r, threshold %r: nnrt has relu, leaky_relu and relu6"
                   % (bound, slope, layer.threshold))


def keras_softmax(layer, network):
    network.row()
    if layer.axis not in (-1, 1, [-1], [1], (-1,), (1,)):
        network.refuse("axis %r; nnrt's softmax is of rows" % (layer.axis,))
    return "softmax", 0.0


# layer to activation and parameter
KERAS_ACTIVATIONS = {
    "Activation": lambda layer, network: keras_activation(layer.activation, network),
    "ReLU": keras_relu,
    "LeakyReLU": lambda layer, network: ("leaky_relu", float(layer.negative_slope)),
    "ELU": lambda layer, network: ("elu", float(layer.alpha)),
    "Softmax": keras_softmax,
}


def keras_activation_layer(layer, network):
    network.activate(KERAS_ACTIVATIONS[type(layer).__name__](layer, network), layer.name)


def array(variable):
    return None if variable is None else np.asarray(variable)


def keras_dense(layer, network):
    if getattr(layer, "quantization_mode", None):
        network.refuse("it is quantised: %s" % layer.quantization_mode)
    activation = keras_activation(layer.activation, network)
    network.row(np.shape(layer.kernel)[0])
    network.dense(array(layer.kernel), array(layer.bias), activation, layer.name)


def last_axis(axis, network):
    rank = 1 if network.shape is None else len(network.shape)
    axes = [axis] if isinstance(axis, int) else list(axis)
    if rank != 1 or axes not in ([-1], [1]):
        network.refuse("axis %r of an input of shape %s; nnrt has rows only" % (axis, network.shape))


def keras_batch_normalization(layer, network):
    last_axis(layer.axis, network)
    network.batch_normalization(array(layer.gamma), array(layer.beta), array(layer.moving_mean),
                                array(layer.moving_variance), layer.momentum, layer.epsilon, layer.name)


def keras_layer_normalization(layer, network):
    last_axis(layer.axis, network)
    if getattr(layer, "rms_scaling", False):
        network.refuse("rms_scaling; nnrt subtracts the mean")
    gamma, beta = array(layer.gamma), array(layer.beta)
    for tensor in gamma, beta:
        if tensor is not None:
            network.row(tensor.size)
    network.layer_normalization(gamma, beta, layer.epsilon, layer.name)


def keras_normalization(layer, network):
    mean = np.asarray(layer.mean)
    # As the layer computes it, in float32.
    least = np.float32(sys.modules["keras"].config.epsilon())
    deviation = np.maximum(np.sqrt(np.asarray(layer.variance, np.float32)), least)
    if layer.invert:
        network.scaling(deviation, mean, layer.name)
    else:
        network.normalize(mean, deviation, layer.name)


def keras_rescaling(layer, network):
    offset = np.asarray(layer.offset, np.float64)
    network.scaling(np.asarray(layer.scale, np.float64), offset if offset.any() else None, layer.name)


def keras_flatten(layer, network):
    if layer.data_format == "channels_first" and network.shape is not None and len(network.shape) > 1:
        network.refuse("data_format channels_first changes the order")
    network.flatten()


def keras_reshape(layer, network):
    network.shape = tuple(layer.compute_output_shape((None,) + network.shape)[1:])


KERAS_LAYERS = {
    "BatchNormalization": keras_batch_normalization,
    "Dense": keras_dense,
    "Dropout": lambda layer, network: network.dropout(layer.rate, layer.name),
    "Flatten": keras_flatten,
    "InputLayer": lambda layer, network: None,
    "LayerNormalization": keras_layer_normalization,
    "Normalization": keras_normalization,
    "Rescaling": keras_rescaling,
    "Reshape": keras_reshape,
}
KERAS_LAYERS.update(dict.fromkeys(KERAS_ACTIVATIONS, keras_activation_layer))
# In prediction they do nothing.
KERAS_LAYERS.update(dict.fromkeys(
    ("ActivityRegularization", "AlphaDropout", "GaussianDropout", "GaussianNoise", "Identity"),
    lambda layer, network: None))


# --- PyTorch ---------------------------------------------------------------------------------------------------------


def from_torch(module, network):
    torch_module(module, network, "")


def torch_module(module, network, path):
    network.where = called(path or "the model", module)
    name = type(module).__name__
    if any(getattr(module, hooks, None) for hooks in ("_forward_hooks", "_forward_pre_hooks")):
        network.refuse("it has hooks, such as weight_norm's, that change what it computes")
    if base_of(module, "torch", ("Sequential",)):
        for child_name, child in module._modules.items():  # named_children leaves out what is there twice
            torch_module(child, network, path + "." + child_name if path else child_name)
    elif not type(module).__module__.startswith("torch.nn.modules."):
        network.refuse("only Sequential and the layers of torch.nn can be read; for others there are torch.onnx.export "
                       "and nnrt convert")
    elif name in TORCH_ACTIVATIONS:
        network.activate_last(TORCH_ACTIVATIONS[name](module, network))
    elif name in TORCH_LAYERS:
        TORCH_LAYERS[name](module, network)
    else:
        network.refuse("nnrt does not have this layer")


def tensor(value, network):
    if value is None:
        return None
    if "Uninitialized" in type(value).__name__ or value.is_meta:
        network.refuse("it has no weights yet")
    if str(value.dtype) not in ("torch.float32", "torch.float64"):
        network.refuse("it computes in %s; nnrt computes in float32: call float() first" % value.dtype)
    return value.detach().cpu().double().numpy()


def torch_hardtanh(module, network):
    if (module.min_val, module.max_val) != (0, 6):
        network.refuse("from %r to %r; nnrt has relu6, from 0 to 6" % (module.min_val, module.max_val))
    return "relu6", 0.0


def torch_softplus(module, network):
    # Above a threshold of 20 it is x itself, which float32's ln(1 + e^x) is as well.
    if module.beta != 1 or module.threshold < 20:
        network.refuse("beta %r, threshold %r; nnrt has 1 and 20" % (module.beta, module.threshold))
    return "softplus", 0.0


def torch_prelu(module, network):
    if module.weight.numel() != 1:
        network.refuse("a slope for each of %d inputs; nnrt has one for all" % module.weight.numel())
    return "leaky_relu", float(tensor(module.weight, network)[0])


def torch_softmax(kind):
    def softmax(module, network):
        network.row()
        if module.dim not in (1, -1):
            network.refuse("dim %r; nnrt's softmax is of rows, dim 1" % module.dim)
        return kind, 0.0
    return softmax


def plain(kind):
    return lambda module, network: (kind, 0.0)


TORCH_ACTIVATIONS = {
    "CELU": lambda module, network: ("celu", float(module.alpha)),
    "ELU": lambda module, network: ("elu", float(module.alpha)),
    "GELU": lambda module, network: ("gelu" if module.approximate == "none" else "gelu_tanh", 0.0),
    "Hardsigmoid": plain("hard_sigmoid"),
    "Hardswish": plain("hard_silu"),
    "Hardtanh": torch_hardtanh,
    "LeakyReLU": lambda module, network: ("leaky_relu", float(module.negative_slope)),
    "LogSigmoid": plain("log_sigmoid"),
    "LogSoftmax": torch_softmax("log_softmax"),
    "Mish": plain("mish"),
    "PReLU": torch_prelu,
    "ReLU": plain("relu"),
    "ReLU6": plain("relu6"),
    "SELU": plain("selu"),
    "SiLU": plain("silu"),
    "Sigmoid": plain("sigmoid"),
    "Softmax": torch_softmax("softmax"),
    "Softplus": torch_softplus,
    "Softsign": plain("softsign"),
    "Tanh": plain("tanh"),
}


def torch_linear(module, network):
    network.dense(tensor(module.weight, network).T, tensor(module.bias, network))


def torch_batch_norm(module, network):
    if module.running_mean is None:
        network.refuse("it has no running statistics")
    momentum = 0.99 if module.momentum is None else 1 - module.momentum
    network.batch_normalization(tensor(module.weight, network), tensor(module.bias, network),
                                tensor(module.running_mean, network), tensor(module.running_var, network),
                                momentum, module.eps)


def torch_layer_norm(module, network):
    if len(module.normalized_shape) != 1:
        network.refuse("it normalises %s; nnrt has rows only" % (tuple(module.normalized_shape),))
    network.row(module.normalized_shape[0])
    network.layer_normalization(tensor(module.weight, network), tensor(module.bias, network), module.eps)


def torch_flatten(module, network):
    if module.start_dim != 1 or module.end_dim != -1:
        network.refuse("from dimension %d to %d; nnrt has rows only" % (module.start_dim, module.end_dim))
    network.flatten()


TORCH_LAYERS = {
    "BatchNorm1d": torch_batch_norm,
    "Dropout": lambda module, network: network.dropout(module.p),
    "Flatten": torch_flatten,
    "LayerNorm": torch_layer_norm,
    "Linear": torch_linear,
}
# In prediction they do nothing.
TORCH_LAYERS.update(dict.fromkeys(("AlphaDropout", "FeatureAlphaDropout", "Identity"), lambda module, network: None))


# --- scikit-learn ----------------------------------------------------------------------------------------------------


class Number:
    """A column of what a preprocessing step gives: (x - mean) / scale of a column x of the data, in float64. fill
    stands for a missing x, None if nothing does."""

    def __init__(self, column):
        self.column, self.mean, self.scale, self.fill = column, 0.0, 1.0, None


class Indicator:
    """Another such column: (z - mean) / scale, where z is 1 if a row has a certain category and else 0."""

    def __init__(self, encoding, category):
        self.encoding, self.category, self.mean, self.scale = encoding, category, 0.0, 1.0
        self.column = encoding.column


class Encoding:
    """What a OneHotEncoder does with a column of the data. missing says what becomes of a missing value: ERROR, ZEROS,
    EITHER if nobody asked, or the position of the category that it counts as."""

    ERROR, ZEROS, EITHER = "error", "zeros", "either"

    def __init__(self, column, categories, absent, ignores_unknown, missing):
        self.column, self.categories, self.ignores_unknown = column, categories, ignores_unknown
        self.absent = absent  # the position of the category that is itself a missing value, or None
        self.missing = missing


def is_missing(value):
    """Tells None, NaN and pandas's NA, which are not equal to themselves or say so by their name."""
    return (value is None or type(value).__name__ == "NAType"
            or isinstance(value, (float, np.floating)) and value != value)


class Preprocessing:
    """The steps before an estimator, from the columns of the data to what the estimator takes."""

    def __init__(self, names):
        self.names = names

    def column(self, i):
        return "column %d" % (i + 1) if self.names is None else "column %r" % self.names[i]

    def step(self, step, columns, path):
        """Returns what a fitted step makes of columns."""
        if step is None or isinstance(step, str) and step == "passthrough":
            return columns
        name = type(step).__name__
        where = called(path, step)
        if not is_from(step, "sklearn") or name not in self.STEPS:
            refuse("%s: nnrt does not have this step" % where)
        return self.STEPS[name](self, step, columns, where)

    def pipeline(self, step, columns, where):
        for name, inner in step.steps:
            columns = self.step(inner, columns, name)
        return columns

    def by_columns(self, step, columns, where):
        if step.transformer_weights:
            refuse("%s: transformer_weights" % where)
        result = []
        for name, inner, chosen in step.transformers_:
            if isinstance(inner, str) and inner == "drop":
                continue
            result += self.step(inner, [copy.copy(columns[i]) for i in positions(chosen, step, columns)], name)
        return result

    def function(self, step, columns, where):
        if step.func is not None:
            refuse("%s: it calls a function, %s" % (where, getattr(step.func, "__name__", step.func)))
        return columns

    def standard(self, step, columns, where):
        return self.scaled(columns, step.mean_ if step.with_mean else None, step.scale_)

    def min_max(self, step, columns, where):
        if step.clip:
            refuse("%s: clip=True; nnrt does not clip" % where)
        low, high = step.feature_range
        scale = 1 / step.scale_
        return self.scaled(columns, step.data_min_ - low * scale, scale)

    def max_abs(self, step, columns, where):
        if getattr(step, "clip", False):
            refuse("%s: clip=True; nnrt does not clip" % where)
        return self.scaled(columns, None, step.scale_)

    def robust(self, step, columns, where):
        return self.scaled(columns, step.center_ if step.with_centering else None, step.scale_)

    def scaled(self, columns, mean, scale):
        """Takes the columns through (x - mean) / scale."""
        columns = [copy.copy(c) for c in columns]
        for i, c in enumerate(columns):
            m = 0.0 if mean is None else float(mean[i])
            s = 1.0 if scale is None else float(scale[i])
            c.mean, c.scale = c.mean + m * c.scale, c.scale * s
        return columns

    def impute(self, step, columns, where):
        if getattr(step, "indicator_", None) is not None:
            refuse("%s: add_indicator; nnrt does not tell the network what was missing" % where)
        if not is_missing(step.missing_values):
            refuse("%s: missing_values %r; nnrt takes NaN and None" % (where, step.missing_values))
        columns = [copy.copy(c) for c in columns]
        for c, value in zip(columns, step.statistics_):
            if is_missing(value):
                refuse("%s: %s has no value to fill in, and is dropped" % (where, self.column(c.column)))
            if isinstance(c, Number) and c.fill is None:
                is_text = isinstance(value, str)
                c.fill = value if is_text or c.mean == 0 and c.scale == 1 else c.mean + float(value) * c.scale
        return columns

    def one_hot(self, step, columns, where):
        if any(c is not None for c in getattr(step, "infrequent_categories_", None) or []):
            refuse("%s: infrequent categories, by min_frequency or max_categories" % where)
        result = []
        for i, c in enumerate(columns):
            named = "%s: %s" % (where, self.column(c.column))
            if not isinstance(c, Number) or c.mean != 0 or c.scale != 1:
                refuse("%s is scaled or encoded before it" % named)
            values = list(step.categories_[i])
            absent = next((k for k, v in enumerate(values) if is_missing(v)), None)
            categories = [None if k == absent else spelling(v, named) for k, v in enumerate(values)]
            ignores = step.handle_unknown != "error"
            missing = absent
            if c.fill is not None:
                missing = next((k for k, v in enumerate(values) if v == c.fill), None)
            if missing is None and c.fill is not None and ignores:
                missing = Encoding.ZEROS
            if missing is None:
                missing = Encoding.EITHER if ignores else Encoding.ERROR
            encoding = Encoding(c.column, categories, absent, ignores, missing)
            dropped = None if step.drop_idx_ is None else step.drop_idx_[i]
            result += [Indicator(encoding, k) for k in range(len(values)) if k != dropped]
        return result

    STEPS = {
        "ColumnTransformer": by_columns,
        "FunctionTransformer": function,
        "MaxAbsScaler": max_abs,
        "MinMaxScaler": min_max,
        "OneHotEncoder": one_hot,
        "Pipeline": pipeline,
        "RobustScaler": robust,
        "SimpleImputer": impute,
        "StandardScaler": standard,
    }


def positions(chosen, step, columns):
    """Returns the positions of the columns that a ColumnTransformer's transformer takes."""
    names = list(getattr(step, "feature_names_in_", []))
    if isinstance(chosen, slice):
        ends = [names.index(e) + k if isinstance(e, str) else e for k, e in enumerate((chosen.start, chosen.stop))]
        return list(range(len(columns)))[slice(*ends, chosen.step)]
    chosen = [chosen] if isinstance(chosen, str) or np.ndim(chosen) == 0 else list(chosen)
    if chosen and all(isinstance(c, (bool, np.bool_)) for c in chosen):
        return [i for i, c in enumerate(chosen) if c]
    return [names.index(c) if isinstance(c, str) else range(len(columns))[c] for c in chosen]


def fold(columns, kernel, bias, preprocessing, schema):
    """Turns what the preprocessing gives into the schema's features, in ascending order of the data's columns, and the
    first layer's weights, of shape [len(columns), units], into those for them."""
    by_column = {}
    for i, c in enumerate(columns):
        by_column.setdefault(c.column, []).append(i)
    rows, bias = [], bias.astype(np.float64)
    for column in sorted(by_column):
        taken = by_column[column]
        first = columns[taken[0]]
        if len(taken) > 1 and (isinstance(first, Number) or any(
                getattr(columns[i], "encoding", None) is not first.encoding for i in taken)):
            refuse("%s is used in two ways" % preprocessing.column(column))
        if isinstance(first, Number):
            if isinstance(first.fill, str):
                refuse("%s: a missing value becomes %r, and nothing encodes it"
                       % (preprocessing.column(column), first.fill))
            fill = 0.0 if first.fill is None else float(first.fill)
            schema.features.append(Feature(column, first.mean, first.scale, fill))
            rows.append(kernel[taken[0]])
            continue
        encoding = first.encoding
        weights = np.zeros((len(encoding.categories), kernel.shape[1]))
        for i in taken:
            weights[columns[i].category] += kernel[i] / columns[i].scale
            bias -= kernel[i] * columns[i].mean / columns[i].scale
        if isinstance(encoding.missing, int):
            # The schema makes zeros of a missing value: all categories count from what it stands for.
            zero = weights[encoding.missing].copy()
            if encoding.ignores_unknown and zero.any():
                refuse("%s: a missing value counts as %r and an unknown category as none; nnrt makes zeros of both"
                       % (preprocessing.column(column), encoding.categories[encoding.missing]))
            weights -= zero
            bias += zero
        kept = [k for k in range(len(encoding.categories)) if k != encoding.absent]
        if not kept:
            refuse("%s has no categories" % preprocessing.column(column))
        schema.features.append(Feature(column, categories=[encoding.categories[k] for k in kept]))
        rows.extend(weights[kept])
    rules(columns, preprocessing, schema)
    return np.array(rows), bias


def rules(columns, preprocessing, schema):
    """Finds the one rule for all missing values and the one for all unknown categories."""
    ignore, refuse_unknown, fill, refuse_missing = [], [], [], []  # the columns that say so
    for c in columns:
        if isinstance(c, Number):
            (refuse_missing if c.fill is None else fill).append(c.column)
            continue
        (ignore if c.encoding.ignores_unknown else refuse_unknown).append(c.column)
        if c.encoding.missing != Encoding.EITHER:
            (refuse_missing if c.encoding.missing == Encoding.ERROR else fill).append(c.column)
    if ignore and refuse_unknown:
        refuse("%s ignores unknown categories, %s does not; nnrt has one rule for all columns: set handle_unknown"
               % (preprocessing.column(ignore[0]), preprocessing.column(refuse_unknown[0])))
    if fill and refuse_missing:
        refuse("missing values of %s are filled in, those of %s are errors; nnrt has one rule for all columns: put a "
               "SimpleImputer before it, too"
               % (preprocessing.column(fill[0]), preprocessing.column(refuse_missing[0])))
    schema.fills_missing, schema.ignores_unknown = bool(fill), bool(ignore)


SKLEARN_ACTIVATIONS = {"exp": "exponential", "identity": "linear", "logistic": "sigmoid", "relu": "relu",
                       "softmax": "softmax", "tanh": "tanh"}
SKLEARN_LINEAR = ("LinearRegression", "Ridge", "RidgeCV", "Lasso", "LassoCV", "ElasticNet", "ElasticNetCV")


def from_sklearn(model, network, feature_names):
    """Returns the schema, and the class labels or None."""
    inputs = getattr(model, "n_features_in_", None)
    names = feature_names
    if names is None and getattr(model, "feature_names_in_", None) is not None:
        names = [str(n) for n in model.feature_names_in_]
    steps, back = [], None
    while True:
        network.where = type(model).__name__
        if not is_from(model, "sklearn"):
            network.refuse("not one of scikit-learn's own classes")
        if type(model).__name__ == "Pipeline":
            steps += model.steps[:-1]
            model = model.steps[-1][1]
            if isinstance(model, str):
                network.refuse("the pipeline has no estimator at its end")
        elif type(model).__name__ == "TransformedTargetRegressor":
            if back is not None:
                network.refuse("one within another")
            back, model = target_scaling(model, network), getattr(model, "regressor_", model.regressor)
        elif hasattr(model, "best_estimator_"):
            model = model.best_estimator_
        else:
            break
    kernels, biases, hidden, last = sklearn_layers(model, network)
    if inputs is None:
        inputs = kernels[0].shape[0]
    if names is not None and len(names) != inputs:
        refuse("%d feature names for %d columns" % (len(names), inputs))
    preprocessing = Preprocessing(names)
    columns = [Number(i) for i in range(inputs)]
    for name, step in steps:
        columns = preprocessing.step(step, columns, name)
    network.where = type(model).__name__
    if len(columns) != kernels[0].shape[0]:
        network.refuse("%d inputs, but the steps before it give %d columns" % (kernels[0].shape[0], len(columns)))
    schema = Schema(inputs, names, [])
    kernels[0], biases[0] = fold(columns, kernels[0], biases[0], preprocessing, schema)
    for i, (kernel, bias) in enumerate(zip(kernels, biases)):
        network.dense(kernel, bias, (last if i == len(kernels) - 1 else hidden, 0.0))
    if hasattr(model, "classes_"):
        # Of several labels at once each output is a probability by itself: no task of nnrt's.
        several = last == "sigmoid" and network.shape != (1,)
        return schema, None if several else list(model.classes_)
    if network.shape == (1,):
        schema.task, schema.target = 3, "label"
        if back is not None:
            (schema.mean,), (schema.scale,) = back
    elif back is not None:
        network.scaling(back[1], back[0])
    return schema, None


def sklearn_layers(model, network):
    """Returns kernels and biases of the layers, and the activations of the hidden ones and the last."""
    name = type(model).__name__
    if name in ("MLPClassifier", "MLPRegressor"):
        if not hasattr(model, "coefs_"):
            network.refuse("it is not fitted")
        hidden, last = (SKLEARN_ACTIVATIONS.get(a) or network.refuse("nnrt does not have the activation %s" % a)
                        for a in (model.activation, model.out_activation_))
        return list(model.coefs_), list(model.intercepts_), hidden, last
    if name not in SKLEARN_LINEAR + ("LogisticRegression", "LogisticRegressionCV"):
        network.refuse("nnrt does not have this estimator")
    if not hasattr(model, "coef_"):
        network.refuse("it is not fitted")
    kernel = np.atleast_2d(np.asarray(model.coef_)).T
    bias = np.broadcast_to(np.asarray(model.intercept_, np.float64).reshape(-1), kernel.shape[1:])
    if name in SKLEARN_LINEAR:
        return [kernel], [bias], None, "linear"
    several, way = len(model.classes_) > 2, getattr(model, "multi_class", None)
    if several and (way == "ovr" or model.solver == "liblinear") or not several and way == "multinomial":
        network.refuse("its probabilities are no plain sigmoid or softmax: solver %s, multi_class %s"
                       % (model.solver, way))
    return [kernel], [bias], None, "softmax" if several else "sigmoid"


def target_scaling(model, network):
    """Returns the mean and scale by which a TransformedTargetRegressor scales its predictions back."""
    if not hasattr(model, "transformer_"):
        network.refuse("it is not fitted")
    if model.func is not None or model.inverse_func is not None:
        network.refuse("it calls functions: func, inverse_func")
    transformer = model.transformer_
    if not is_from(transformer, "sklearn") or type(transformer).__name__ not in (
            "FunctionTransformer", "MaxAbsScaler", "MinMaxScaler", "RobustScaler", "StandardScaler"):
        network.refuse("nnrt cannot scale predictions back by %s" % type(transformer).__name__)
    columns = [Number(i) for i in range(getattr(transformer, "n_features_in_", 1))]
    columns = Preprocessing(None).step(transformer, columns, "transformer")
    return np.array([c.mean for c in columns]), np.array([c.scale for c in columns])


# --- what it is called by --------------------------------------------------------------------------------------------


def framework_of(model):
    """Returns keras, torch or sklearn. Keras comes first: on PyTorch its layers are torch modules as well."""
    packages = {c.__module__.split(".")[0] for c in type(model).__mro__}
    for package in "keras", "torch", "sklearn":
        if package in packages:
            return package
    if packages & {"tf_keras", "tensorflow"}:
        refuse("a model of Keras 2: save it, and load it with Keras 3")
    refuse("not a model of Keras, PyTorch or scikit-learn, but %s" % type(model).__name__)


def encode(model, feature_names=None, target_name=None, labels=None):
    """Returns the bytes of the model's file; export says what the arguments are."""
    framework = framework_of(model)
    feature_names = None if feature_names is None else [str(n) for n in feature_names]
    network, schema = Network(), None
    if framework == "sklearn":
        schema, classes = from_sklearn(model, network, feature_names)
        labels = classes if labels is None else list(labels)
    else:
        (from_keras if framework == "keras" else from_torch)(model, network)
    network.where = "the model"
    if not network.layers:
        network.refuse("it has no layers that compute anything")
    network.row()
    if schema is None and any(v is not None for v in (feature_names, target_name, labels, network.mean)):
        width = int(np.prod(network.inputs))
        mean, scale = (np.zeros(width), np.ones(width)) if network.mean is None else (network.mean, network.scale)
        schema = Schema(width, feature_names, [Feature(i, mean[i], scale[i]) for i in range(width)])
        if feature_names is not None and len(feature_names) != width:
            refuse("%d feature names for %d inputs" % (len(feature_names), width))
    if schema is not None:
        if schema.task == 3 and labels is None:
            schema.target = schema.target if target_name is None else target_name
        else:
            target(schema, network, target_name, labels)
        check_schema(schema, network)
    version = getattr(sys.modules.get(framework), "__version__", "")
    return model_file(network, schema, {"source": ("%s %s" % (framework, version)).strip()})


def export(model, path, feature_names=None, target_name=None, labels=None):
    """Writes a model's file.

    feature_names are the names of the columns of the data, in the order in which the model takes them; a scikit-learn
    model that was fitted to a DataFrame has its own. Without names, columns are told by position. labels are the
    classes, one an output, or two of one output, which is the probability of the second; outputs must be probabilities
    then. scikit-learn's classifiers have their own. target_name is what the data calls the target, if it has it, as for
    nnrt eval: "label" unless given. target_name without labels makes a regression of one output.

    An ExportError says what nnrt does not have, an OSError why the file cannot be written; path is then as it was.
    """
    write(path, encode(model, feature_names, target_name, labels))


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="nnrt_export.py", description="Writes a Keras model as nnrt's model.bin.",
        epilog="PyTorch's and scikit-learn's files are pickles, which run code when they are read: call "
               "nnrt_export.export(model, \"model.bin\") in the program that has the model.")
    parser.add_argument("model", help="a .keras file, or .h5 of Keras 3")
    parser.add_argument("out", help="the file to write, such as model.bin")
    parser.add_argument("--features", metavar="A,B,…", help="names of the inputs' columns")
    parser.add_argument("--target", metavar="NAME", help="what the model predicts")
    parser.add_argument("--labels", metavar="A,B,…", help="the classes")
    a = parser.parse_args(arguments)
    if not a.model.endswith((".keras", ".h5", ".hdf5")):
        parser.error("%s: only .keras and .h5 files can be read; %s" % (a.model, parser.epilog))
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if not os.path.exists(a.model):
        print("nnrt_export: %s: no such file" % a.model, file=sys.stderr)
        return 1
    try:
        import keras
    except ImportError as e:
        print("nnrt_export: Keras is not there: %s" % e, file=sys.stderr)
        return 1
    try:
        model = keras.saving.load_model(a.model, compile=False)
    except Exception as e:  # whatever Keras, HDF5 and zip raise for a file that is none of theirs, or has code in it
        print("nnrt_export: %s: Keras cannot load it: %s" % (a.model, str(e).strip().split("\n")[0]), file=sys.stderr)
        return 3
    lists = [None if v is None else v.split(",") for v in (a.features, a.labels)]
    try:
        export(model, a.out, feature_names=lists[0], target_name=a.target, labels=lists[1])
    except ExportError as e:
        print("nnrt_export: %s: %s" % (a.model, e), file=sys.stderr)
        return 3
    except OSError as e:
        print("nnrt_export: %s" % e, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
