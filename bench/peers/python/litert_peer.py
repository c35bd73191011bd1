"""LiteRT (TensorFlow Lite): its interpreter, which hands all layers to XNNPACK."""

import numpy as np
from ai_edge_litert import interpreter as litert

import worker


def model(net):
    """Returns the net as a model of fully connected layers for one row."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    buffers, tensors, operators = [schema.BufferT()], [], []
    operations = (schema.BuiltinOperator.FULLY_CONNECTED, schema.BuiltinOperator.TANH, schema.BuiltinOperator.LOGISTIC,
                  schema.BuiltinOperator.SOFTMAX)

    def tensor(name, shape, data=None):
        t = schema.TensorT()
        t.name, t.shape, t.type = name, shape, schema.TensorType.FLOAT32
        if data is not None:
            t.buffer = len(buffers)
            buffers.append(schema.BufferT())
            buffers[-1].data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
        tensors.append(t)
        return len(tensors) - 1

    def operator(operation, inputs, shape, options=None):
        o = schema.OperatorT()
        o.opcodeIndex, o.inputs, o.outputs = operations.index(operation), inputs, [tensor("y", shape)]
        if options:
            o.builtinOptions = options
            o.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__.removesuffix("T"))
        operators.append(o)
        return o.outputs[0]

    first = y = tensor("x", [1, net.sizes[0]])
    for layer in net.layers:
        kernel = tensor("kernel", layer.kernel.shape[::-1], layer.kernel.T)
        bias = tensor("bias", layer.bias.shape, layer.bias)
        options = schema.FullyConnectedOptionsT()
        if layer.activation == "relu":
            options.fusedActivationFunction = schema.ActivationFunctionType.RELU
        shape = [1, len(layer.bias)]
        y = operator(schema.BuiltinOperator.FULLY_CONNECTED, [y, kernel, bias], shape, options)
        if layer.activation == "softmax":
            options = schema.SoftmaxOptionsT()
            options.beta = 1.0
            y = operator(schema.BuiltinOperator.SOFTMAX, [y], shape, options)
        elif layer.activation != "relu":
            name = "TANH" if layer.activation == "tanh" else "LOGISTIC"
            y = operator(getattr(schema.BuiltinOperator, name), [y], shape)

    graph = schema.SubGraphT()
    graph.tensors, graph.operators, graph.inputs, graph.outputs = tensors, operators, [first], [y]
    m = schema.ModelT()
    m.version, m.subgraphs, m.buffers, m.operatorCodes = 3, [graph], buffers, []
    for operation in operations:
        code = schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = operation
        m.operatorCodes.append(code)
    builder = flatbuffers.Builder()
    builder.Finish(m.Pack(builder), b"TFL3")
    return bytes(builder.Output())


class LiteRT(worker.Peer):
    unshipped = ("protobuf", "tqdm")

    def describe(self):
        return f"LiteRT {worker.version('ai-edge-litert')}"

    def predict(self, net, x):
        interpreter = litert.Interpreter(model_content=model(net), num_threads=worker.THREADS)
        interpreter.resize_tensor_input(0, x.shape)
        interpreter.allocate_tensors()
        first, last = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]

        def call():
            interpreter.set_tensor(first, x)
            interpreter.invoke()
            return interpreter.get_tensor(last)
        return call, "set_tensor, invoke, get_tensor"

    def save(self, net, path):
        with open(path + ".tflite", "wb") as f:
            f.write(model(net))

    def load(self, path, name):
        interpreter = litert.Interpreter(model_path=path + ".tflite", num_threads=worker.THREADS)
        interpreter.allocate_tensors()

        def call(x):
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
            interpreter.invoke()
            return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        return call


if __name__ == "__main__":
    worker.main({"cpu": LiteRT})
