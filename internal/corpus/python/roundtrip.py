"""Gives the models that nnrt wrote to the frameworks, and says how far their outputs are from nnrt's.

    NNRT_CORPUS_PYTHON=…/bin/python go test ./internal/corpus -run Load -v

runs it. ONNX goes to onnx.checker (its full check) and ONNX Runtime, safetensors to a Sequential of PyTorch by
load_state_dict, NPZ to a Sequential of Keras by set_weights. Its arguments are the folder with the models and the file
for what it measures. Differences are in ULP of each output's scale, as in corpus_test.go.
"""

import json
import os
import sys

os.environ.update(KERAS_BACKEND="tensorflow", TF_ENABLE_ONEDNN_OPTS="0", TF_CPP_MIN_LOG_LEVEL="3")

import numpy as np
import onnx
import onnxruntime
import safetensors.torch
import torch
from torch import nn

import keras
from keras import layers as kl


def difference(got, want):
    """The largest difference in ULP of the largest magnitude of a column."""
    scale = np.abs(want).max(0)
    ulp = np.nextafter(scale, np.float32(np.inf)).astype(np.float64) - scale
    return float((np.abs(got.astype(np.float64) - want) / ulp).max())


class Exp(nn.Module):
    def forward(self, x):
        return torch.exp(x)


TORCH = {
    "relu": lambda a: nn.ReLU(), "relu6": lambda a: nn.ReLU6(), "leaky_relu": nn.LeakyReLU, "elu": nn.ELU,
    "selu": lambda a: nn.SELU(), "celu": nn.CELU, "gelu": lambda a: nn.GELU(),
    "gelu_tanh": lambda a: nn.GELU(approximate="tanh"), "silu": lambda a: nn.SiLU(), "mish": lambda a: nn.Mish(),
    "sigmoid": lambda a: nn.Sigmoid(), "hard_sigmoid": lambda a: nn.Hardsigmoid(),
    "hard_silu": lambda a: nn.Hardswish(),
    "log_sigmoid": lambda a: nn.LogSigmoid(), "tanh": lambda a: nn.Tanh(), "softplus": lambda a: nn.Softplus(),
    "softsign": lambda a: nn.Softsign(), "exponential": lambda a: Exp(), "softmax": lambda a: nn.Softmax(1),
    "log_softmax": lambda a: nn.LogSoftmax(1), "linear": lambda a: nn.Identity(),
}


def torch_model(layers, width):
    """The Sequential whose state dict nnrt's names are those of."""
    modules = []
    for l in layers:
        if l["kind"] == "dense":
            modules.append(nn.Linear(width, l["units"], bias=l["bias"]))
            width = l["units"]
            if l["activation"] == "linear":
                continue
        if l["kind"] == "batch_normalization":
            modules.append(nn.BatchNorm1d(width, l["epsilon"], affine=l["scale"]))
        elif l["kind"] == "layer_normalization":
            modules.append(nn.LayerNorm(width, l["epsilon"], elementwise_affine=l["scale"], bias=l["center"]))
        elif l["kind"] == "dropout":
            modules.append(nn.Dropout())
        else:
            modules.append(TORCH[l["activation"]](l["alpha"]))
    return nn.Sequential(*modules).eval()


def keras_activation(l):
    name, alpha = l["activation"], l["alpha"]
    if name in ("leaky_relu", "elu", "celu"):
        function = getattr(keras.activations, name)
        return lambda x: function(x, alpha)
    return "linear" if name == "linear" else name if name != "gelu_tanh" else lambda x: keras.activations.gelu(x, True)


def keras_model(layers, width):
    model = keras.Sequential([keras.Input((width,))])
    for l in layers:
        options = {k: l[k] for k in ("epsilon", "center", "scale") if k in l}
        model.add({
            "dense": lambda: kl.Dense(l["units"], keras_activation(l), use_bias=l["bias"]),
            "batch_normalization": lambda: kl.BatchNormalization(**options),
            "layer_normalization": lambda: kl.LayerNormalization(**options),
            "dropout": lambda: kl.Dropout(0.5),
            "activation": lambda: kl.Activation(keras_activation(l)),
        }[l["kind"]]())
    return model


def measure(folder):
    def path(name):
        return os.path.join(folder, name)

    raw, x, y, plain = (np.load(path(n + ".npy")) for n in ("raw", "x", "y", "plain"))
    with open(path("layers.json"), encoding="utf-8") as f:
        layers = json.load(f)
    found = {}
    onnx.checker.check_model(path("model.onnx"), full_check=True)
    session = onnxruntime.InferenceSession(path("model.onnx"), providers=["CPUExecutionProvider"])
    found["ONNX Runtime"] = difference(session.run(None, {session.get_inputs()[0].name: raw})[0], y)
    if os.path.exists(path("model.safetensors")):
        model = torch_model(layers, x.shape[1])
        tensors = safetensors.torch.load_file(path("model.safetensors"))
        missing, unexpected = model.load_state_dict(tensors, strict=False)
        if unexpected or any(not name.endswith("num_batches_tracked") for name in missing):
            sys.exit(f"{folder}: load_state_dict misses {missing}, does not know {unexpected}")
        with torch.no_grad():
            found["PyTorch"] = difference(model(torch.from_numpy(x)).numpy(), plain)
    arrays = np.load(path("model.npz"))
    model = keras_model(layers, x.shape[1])
    model.set_weights([arrays[n] for n in arrays.files if isinstance(arrays[n], np.ndarray)])
    found["Keras"] = difference(np.asarray(model(x)), plain)
    return found


def main():
    names = sorted(os.listdir(sys.argv[1]))
    models = {n: {k: round(v, 3) for k, v in measure(os.path.join(sys.argv[1], n)).items()} for n in names}
    versions = {"torch": torch.__version__.split("+")[0], "keras": keras.__version__, "onnx": onnx.__version__,
                "onnxruntime": onnxruntime.__version__}
    with open(sys.argv[2], "w", encoding="utf-8") as f:
        lines = [f"{json.dumps(n)}: {json.dumps(m)}" for n, m in models.items()]
        f.write('{"versions": ' + json.dumps(versions) + ',\n"models": {\n' + ",\n".join(lines) + "\n}}\n")
    for loader in ("ONNX Runtime", "PyTorch", "Keras"):
        of = {n: m[loader] for n, m in models.items() if loader in m}
        worst = max(of, key=of.get)
        print(f"{loader}: {len(of)} models, largest difference {of[worst]:.2f} ULP ({worst})")


if __name__ == "__main__":
    main()
