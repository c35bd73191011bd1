// Package onnx reads Dense networks out of ONNX files, and writes nnrt's models as ONNX.
//
// # Reading
//
// Decode and ReadFile take what PyTorch (both exporters), Keras, tf2onnx and skl2onnx write: IR versions 3 to 13,
// operator sets 7 to 25, and of ai.onnx.ml what scikit-learn's networks and linear models need. A file becomes a model
// that computes the same function, or is refused by an *Error that names the node, its operator, and what a Dense
// network does not have: nothing is approximated. What "the same" leaves open is rounding: whatever floating-point
// type a file computes in, nnrt computes in float32, in its own order; and constants may be folded, see below. A
// number that float32 does not have, such as most of type DOUBLE, is refused.
//
// Layers. Gemm and MatMul, with Add before or behind, are Dense layers, and BatchNormalization, Mul, Add, Sub and Div
// by constants are folded into the Dense layer before them, or, if there is an activation between, the one behind; the
// products and sums are computed in float64 and rounded once. Where there is neither, they are a BatchNormalization.
// LayerNormalization, as an operator or in the nodes of PyTorch or Keras, is a layer. Identity, Dropout, Cast,
// Reshape, Flatten, Squeeze, Unsqueeze and Transpose are nothing where rows stay rows with their numbers in the same
// order; what is computed from constants and shapes is computed.
//
// Activations. Every one of nnrt's is known as an operator, and in the nodes that exporters write where there is none:
// GELU by Erf, by Erfc and by Tanh, SiLU, Mish, LogSigmoid, Softsign, HardSwish, ELU and CELU by Where or Min and Max,
// PReLU with one slope. Clip with other bounds than ReLU's and ReLU6's, and HardSigmoid with other slopes than 1/6,
// are ReLU or ReLU6 of a scaled and shifted value, which is the same function: min(max(x, l), h) = relu6(s·(x − l))/s
// + l with s = 6/(h − l). Two operators, Erfc and Expm1, are TensorFlow's, which tf2onnx writes although ONNX has
// none.
//
// The schema. What scales the inputs before the first layer becomes the features' mean and scale, as in a model that
// nnrt trained: nnrt run applies them, and a program does that by dataset.Encoder or by itself before it predicts. Sub
// and Div are their very operations; Scaler, Mul and Add are turned into them, in float64. (BatchNormalization is no
// scaling but a part of the network, and folds.) An input for each column, of shape [N, 1], is a feature with the
// input's name, and columns may be selected, joined, filled in (Imputer) and encoded (OneHotEncoder). Labels of the
// output are those that ArgMax and ArrayFeatureExtractor, LabelEncoder, ZipMap or LinearClassifier say; two columns 1
// − p and p are one output p. The target is called as the output. Without anything of this kind there is no schema,
// but for skl2onnx's regressors: what an output of another network means, ONNX does not say.
//
// External data is read by ReadFile: a regular file with one name, in the model's folder. From bytes alone it is
// refused.
//
// A file that Encode wrote is known again, and gives the model file that it was made of, to the byte: layers, names,
// schema, metadata and self-test are in the file's metadata. They count if the graph is just the one that Encode writes
// for them, whatever the weights; an edited file is read like any other.
//
// Any bytes may be given. The answer is a model or an *Error, never a panic, and never an allocation beyond 8 times
// the file (with its external data) and a constant of 24 MiB, which covers the limits on the numbers of nodes, names
// and tensors.
//
// # Writing
//
// Encode writes operator set 13, which every runtime has; it says what becomes of layers, activations and the schema.
package onnx
