// Package data holds small real data sets; README.md says where they are from. Programs get the one that nnrt's demo
// needs; the others are files to read.
package data

import _ "embed"

// Pima is pima.csv, the Pima Indians Diabetes data.
//
//go:embed pima.csv
var Pima []byte
