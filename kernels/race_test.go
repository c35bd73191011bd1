//go:build race

package kernels

func init() { raceDetector = true }
