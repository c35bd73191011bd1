// Package corpus shows on small models that real frameworks wrote that nnrt's readers get out of their files what the
// frameworks mean. It has tests only.
//
// testdata/NAME has the file, inputs and the framework's own outputs; testdata/manifest.json says of each what made it.
// testdata/refused.json lists files of networks that nnrt does not have, with what the error must name. The scripts in
// python make them all. CORPUS.md is the tests' report: for each model the largest difference from the framework, for
// each refused file the error. It is compared to the letter, since nnrt's results are the same bits everywhere.
//
//	go test ./internal/corpus -write             writes CORPUS.md, and limits for models that have none
//	NNRT_CORPUS_PYTHON=… go test … -run Load -v  gives what nnrt writes to ONNX Runtime, PyTorch and Keras
package corpus
