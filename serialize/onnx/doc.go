// Package onnx reads Dense networks out of ONNX files, and writes nnrt's models as ONNX.
//
// # Reading
//
// Decode and ReadFile take what PyTorch (both exporters), Keras, tf2onnx and skl2onnx write: IR versions 3 to 13,
// operator sets 7 to 25, and ai.onnx.ml's for scikit-learn. A file becomes a model that computes the same function, or
// is refused with the node's name, its operator, and what a Dense network does not have. Nothing is approximated, with
// two exceptions that say how: sums and products of constants may be rounded once (see Folding), and whatever
// floating-point type a file computes in, nnrt computes in float32.
//
// The reader is hand-written, for the fields that matter. It is held to what serialize promises about model files: any
// bytes give a model or an *Error, never a panic, and never an allocation beyond 8 times the file and a constant.
package onnx
