package main

// netPeers are the libraries that whole networks are measured with.
var netPeers = []peer{
	{name: "nnrt", command: []string{"goworker", "nnrt"}, once: "once-nnrt"},
	{name: onOne, command: []string{"goworker", "nnrt"}},
	{name: "Eigen", command: []string{"eigen-nets"}, compiled: true},
	{name: "Eigen fixed", command: []string{"eigen-fixed-nets"}, compiled: true},
	{name: "xsimd fixed", command: []string{"xsimd-nets"}, compiled: true},
	{name: "oneDNN", command: []string{"onednn-nets"}},
	{name: "FANN", command: []string{"fann-nets"}},
	{name: "PyTorch", command: []string{"pytorch", "eager"}},
	{name: "PyTorch compiled", command: []string{"pytorch", "compile"}},
	{name: "Keras, TensorFlow", command: []string{"keras-tensorflow", "call"}},
	{name: "Keras predict, TensorFlow", command: []string{"keras-tensorflow", "predict"}},
	{name: "TensorFlow", command: []string{"tensorflow", "raw"}},
	{name: "Keras, JAX", command: []string{"keras-jax", "call"}},
	{name: "Keras predict, JAX", command: []string{"keras-jax", "predict"}},
	{name: "JAX", command: []string{"jax", "raw"}},
	{name: "ONNX Runtime", command: []string{"onnxruntime", "cpu"}},
	{name: "LiteRT", command: []string{"litert", "cpu"}},
	{name: "OpenVINO", command: []string{"openvino", "cpu"}},
	{name: "scikit-learn", command: []string{"sklearn", "mlp"}},
	{name: "gonum", command: []string{"goworker", "gonum"}, once: "once-gonum"},
	{name: "gomlx", command: []string{"goworker", "gomlx"}, once: "once-gomlx"},
	{name: "go-deep", command: []string{"goworker", "go-deep"}, once: "once-godeep"},
}

// compiledIn are the peers whose nets' sizes are known to the compiler: they are part of the program, and another net is
// another program.
var compiledIn = []string{"Eigen fixed", "xsimd fixed"}
