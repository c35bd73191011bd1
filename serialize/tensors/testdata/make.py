"""Writes the files of this folder: weights as PyTorch, Keras, scikit-learn, NumPy and safetensors save them, and in
cases.json how to convert each, with inputs and the framework's own outputs. Run it where torch, safetensors, numpy,
scikit-learn and keras (on any backend) are installed:

    python3 make.py            # about 20 seconds; what it writes depends on their versions in details of no importance
"""
import json
import os
import warnings

import numpy as np
import safetensors.numpy
import safetensors.torch
import torch
from torch import nn

os.chdir(os.path.dirname(os.path.abspath(__file__)))
warnings.filterwarnings("ignore")
torch.manual_seed(1)
rng = np.random.default_rng(1)
cases = []


def case(file, flags, inputs, outputs):
    inputs, outputs = np.asarray(inputs, np.float32), np.asarray(outputs, np.float64)
    cases.append({"file": file, "flags": flags, "inputs": inputs.ravel().tolist(), "outputs": outputs.ravel().tolist()})


def shake(model):
    """Gives normalisation layers statistics and weights that are not the initial ones."""
    for name, t in list(model.named_parameters()) + list(model.named_buffers()):
        if t.dtype == torch.float32 and t.dim() == 1:
            t.data.copy_(torch.rand_like(t) + 0.25)
    return model.eval()


def torch_case(name, model, flags, width, save="safetensors"):
    x = torch.tensor(rng.normal(size=(3, width)), dtype=torch.float32)
    state = model.state_dict()
    if save == "safetensors":
        safetensors.torch.save_file(state, name)
    elif save == "half":
        model = model.to(torch.bfloat16) if "bf16" in name else model.half()
        safetensors.torch.save_file(model.state_dict(), name)
        model = model.float()
    elif save == "double":
        safetensors.torch.save_file({k: v.double() for k, v in state.items()}, name)
    else:
        np.savez(name, **{k: v.numpy() for k, v in state.items()})
    with torch.no_grad():
        case(name, flags, x, model(x))


torch_case("torch_sequential.safetensors", nn.Sequential(nn.Linear(8, 10), nn.ReLU(), nn.Linear(10, 8), nn.ReLU(),
           nn.Linear(8, 1), nn.Sigmoid()), ["--layers", "10:relu,8:relu,1:sigmoid"], 8)
torch_case("torch_square.npz", nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4)),
           ["--layers", "4:tanh,4:linear"], 4, "npz")
torch_case("torch_batchnorm.safetensors", shake(nn.Sequential(nn.Linear(5, 6), nn.BatchNorm1d(6), nn.ReLU(),
           nn.Linear(6, 3), nn.Softmax(-1))), ["--layers", "6:linear,batch_normalization,relu,3:softmax"], 5)
torch_case("torch_layernorm.npz", shake(nn.Sequential(nn.LayerNorm(5), nn.Linear(5, 4, bias=False), nn.ELU(),
           nn.LayerNorm(4, eps=1e-3), nn.Linear(4, 2))),
           ["--layers", "layer_normalization,4:elu,layer_normalization:epsilon=1e-3,2:linear"], 5, "npz")
torch_case("torch_f16.safetensors", nn.Sequential(nn.Linear(3, 4), nn.SiLU(), nn.Linear(4, 2)),
           ["--layers", "4:silu,2:linear"], 3, "half")
torch_case("torch_bf16.safetensors", nn.Sequential(nn.Linear(3, 4), nn.GELU(), nn.Linear(4, 2)),
           ["--layers", "4:gelu,2:linear"], 3, "half")
torch_case("torch_f64.safetensors", nn.Sequential(nn.Linear(3, 4), nn.Softplus(), nn.Linear(4, 2)),
           ["--layers", "4:softplus,2:linear"], 3, "double")
# Twelve layers: 10 after 9, not after 1.
deep = [nn.Linear(4, 4) for _ in range(12)]
torch_case("torch_deep.safetensors", nn.Sequential(*deep), ["--layers", ",".join(["4:linear"] * 12)], 4)


