package dataset

import (
	"bufio"
	"errors"

	"nnrt/internal/npy"
)

// openNPY reads the header of an NPY file.
func openNPY(br *bufio.Reader) (*matrix, error) {
	h, err := npy.ReadHeader(br)
	if err != nil {
		var bad *npy.Error
		if errors.As(err, &bad) {
			return nil, errorf("%s", bad.Msg)
		}
		return nil, err
	}
	m, err := newMatrix(br, h.Element, h.Shape)
	if err != nil || !h.Fortran || len(h.Shape) == 1 {
		return m, err
	}
	if len(h.Shape) > 2 {
		return nil, errorf("Fortran order with %d dimensions: save it with numpy.ascontiguousarray", len(h.Shape))
	}
	m.fortran = true
	return m, nil
}
