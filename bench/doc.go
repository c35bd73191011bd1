// Package bench holds nnrt's benchmark suite: what is measured, as lists that programs can use (Products, Nets), and,
// in its tests, the Go benchmarks themselves. README.md beside this file says how to run and compare them.
package bench
