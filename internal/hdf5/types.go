package hdf5

// maxRank is how many dimensions HDF5 allows.
const maxRank = 32

// dataspace reads a dataspace message: the dimensions, none for a scalar.
func (c *cursor) dataspace() []uint64 {
	version, rank, flags := c.u8(), int(c.u8()), c.u8()
	switch version {
	case 1:
		c.skip(5)
	case 2:
		if kind := c.u8(); kind == 2 && c.err == nil {
			c.fail(ErrUnsupported, "a null dataspace")
		}
	default:
		c.fail(ErrUnsupported, "version %d", version)
	}
	if rank > maxRank {
		c.fail(ErrDamaged, "%d dimensions", rank)
	}
	if flags&^1 != 0 { // 1: greatest dimensions follow, which do not matter here
		c.fail(ErrUnsupported, "flags %#x", flags)
	}
	if c.err != nil {
		return nil
	}
	dims := make([]uint64, rank)
	for i := range dims {
		dims[i] = c.u64()
	}
	if c.err != nil {
		return nil
	}
	return dims
}

// elements returns the product of dimensions, or false if it is more than limit.
func elements(dims []uint64, limit uint64) (n uint64, ok bool) {
	n = 1
	for _, d := range dims {
		if d == 0 {
			return 0, true
		}
	}
	for _, d := range dims {
		if d > limit || n > limit/d {
			return 0, false
		}
		n *= d
	}
	return n, true
}

// Classes of datatypes.
const (
	classFloat    = 1
	classString   = 3
	classVariable = 9
)

// datatype is what a datatype message says, as far as it matters here.
type datatype struct {
	class        uint8
	size         int    // bytes of an element
	bits         uint32 // the class's bit field
	littleEndian bool   // classFloat
}

// datatype reads a datatype message.
func (c *cursor) datatype() (t datatype) {
	head := c.u8()
	t.class = head & 0x0f
	if version := head >> 4; c.err == nil && (version < 1 || version > 4) {
		c.fail(ErrUnsupported, "version %d", version)
	}
	t.bits = uint32(c.uint(3))
	size := c.u32()
	if size == 0 || size > 1<<30 {
		c.fail(ErrDamaged, "elements of %d bytes", size)
	}
	t.size = int(size)
	switch t.class {
	case classFloat:
		t.littleEndian = t.bits&1 == 0
		var layout floatLayout
		layout.offset, layout.precision = c.u16(), c.u16()
		layout.exponentAt, layout.exponentBits = c.u8(), c.u8()
		layout.mantissaAt, layout.mantissaBits = c.u8(), c.u8()
		layout.bias = c.u32()
		layout.signAt = uint8(t.bits >> 8)
		// Besides the byte order and the sign's place, the mantissa's leading 1 is not stored.
		if c.err == nil && (t.bits&0xff&^1 != 2<<4 || t.bits>>16 != 0 || layout != ieee[t.size]) {
			c.fail(ErrUnsupported, "floating-point numbers that are not IEEE 754's of 16, 32 or 64 bits")
		}
	case classVariable:
		if c.err == nil && t.bits&0xf != 1 {
			c.fail(ErrUnsupported, "sequences of variable length")
		}
		if c.err == nil && t.size != 16 {
			c.fail(ErrDamaged, "references of %d bytes", t.size)
		}
	}
	return t
}

// floatLayout says where the parts of a floating-point number are, in bits.
type floatLayout struct {
	offset, precision                                          uint16
	exponentAt, exponentBits, mantissaAt, mantissaBits, signAt uint8
	bias                                                       uint32
}

// ieee are the layouts of IEEE 754 by the size in bytes.
var ieee = map[int]floatLayout{
	2: {0, 16, 10, 5, 0, 10, 15, 15},
	4: {0, 32, 23, 8, 0, 23, 31, 127},
	8: {0, 64, 52, 11, 0, 52, 63, 1023},
}
