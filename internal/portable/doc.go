// Package portable has tests only: that nnrt's source and what the compiler makes of it keep to arithmetic that is the
// same on every architecture, and that the build tag purego keeps out what some targets lack.
package portable
