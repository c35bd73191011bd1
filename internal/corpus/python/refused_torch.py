"""What PyTorch exports and nnrt refuses: networks that are not Dense ones. Run it as generate.py says.

names are the texts that the error has to have: the node and the operator, or the tensor.
"""

import logging
import os
import sys
import tempfile
import warnings

import numpy as np
import onnx
import safetensors.torch
import torch
from onnxruntime import quantization
from torch import nn

from common import Manifest

VERSIONS = {"torch": torch.__version__.split("+")[0], "onnx": onnx.__version__}
corpus = Manifest("refused.json", "refused_torch.py", sys.argv[1:])


def script(name, module, *arguments, names, opset=17, shows, **options):
    """By the TorchScript exporter."""
    name = "refused-torch-" + name
    if not corpus.wants(name):
        return
    torch.manual_seed(1)
    folder = corpus.folder(name)
    module = module().eval()
    path = os.path.join(folder, "model.onnx")
    torch.onnx.export(module, arguments, path, dynamo=False, opset_version=opset, **options)
    corpus.add(name, framework="PyTorch", versions=VERSIONS, exporter="TorchScript", opset=opset, file="model.onnx",
               shows=shows, names=names)


def dynamo(name, module, *arguments, names, shows, **options):
    """By the exporter built on torch.export."""
    name = "refused-dynamo-" + name
    if not corpus.wants(name):
        return
    torch.manual_seed(1)
    folder = corpus.folder(name)
    path = os.path.join(folder, "model.onnx")
    torch.onnx.export(module().eval(), arguments, path, dynamo=True, verbose=False, external_data=False, **options)
    corpus.add(name, framework="PyTorch", versions=VERSIONS, exporter="dynamo", file="model.onnx", shows=shows,
               names=names)


def state(name, tensors, names, shows, layers):
    """Tensors in safetensors."""
    name = "refused-safetensors-" + name
    if not corpus.wants(name):
        return
    torch.manual_seed(1)
    folder = corpus.folder(name)
    safetensors.torch.save_file(tensors(), os.path.join(folder, "model.safetensors"))
    corpus.add(name, framework="PyTorch", versions={**VERSIONS, "safetensors": safetensors.__version__},
               exporter="safetensors", file="model.safetensors", layers=layers, shows=shows, names=names)


def pickled(name, save, file, shows):
    """A file that can run any program when it is read."""
    name = "refused-torch-" + name
    if not corpus.wants(name):
        return
    folder = corpus.folder(name)
    save(os.path.join(folder, file))
    corpus.add(name, framework="PyTorch", versions=VERSIONS, exporter="torch.save", file=file, shows=shows,
               names=["pickle" if "old" in name else "PyTorch"])


def quantized(name, dynamic, names, shows):
    """By onnxruntime.quantization."""
    name = "refused-ort-" + name
    if not corpus.wants(name):
        return
    torch.manual_seed(1)
    folder = corpus.folder(name)
    path = os.path.join(folder, "model.onnx")

    class Rows(quantization.CalibrationDataReader):
        def __init__(self):
            rng = np.random.default_rng(1)
            self.rows = iter([{"input": rng.normal(0, 1, (4, 4)).astype(np.float32)} for _ in range(4)])

        def get_next(self):
            return next(self.rows, None)

    with tempfile.TemporaryDirectory() as d:
        plain = os.path.join(d, "plain.onnx")
        module = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)).eval()
        torch.onnx.export(module, (torch.zeros(4, 4),), plain, dynamo=False, opset_version=17, input_names=["input"])
        if dynamic:
            quantization.quantize_dynamic(plain, path)
        else:
            quantization.quantize_static(plain, path, Rows(), quant_format=quantization.QuantFormat.QDQ)
    corpus.add(name, framework="ONNX Runtime", versions={**VERSIONS}, exporter="onnxruntime.quantization",
               file="model.onnx", shows=shows, names=names)


# --- modules -------------------------------------------------------------------------------------------------------

class Module(nn.Module):
    """A module whose forward is a function of its parts and inputs."""

    def __init__(self, function, **parts):
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *x):
        return self.function(self, *x)


