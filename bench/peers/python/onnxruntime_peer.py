"""ONNX Runtime on its CPU provider: Run of an InferenceSession, with arrays or with bound memory."""

import numpy as np
import onnxruntime

import worker

ACTIVATIONS = {"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid", "softmax": "Softmax"}


def model(net, rows):
    """Returns the net as an ONNX model of Gemm and activations, for that number of rows."""
    from onnx import TensorProto, helper, numpy_helper

    nodes, weights, name = [], [], "x"
    for i, layer in enumerate(net.layers):
        weights += [numpy_helper.from_array(layer.kernel, f"kernel{i}"),
                    numpy_helper.from_array(layer.bias, f"bias{i}")]
        nodes += [helper.make_node("Gemm", [name, f"kernel{i}", f"bias{i}"], [f"sum{i}"]),
                  helper.make_node(ACTIVATIONS[layer.activation], [f"sum{i}"], [f"y{i}"])]
        name = f"y{i}"
    graph = helper.make_graph(
        nodes, "net", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [rows, net.sizes[0]])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [rows, net.sizes[-1]])], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10).SerializeToString()


def session(model):
    """Returns a session of a model's bytes or file."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = worker.THREADS
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


class ONNXRuntime(worker.Peer):
    unshipped = ("onnx", "ml_dtypes", "protobuf", "typing_extensions")

    def describe(self):
        return f"ONNX Runtime {onnxruntime.__version__}"

    def predict(self, net, x):
        s = session(model(net, len(x)))
        name = s.get_outputs()[0].name
        y = np.empty((len(x), net.sizes[-1]), np.float32)
        binding = s.io_binding()
        for bind, key, array in (binding.bind_input, "x", x), (binding.bind_output, name, y):
            bind(key, "cpu", 0, np.float32, array.shape, array.ctypes.data)

        def bound():
            s.run_with_iobinding(binding)
            return y

        feed, names = {"x": x}, [name]
        return worker.fastest({"run_with_iobinding": bound, "run": lambda: s.run(names, feed)[0]})

    def train(self, net, batch):
        raise worker.No("its package for training ended with version 1.19")

    def save(self, net, path):
        with open(path + ".onnx", "wb") as f:
            f.write(model(net, 1))

    def load(self, path, name):
        s = session(path + ".onnx")
        return lambda x: s.run(None, {"x": x})[0]


if __name__ == "__main__":
    worker.main({"cpu": ONNXRuntime})
