"""Checks ONNX files with the onnx package and runs them in ONNX Runtime.

    python check.py FOLDER

For each NAME.onnx in the folder: onnx.checker must accept it with its full check, and NAME.x, raw little-endian float32
rows, goes through ONNX Runtime, the outputs into NAME.y without the graph's optimisation and into NAME.optimized with all
of it. runtime_test.go makes the folder and compares the outputs with nnrt's.
"""

import pathlib
import sys

import numpy
import onnx
import onnxruntime


def run(path, level, x):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    rows = x.reshape(-1, given.shape[1])
    (y,) = session.run(None, {given.name: rows})
    assert y.shape == (len(rows), session.get_outputs()[0].shape[1]), y.shape
    return y


def main(folder):
    print(f"onnx {onnx.__version__}, ONNX Runtime {onnxruntime.__version__}")
    levels = {
        ".y": onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL,
        ".optimized": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL,
    }
    for path in sorted(pathlib.Path(folder).glob("*.onnx")):
        onnx.checker.check_model(str(path), full_check=True)
        x = numpy.fromfile(path.with_suffix(".x"), dtype="<f4")
        for suffix, level in levels.items():
            run(path, level, x).astype("<f4").tofile(path.with_suffix(suffix))


if __name__ == "__main__":
    main(sys.argv[1])
