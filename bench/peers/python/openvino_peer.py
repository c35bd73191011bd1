"""OpenVINO on its CPU plugin, in float32: infer of a request whose tensors are the caller's arrays."""

import numpy as np
import openvino
from openvino import opset13 as op

import worker

ACTIVATIONS = {"relu": op.relu, "tanh": op.tanh, "sigmoid": op.sigmoid, "softmax": lambda x: op.softmax(x, 1)}
OPTIONS = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": worker.THREADS, "INFERENCE_PRECISION_HINT": "f32"}


def model(net, rows):
    x = y = op.parameter([rows, net.sizes[0]], np.float32, "x")
    for layer in net.layers:
        y = ACTIVATIONS[layer.activation](op.add(op.matmul(y, op.constant(layer.kernel), False, False),
                                                 op.constant(layer.bias)))
    return openvino.Model([op.result(y)], [x], "net")


class OpenVINO(worker.Peer):
    unshipped = ("openvino-telemetry",)

    def describe(self):
        return f"OpenVINO {openvino.__version__}"

    def predict(self, net, x):
        request = openvino.Core().compile_model(model(net, len(x)), "CPU", OPTIONS).create_infer_request()
        y = np.empty((len(x), net.sizes[-1]), np.float32)
        request.set_input_tensor(openvino.Tensor(x, shared_memory=True))
        request.set_output_tensor(openvino.Tensor(y, shared_memory=True))

        def call():
            request.infer()
            return y

        def started():
            request.start_async()
            request.wait()
            return y
        return worker.fastest({"infer": call, "start_async, wait": started})

    def save(self, net, path):
        openvino.save_model(model(net, 1), path + ".xml", compress_to_fp16=False)

    def load(self, path, name):
        compiled = openvino.Core().compile_model(path + ".xml", "CPU", OPTIONS)
        return lambda x: compiled(x)[0]


if __name__ == "__main__":
    worker.main({"cpu": OpenVINO})
