"""Reads nnrt model files by FORMAT.md: python3 reader.py model.bin … prints layers and weights as JSON, a line each."""
import json
import math
import struct
import sys

KINDS = {1: "dense", 2: "activation", 3: "dropout", 4: "batch_normalization", 5: "layer_normalization"}
ACTIVATIONS = ("linear relu relu6 leaky_relu elu selu celu gelu gelu_tanh silu mish sigmoid hard_sigmoid hard_silu "
               "log_sigmoid tanh softplus softsign exponential softmax log_softmax").split()
FIELDS = [  # bit of the field mask: name, how it is stored (None: the bit is all)
    ("name", "text"), ("units", "count"), ("activation", "<B"), ("alpha", "<f"), ("no_bias", None),
    ("kernel_initializer", "<3B2f"), ("bias_initializer", "<3B2f"), ("kernel_regularizer", "<2f"),
    ("bias_regularizer", "<2f"), ("activity_regularizer", "<2f"), ("rate", "<f"), ("momentum", "<f"),
    ("epsilon", "<f"), ("no_center", None), ("no_scale", None)]


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x82F63B78 * (crc & 1)
    return crc ^ 0xFFFFFFFF


def check(good, message):
    if not good:
        raise ValueError(message)


def sections(blob):
    """Returns {type: content} after checking the header, the section table and every checksum."""
    check(blob[:8] == b"\x89NNR\r\n\x1a\n", "not an nnrt model")
    major, _, header, size, _, count, _ = struct.unpack_from("<HHIQIII", blob, 8)
    check(major == 1, "unknown version %d" % major)
    check(size == len(blob) and header == 64 + 24 * count, "wrong size")
    check(struct.unpack_from("<I", blob, 60)[0] == crc32c(blob[:60] + blob[64:header]), "damaged header")
    found = {}
    for i in range(count):
        kind, flags, crc, offset, length = struct.unpack_from("<HHIQQ", blob, 64 + 24 * i)
        found[kind] = blob[offset:offset + length]
        check(len(found[kind]) == length and crc32c(found[kind]) == crc, "damaged section %d" % kind)
        check(not flags & 1 or kind in (1, 16), "unknown section %d" % kind)
    return found


class Cursor:
    def __init__(self, data):
        self.data, self.at = data, 0

    def values(self, form):
        values = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return values if len(values) > 1 else values[0]

    def count(self):
        byte = self.values("<B")
        return byte if byte < 128 else (byte & 127) + (self.count() << 7)

    def text(self):
        return self.values("<%ds" % self.count()).decode()


def architecture(content):
    c, before = Cursor(content), {}
    inputs, layers = c.count(), []
    for _ in range(c.count()):
        kind, fields = KINDS[c.values("<B")], c.values("<H")
        n = before[kind] = before.get(kind, -1) + 1
        layer = {"kind": kind, "name": kind + "_%d" % n if n else kind}
        for bit, (name, form) in enumerate(FIELDS):
            if fields >> bit & 1:
                layer[name] = (True if form is None else c.text() if form == "text" else
                               c.count() if form == "count" else c.values(form))
        layer["activation"] = ACTIVATIONS[layer.get("activation", 0)]
        layers.append(layer)
    return inputs, layers


def weights(inputs, layers, content):
    result, at, width = {}, 0, inputs
    for layer in layers:
        units, vector, tensors = layer.get("units"), [width], []
        if layer["kind"] == "dense":
            tensors, width = [("kernel", [width, units]), ("bias", [units])], units
        elif layer["kind"].endswith("normalization"):
            tensors = [("gamma", vector), ("beta", vector), ("moving_mean", vector), ("moving_variance", vector)]
        for name, shape in tensors[:2 if layer["kind"] == "layer_normalization" else 4]:
            if {"bias": "no_bias", "gamma": "no_scale", "beta": "no_center"}.get(name) not in layer:
                values = struct.unpack_from("<%df" % math.prod(shape), content, at)
                result[layer["name"] + "/" + name] = {"shape": shape, "values": values}
                at += 4 * len(values)
    check(at == len(content), "the weights do not fit the layers")
    return result


for name in sys.argv[1:]:
    found = sections(open(name, "rb").read())
    inputs, layers = architecture(found[1])
    print(json.dumps({"inputs": inputs, "layers": layers, "weights": weights(inputs, layers, found[16])}))