class Branch(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        if x.size(0) > 1:
            y = self.fc(x)
        else:
            y = self.fc(-x)
        return y


class Repeat(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        for _ in range(x.size(0)):
            x = torch.tanh(self.fc(x))
        return x


class Foreign(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def symbolic(g, x):
        return g.op("com.example::Twice", x)


def slopes():
    prelu = nn.PReLU(6)
    nn.init.uniform_(prelu.weight, 0.1, 0.4)
    return prelu


def mlp(*middle):
    return lambda: nn.Sequential(nn.Linear(4, 6), *(m() for m in middle), nn.Linear(6, 2))


def with_parts(function, **parts):
    return lambda: Module(function, **{k: v() for k, v in parts.items()})


ROW = torch.zeros(2, 4)


def models():
    script("conv", lambda: nn.Sequential(nn.Conv1d(1, 2, 3), nn.Flatten(), nn.Linear(8, 2)), torch.zeros(1, 1, 6),
           names=["/0/Conv", "(Conv)"], shows="a convolution")
    script("conv2d", lambda: nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                                           nn.Linear(8, 2)), torch.zeros(1, 1, 6, 6),
           names=["/0/Conv", "(Conv)"], shows="a convolution over images")
    script("pool", lambda: nn.Sequential(nn.MaxPool1d(2), nn.Flatten(), nn.Linear(3, 2)), torch.zeros(1, 1, 6),
           names=["/0/MaxPool", "(MaxPool)"], shows="pooling")
    script("lstm", with_parts(lambda m, x: m.out(m.lstm(x)[0][:, -1]), lstm=lambda: nn.LSTM(3, 4, batch_first=True),
                              out=lambda: nn.Linear(4, 2)), torch.zeros(1, 5, 3),
           names=["/lstm/LSTM", "(LSTM)"], shows="an LSTM over rows of a sequence")
    script("gru", with_parts(lambda m, x: m.gru(x)[0], gru=lambda: nn.GRU(3, 4)), torch.zeros(5, 1, 3),
           names=["/gru/"], shows="a GRU")
    script("attention", with_parts(lambda m, x: m.attention(x, x, x)[0],
                                   attention=lambda: nn.MultiheadAttention(4, 2, batch_first=True)),
           torch.zeros(1, 3, 4), names=["/attention/Transpose", "(Transpose)"], shows="attention over a sequence")
    script("embedding", lambda: nn.Sequential(nn.Embedding(10, 4), nn.Flatten(), nn.Linear(12, 2)),
           torch.zeros(1, 3, dtype=torch.int64), names=["/0/Gather", "(Gather)"], shows="an embedding")
    script("two-inputs", with_parts(lambda m, a, b: m.fc(torch.cat([a, b], 1)), fc=lambda: nn.Linear(8, 2)), ROW, ROW,
           names=["onnx::Concat_0", "one of 2 inputs"], shows="two inputs")
    script("two-outputs", with_parts(lambda m, x: (m.a(x), m.b(x)), a=lambda: nn.Linear(4, 2),
                                     b=lambda: nn.Linear(4, 1)), ROW,
           names=["second output"], shows="two outputs")
    script("residual", with_parts(lambda m, x: x + torch.relu(m.fc(x)), fc=lambda: nn.Linear(4, 4)), ROW,
           names=["/Add", "(Add)"], shows="a connection round a layer")
    script("gate", with_parts(lambda m, x: m.a(x) * torch.sigmoid(m.b(x)), a=lambda: nn.Linear(4, 3),
                              b=lambda: nn.Linear(4, 3)), ROW,
           names=["/Mul", "(Mul)"], shows="a gate of two layers")
    script("glu", mlp(nn.Identity, lambda: nn.GLU(dim=0)), ROW, names=["(Split)"], shows="a gate of two halves")
    script("if", lambda: torch.jit.script(Branch()), ROW, names=["/If", "(If)"],
           shows="a branch by the batch's size", input_names=["input"], dynamic_axes={"input": {0: "batch"}})
    script("loop", lambda: torch.jit.script(Repeat()), ROW, names=["(Loop)"], shows="a loop")
    script("domain", with_parts(lambda m, x: Foreign.apply(m.fc(x)), fc=lambda: nn.Linear(4, 2)), ROW,
           names=["com.example.Twice"], shows="an operator of another domain", opset=17,
           custom_opsets={"com.example": 1})
    script("prelu", mlp(slopes), ROW, names=["/1/PRelu", "(PRelu)"], shows="PReLU, whose slope is a weight")
    script("hardshrink", mlp(lambda: nn.Hardshrink(0.5)), ROW, names=["/1/Or", "(Or)"], shows="a shrinking activation")
    script("softshrink", mlp(lambda: nn.Softshrink(0.5)), ROW, names=["(Add)"], shows="another of them")
    script("square", with_parts(lambda m, x: m.fc(x) ** 2, fc=lambda: nn.Linear(4, 2)), ROW, names=["(Pow)"],
           shows="a square")
    script("sine", with_parts(lambda m, x: torch.sin(m.fc(x)), fc=lambda: nn.Linear(4, 2)), ROW,
           names=["/Sin", "(Sin)"], shows="a sine")
    script("softmax-rows", mlp(lambda: nn.Softmax(dim=0)), ROW, names=["/1/Softmax", "(Softmax)", "axis"],
           shows="a softmax over the rows of a batch")
    script("mean", with_parts(lambda m, x: m.fc(x).mean(1, keepdim=True), fc=lambda: nn.Linear(4, 3)), ROW,
           names=["(ReduceMean)"], shows="a mean over the outputs")
    script("groupnorm", mlp(lambda: nn.GroupNorm(2, 6)), ROW, names=["(InstanceNormalization)"],
           shows="normalisation of groups")
    script("training", mlp(lambda: nn.Dropout(0.5)), ROW, names=["(Dropout)"], shows="dropout in training mode",
           training=torch.onnx.TrainingMode.TRAINING, do_constant_folding=False)
    script("training-batchnorm", mlp(lambda: nn.BatchNorm1d(6)), ROW, names=["(BatchNormalization)", "in training"],
           shows="batch normalisation in training mode",
           training=torch.onnx.TrainingMode.TRAINING, do_constant_folding=False)
    script("slice", with_parts(lambda m, x: m.fc(x[:, :3]), fc=lambda: nn.Linear(3, 2)), ROW, names=["(Slice)"],
           shows="a part of the inputs")
    script("no-layers", with_parts(lambda m, x: x.reshape(-1, 2)), ROW, names=["(Reshape)"],
           shows="a reshape that makes two rows of one")

    dynamo("conv", lambda: nn.Sequential(nn.Conv1d(1, 2, 3), nn.Flatten(), nn.Linear(8, 2)), torch.zeros(1, 1, 6),
           names=["(Conv)"], shows="a convolution")
    dynamo("lstm", with_parts(lambda m, x: m.out(m.lstm(x)[0][:, -1]), lstm=lambda: nn.LSTM(3, 4, batch_first=True),
                              out=lambda: nn.Linear(4, 2)), torch.zeros(1, 5, 3), names=["(LSTM)"], shows="an LSTM")
    dynamo("attention23", with_parts(lambda m, x: nn.functional.scaled_dot_product_attention(x, x, x)),
           torch.zeros(1, 2, 3, 4), names=["(Attention)"], shows="attention as an operator", opset_version=23)
    dynamo("two-inputs", with_parts(lambda m, a, b: m.a(a) + m.b(b), a=lambda: nn.Linear(4, 2),
                                    b=lambda: nn.Linear(4, 2)), ROW, ROW, names=["node_add", "(Add)"],
           shows="two inputs")
    dynamo("cond", with_parts(lambda m, x: torch.cond(x[0, 0] > 0, lambda x: torch.tanh(m.fc(x)),
                                                      lambda x: torch.sigmoid(m.fc(x)), (x,)),
                              fc=lambda: nn.Linear(4, 2)), ROW, names=["(If)"],
           shows="a branch")
    dynamo("prelu", mlp(slopes), ROW, names=["(PRelu)"], shows="PReLU, whose slope is a weight")
    dynamo("residual", with_parts(lambda m, x: x + torch.relu(m.fc(x)), fc=lambda: nn.Linear(4, 4)), ROW,
           names=["(Add)"], shows="a connection round a layer")

    quantized("dynamic", True, ["DynamicQuantizeLinear"], "dynamic quantisation")
    quantized("static", False, ["DequantizeLinear", "quantised"], "static quantisation, QDQ")

    state("conv", lambda: nn.Sequential(nn.Conv1d(1, 2, 3), nn.Linear(4, 2)).state_dict(), ["0.weight"],
          "a convolution's kernel", "4:linear,2:linear")
    state("lstm", lambda: nn.LSTM(3, 4).state_dict(), ["bias_hh_l0"], "an LSTM's weights", "4:linear,2:linear")
    state("float8", lambda: nn.Sequential(nn.Linear(4, 2)).to(torch.float8_e4m3fn).state_dict(), ["0.bias", "F8_E4M3"],
          "weights of 8 bits", "2:linear")

    plain = nn.Sequential(nn.Linear(3, 2))
    pickled("pickle", lambda p: torch.save(plain.state_dict(), p), "model.pt", "a state dict in pickle")
    pickled("pickle-old", lambda p: torch.save(plain.state_dict(), p, _use_new_zipfile_serialization=False),
            "model.pt", "a state dict in pickle, the old form")
    pickled("torchscript", lambda p: torch.jit.save(torch.jit.script(plain), p), "model.pt", "a TorchScript archive")


if __name__ == "__main__":
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    models()
    corpus.write()