class Named(nn.Module):
    """Layers by name, out of the alphabet's order; widths tell their order."""

    def __init__(self, widths):
        super().__init__()
        self.stem, self.body, self.head = (nn.Linear(a, b) for a, b in zip(widths, widths[1:]))

    def forward(self, x):
        return self.head(torch.relu(self.body(nn.functional.leaky_relu(self.stem(x), 0.01))))


torch_case("torch_named.safetensors", Named([6, 5, 4, 3]), ["--layers", "5:leaky_relu=0.01,4:relu,3:linear"], 6)
torch_case("torch_named_square.safetensors", Named([4, 4, 4, 4]),
           ["--layers", "4:leaky_relu=0.01,4:relu,4:linear", "--order", "stem,body,head"], 4)


class Nested(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(3, 5), nn.Hardsigmoid(), nn.Linear(5, 2))

    def forward(self, x):
        return self.net(x)


torch_case("torch_nested.safetensors", Nested(), ["--layers", "5:hard_sigmoid,2:linear"], 3)


def scikit_learn():
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    x = rng.normal(size=(60, 4)).astype(np.float32)
    y = (x @ [1, -2, 0.5, 1] > 0).astype(int) + (x[:, 0] > 1)
    for model, name, layers in (
            (MLPClassifier((6, 5), max_iter=20, random_state=1).fit(x.astype(np.float64), y), "sklearn_mlp.npz",
             "6:relu,5:relu,3:softmax"),
            (MLPRegressor(hidden_layer_sizes=(4,), activation="tanh", max_iter=20, random_state=1).fit(x.astype(np.float64), y), "sklearn_tanh.npz",
             "4:tanh,1:linear")):
        arrays = {f"coefs_{i}": w for i, w in enumerate(model.coefs_)}
        arrays |= {f"intercepts_{i}": b for i, b in enumerate(model.intercepts_)}
        np.savez(name, **arrays)
        predict = getattr(model, "predict_proba", model.predict)
        case(name, ["--layers", layers], x[:3], predict(x[:3].astype(np.float64)))


def keras():
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    layers = keras.layers
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((5,)), layers.Dense(6, "relu"), layers.BatchNormalization(),
                              layers.Dense(6, "gelu", use_bias=False), layers.LayerNormalization(), layers.Dropout(0.5),
                              layers.Dense(2, "softmax")])
    for v in model.weights:
        if len(v.shape) == 1:
            v.assign(rng.uniform(0.25, 1.25, v.shape))
    x = rng.normal(size=(3, 5)).astype(np.float32)
    y = np.asarray(model(x))
    flags = ["--layers", "6:relu,batch_normalization,6:gelu,layer_normalization,2:softmax"]
    np.savez_compressed("keras_paths.npz", **{v.path: np.asarray(v) for v in model.weights})
    np.savez("keras_get_weights.npz", *model.get_weights())
    safetensors.numpy.save_file({v.path: np.asarray(v) for v in model.variables if "seed" not in v.path},
                                "keras_paths.safetensors", {"framework": "keras", "line": "one\ntwo"})
    for name in "keras_paths.npz", "keras_get_weights.npz", "keras_paths.safetensors":
        case(name, flags, x, y)


scikit_learn()
keras()
# NumPy's other forms: columns first, big-endian, half precision, a version-2 header, a single number.
w = rng.normal(size=(3, 2)).astype(np.float16).astype(np.float32)
b = np.array([0.5, -0.25], np.float32)
x = rng.normal(size=(3, 3)).astype(np.float32)
np.savez("numpy_forms.npz", **{"dense/kernel": np.asfortranarray(w.astype(">f8")), "dense/bias": b.astype(np.float16),
                               "dense_1/kernel": np.eye(2, dtype=">f4"), "bn/num_batches_tracked": np.int64(3)})
case("numpy_forms.npz", ["--layers", "2:linear,2:linear"], x, x.astype(np.float64) @ w + b)

with open("cases.json", "w", encoding="utf-8") as f:
    f.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
