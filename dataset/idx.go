package dataset

import (
	"bufio"
	"encoding/binary"
	"io"

	"nnrt/internal/npy"
)

// idxTypes are the element types of IDX, by the third byte of the file. All are big-endian.
var idxTypes = [256]npy.Element{
	0x08: {Kind: 'u', Size: 1},
	0x09: {Kind: 'i', Size: 1},
	0x0b: {Kind: 'i', Size: 2, Big: true},
	0x0c: {Kind: 'i', Size: 4, Big: true},
	0x0d: {Kind: 'f', Size: 4, Big: true},
	0x0e: {Kind: 'f', Size: 8, Big: true},
}

// openIDX reads the header of an IDX file, the format of MNIST (http://yann.lecun.com/exdb/mnist/): two zero bytes,
// the element type, the number of dimensions, each dimension as a big-endian uint32, then the elements, the last
// dimension varying fastest.
func openIDX(br *bufio.Reader) (*matrix, error) {
	var head [4]byte
	if err := readHeader(br, head[:]); err != nil {
		return nil, err
	}
	if head[0] != 0 || head[1] != 0 {
		return nil, errorf("not an IDX file: it begins with % x", head)
	}
	elem := idxTypes[head[2]]
	if elem.Size == 0 {
		return nil, errorf("IDX element type %#02x does not exist", head[2])
	}
	shape := make([]uint64, head[3])
	for i := range shape {
		var d [4]byte
		if err := readHeader(br, d[:]); err != nil {
			return nil, err
		}
		shape[i] = uint64(binary.BigEndian.Uint32(d[:]))
	}
	return newMatrix(br, elem, shape)
}

// readHeader fills b.
func readHeader(br *bufio.Reader, b []byte) error {
	_, err := io.ReadFull(br, b)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errorf("the file ends inside its header")
	}
	return err
}
