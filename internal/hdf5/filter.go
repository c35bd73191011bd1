package hdf5

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
)

// Filters that Keras's and h5py's users turn on. They are applied in the order in which they are listed when a chunk
// is written.
const (
	filterDeflate    = 1
	filterShuffle    = 2
	filterFletcher32 = 3
)

type filter struct {
	id     uint16
	values []uint32
}

// filters reads a filter pipeline message.
func (c *cursor) filters() []filter {
	version, n := c.u8(), int(c.u8())
	switch version {
	case 1:
		c.skip(6)
	case 2:
	default:
		c.fail(ErrUnsupported, "version %d", version)
	}
	if n > 32 {
		c.fail(ErrDamaged, "%d filters", n)
	}
	var list []filter
	for i := 0; i < n && c.err == nil; i++ {
		id, nameBytes := c.u16(), 0
		if version == 1 || id >= 256 {
			nameBytes = int(c.u16())
		}
		c.skip(2) // flags: whether a chunk may go without the filter, which the chunk says itself
		values := int(c.u16())
		if version == 1 {
			nameBytes = (nameBytes + 7) &^ 7
		}
		c.skip(nameBytes)
		for _, other := range list {
			if other.id == id {
				c.fail(ErrUnsupported, "filter %d twice", id)
			}
		}
		f := filter{id: id}
		for range min(values, c.left()/4+1) {
			f.values = append(f.values, c.u32())
		}
		if version == 1 && values&1 != 0 {
			c.skip(4)
		}
		switch {
		case c.err != nil:
		case id != filterDeflate && id != filterShuffle && id != filterFletcher32:
			c.fail(ErrUnsupported, "filter %d", id)
		case id == filterShuffle && (len(f.values) != 1 || f.values[0] == 0):
			c.fail(ErrDamaged, "shuffle with parameters %v", f.values)
		}
		list = append(list, f)
	}
	return list
}

// unfilter takes a chunk's filters off; what comes out must have size bytes. mask has a bit for each filter that was
// left out when the chunk was written. The result is good until the next call.
func (f *file) unfilter(c *cursor, filters []filter, mask uint32, size int) []byte {
	data := c.data
	for i := len(filters) - 1; i >= 0 && c.err == nil; i-- {
		if mask>>i&1 != 0 {
			continue
		}
		switch filters[i].id {
		case filterDeflate:
			data = f.inflate(c, data, size+4*i)
		case filterShuffle:
			data = f.unshuffle(c, data, int(min(filters[i].values[0], 1<<30)))
		case filterFletcher32:
			n := len(data) - 4
			if n < 0 {
				c.fail(ErrDamaged, "a chunk of %d bytes", len(data))
				break
			}
			sum, stored := fletcher32(data[:n]), binary.LittleEndian.Uint32(data[n:])
			if sum != stored {
				c.failSum(n, sum, stored)
			}
			data = data[:n]
		}
	}
	if c.err == nil && len(data) != size {
		c.fail(ErrDamaged, "a chunk of %d bytes instead of %d", len(data), size)
	}
	return data
}

// inflater holds what decompression works in, from chunk to chunk.
type inflater struct {
	reader      io.ReadCloser // also a zlib.Resetter
	plain, back []byte        // what came out of inflate and unshuffle
}

// inflaterMemory is about what compress/zlib takes.
const inflaterMemory = 64 << 10

// buffer returns n bytes, those of old if they suffice.
func (f *file) buffer(c *cursor, old []byte, n int) []byte {
	if cap(old) >= n {
		return old[:n]
	}
	if !f.take(int64(n)) {
		c.fail(ErrMemory, "")
		return nil
	}
	return make([]byte, n)
}

// inflate decompresses at most the given number of bytes.
func (f *file) inflate(c *cursor, data []byte, most int) []byte {
	w := &f.inflater
	var err error
	source := bytes.NewReader(data)
	if w.reader == nil {
		if !f.take(inflaterMemory) {
			c.fail(ErrMemory, "")
			return nil
		}
		w.reader, err = zlib.NewReader(source)
	} else {
		err = w.reader.(zlib.Resetter).Reset(source, nil)
	}
	if w.plain = f.buffer(c, w.plain, most+1); c.err != nil {
		return nil
	}
	n := 0
	if err != nil {
		w.reader = nil
	}
	for n < len(w.plain) && err == nil {
		var got int
		got, err = w.reader.Read(w.plain[n:])
		n += got
	}
	switch {
	case err == nil: // the end of the stream must be within reach, only there its checksum is looked at
		c.fail(ErrDamaged, "a chunk of more than %d bytes", most)
	case err != io.EOF:
		c.fail(ErrDamaged, "deflate: %v", err)
	}
	if !f.use(int64(n)) {
		c.fail(ErrMemory, "")
	}
	return w.plain[:n]
}

// unshuffle brings the bytes of elements together again; the bytes of incomplete elements stand at the end.
func (f *file) unshuffle(c *cursor, data []byte, size int) []byte {
	w := &f.inflater
	if w.back = f.buffer(c, w.back, len(data)); c.err != nil {
		return nil
	}
	n := len(data) / size
	for i := range size {
		if n == 0 {
			break
		}
		for j, b := range data[i*n:][:n] {
			w.back[j*size+i] = b
		}
	}
	copy(w.back[n*size:], data[n*size:])
	return w.back
}

// fletcher32 is HDF5's checksum of a chunk: Fletcher's, of big-endian 16-bit words, modulo 65,535.
func fletcher32(data []byte) uint32 {
	var a, b uint32
	fold := func(s uint32) uint32 { return s&0xffff + s>>16 }
	for len(data) >= 2 {
		for range min(len(data)/2, 360) { // as many as cannot overflow
			a += uint32(binary.BigEndian.Uint16(data))
			b += a
			data = data[2:]
		}
		a, b = fold(a), fold(b)
	}
	if len(data) == 1 {
		a += uint32(data[0]) << 8
		b += a
		a, b = fold(a), fold(b)
	}
	return fold(b)<<16 | fold(a)
}
