"""Writes the files of other kinds in this folder, each by the program or library whose format it is.

    /root/.cache/nnrt-frameworks/bin/python make.py

Needs numpy, h5py, scikit-learn, joblib, torch, safetensors, onnx, onnxruntime, tensorflow and keras. Of each file the
first 4,096 bytes are kept: nnrt looks at no more to tell its kind.
"""
import bz2, gzip, io, lzma, os, pathlib, pickle, tarfile, tempfile, zipfile, zlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import numpy as np

folder = pathlib.Path(tempfile.mkdtemp())
here = pathlib.Path(__file__).parent
text = b"weights of a model, 1 2 3\n"
weights = {"kernel": np.arange(6, dtype="f4").reshape(2, 3), "bias": np.zeros(3, "f4")}


def keep(name, path=None):
    (here / name).write_bytes((path or folder / name).read_bytes()[:4096])


def archives():
    (folder / "gzip").write_bytes(gzip.compress(text, mtime=0))
    (folder / "zlib").write_bytes(zlib.compress(text))
    (folder / "zlib-fast").write_bytes(zlib.compress(text, 1))
    (folder / "bzip2").write_bytes(bz2.compress(text))
    (folder / "xz").write_bytes(lzma.compress(text))
    with zipfile.ZipFile(folder / "zip", "w") as z:
        z.writestr(zipfile.ZipInfo("model.txt"), text)
    for kind in (tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        name = f"tar-{kind}"
        with tarfile.open(folder / name, "w", format=kind) as t:
            info = tarfile.TarInfo("model.txt")
            info.size = len(text)
            t.addfile(info, io.BytesIO(text))
        (folder / name).write_bytes((folder / name).read_bytes()[:1024])
        keep(name)
    for name in ("gzip", "zlib", "zlib-fast", "bzip2", "xz", "zip"):
        keep(name)


def pickles():
    import joblib
    from sklearn.neural_network import MLPClassifier

    for protocol in range(2, 6):
        (folder / f"pickle-{protocol}").write_bytes(pickle.dumps(weights, protocol))
        keep(f"pickle-{protocol}")
    model = MLPClassifier((2,), max_iter=1, random_state=1).fit([[0, 1], [1, 0]], [0, 1])
    joblib.dump(model, folder / "joblib")
    keep("joblib")


def arrays():
    import h5py
    from safetensors.numpy import save_file

    np.save(folder / "array.npy", weights["kernel"])
    np.savez(folder / "arrays.npz", **weights)
    np.savez_compressed(folder / "packed.npz", **weights)
    with h5py.File(folder / "arrays.h5", "w") as f:
        for name, values in weights.items():
            f[name] = values
    with h5py.File(folder / "latest.h5", "w", libver="latest") as f:
        f["kernel"] = weights["kernel"]
    save_file(weights, folder / "arrays.safetensors")
    save_file(weights, folder / "noted.safetensors", metadata={"format": "np"})
    for name in ("array.npy", "arrays.npz", "packed.npz", "arrays.h5", "latest.h5", "arrays.safetensors",
                 "noted.safetensors"):
        keep(name)


def pytorch():
    import torch

    torch.manual_seed(1)
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU())
    torch.save(model.state_dict(), folder / "torch.pt")
    torch.save(model.state_dict(), folder / "torch-old.pt", _use_new_zipfile_serialization=False)
    torch.jit.save(torch.jit.script(model), str(folder / "torchscript.pt"))
    for name in ("torch.pt", "torch-old.pt", "torchscript.pt"):
        keep(name)


def onnx_models():
    import onnx
    import onnxruntime

    h = onnx.helper
    graph = h.make_graph([h.make_node("Relu", ["x"], ["y"])], "g",
                         [h.make_tensor_value_info("x", 1, [1, 2])], [h.make_tensor_value_info("y", 1, [1, 2])])
    plain = h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8)
    onnx.save(plain, folder / "plain.onnx")
    named = h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8, producer_name="pytorch",
                         producer_version="2.0")
    onnx.save(named, folder / "named.onnx")
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(folder / "model.ort")
    options.add_session_config_entry("session.save_model_format", "ORT")
    onnxruntime.InferenceSession(str(folder / "plain.onnx"), options, providers=["CPUExecutionProvider"])
    for name in ("plain.onnx", "named.onnx", "model.ort"):
        keep(name)


def keras_models():
    import keras
    import tensorflow as tf

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "relu")])
    model.save(folder / "model.keras")
    model.save(folder / "model.h5")
    model.save_weights(folder / "model.weights.h5")
    model.export(folder / "saved", format="tf_saved_model", verbose=False)
    (folder / "model.tflite").write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())
    for name in ("model.keras", "model.h5", "model.weights.h5", "model.tflite"):
        keep(name)
    keep("saved_model.pb", folder / "saved" / "saved_model.pb")


if __name__ == "__main__":
    for part in (archives, pickles, arrays, pytorch, onnx_models, keras_models):
        try:
            part()
        except ImportError as e:
            print(f"{part.__name__}: left out, {e}")
