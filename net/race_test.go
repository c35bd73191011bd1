//go:build race

package net

func init() { raceDetector = true }
