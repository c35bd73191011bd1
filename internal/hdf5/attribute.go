package hdf5

import "bytes"

// Strings returns the strings of an attribute, one if it is a scalar; if there is no such attribute the error is
// ErrNotFound. An empty array may be of any type, since NumPy makes an empty list one of numbers.
func (o *Object) Strings(name string) ([]string, error) {
	messages, err := o.header()
	if err != nil {
		return nil, err
	}
	var values []string
	found := false
	read := func(c *cursor) error {
		list, ok, err := o.readAttribute(c, name)
		if ok {
			values, found = list, true
		}
		return err
	}
	for i := range messages {
		m := &messages[i]
		switch m.kind {
		case msgAttribute:
			err = read(m.cursor("attribute message"))
		case msgAttributeInfo:
			err = o.readDenseAttributes(m, read)
		}
		if err != nil {
			return nil, err
		}
		if found {
			return values, nil
		}
	}
	return nil, o.fail(ErrNotFound, "attribute %s", quote(name))
}

// readDenseAttributes calls read with each attribute that is kept outside the object's header, if any is.
func (o *Object) readDenseAttributes(m *message, read func(c *cursor) error) error {
	c := m.cursor("attribute info message")
	if version := c.u8(); c.err == nil && version != 0 {
		c.fail(ErrUnsupported, "version %d", version)
	}
	if c.u8()&1 != 0 {
		c.skip(2) // greatest creation order
	}
	heap, index := c.u64(), c.u64()
	if c.err != nil || heap == undefined {
		return c.err
	}
	return o.f.readDense(heap, index, attributeIndex, read)
}

// readAttribute reads an attribute message; ok says whether it is the one of the given name.
func (o *Object) readAttribute(c *cursor, name string) (values []string, ok bool, err error) {
	version := c.u8()
	flags := c.u8()
	nameBytes, typeBytes, spaceBytes := int(c.u16()), int(c.u16()), int(c.u16())
	padded := func(n int) int { return n }
	switch version {
	case 1:
		padded = func(n int) int { return (n + 7) &^ 7 }
		flags = 0 // reserved
	case 2:
	case 3:
		c.skip(1) // the name's character set
	default:
		c.fail(ErrUnsupported, "version %d", version)
	}
	if c.err == nil && flags != 0 {
		c.fail(ErrUnsupported, "a shared datatype or dataspace")
	}
	if !o.f.use(int64(nameBytes)) {
		c.fail(ErrOverlap, "")
	}
	got, _, _ := bytes.Cut(c.take(padded(nameBytes)), []byte{0})
	if c.err != nil || string(got) != name {
		return nil, false, c.err
	}
	kind := c.within("datatype", padded(typeBytes))
	t := kind.datatype()
	space := c.within("dataspace", padded(spaceBytes))
	dims := space.dataspace()
	for _, err := range []error{c.err, kind.err, space.err} {
		if err != nil {
			return nil, false, err
		}
	}
	n, fits := elements(dims, uint64(len(o.f.data)))
	switch {
	case !fits || len(dims) > 1:
		c.fail(ErrUnsupported, "attribute %s of dimensions %v", quote(name), dims)
	case n == 0:
		return nil, true, nil
	case t.class == classString:
		values = o.f.fixedStrings(c, &t, n)
	case t.class == classVariable:
		values = o.f.variableStrings(c, n)
	default:
		c.fail(ErrUnsupported, "attribute %s of datatype class %d instead of strings", quote(name), t.class)
	}
	return values, c.err == nil, c.err
}

// within returns a cursor over the next n bytes.
func (c *cursor) within(what string, n int) *cursor {
	return &cursor{what: what, offset: c.offset + int64(c.pos), data: c.take(n), err: c.err}
}

// stringMemory is what a string takes in memory besides its bytes.
const stringMemory = 32

// fixedStrings reads strings that all have the datatype's size.
func (f *file) fixedStrings(c *cursor, t *datatype, n uint64) []string {
	size := uint64(t.size)
	if n > uint64(c.left())/size {
		c.fail(ErrDamaged, "%d strings of %d bytes, %d bytes are left", n, size, c.left())
		return nil
	}
	if !f.use(int64(n*size)) || !f.take(int64(n*(size+stringMemory))) {
		c.fail(ErrMemory, "")
		return nil
	}
	values := make([]string, n)
	for i := range values {
		b := c.take(t.size)
		switch t.bits & 0xf {
		case 0: // ends at the first zero
			b, _, _ = bytes.Cut(b, []byte{0})
		case 1: // filled up with zeros
			b = bytes.TrimRight(b, "\x00")
		default:
			c.fail(ErrUnsupported, "strings with padding of type %d", t.bits&0xf)
		}
		values[i] = string(b)
	}
	return values
}

// variableStrings reads strings of variable length, which lie in global heaps.
func (f *file) variableStrings(c *cursor, n uint64) []string {
	if n > uint64(c.left())/16 || !f.take(int64(n*stringMemory)) {
		c.fail(ErrDamaged, "%d strings in %d bytes", n, c.left())
		return nil
	}
	values := make([]string, n)
	for i := range values {
		length, address, index := uint64(c.u32()), c.u64(), c.u32()
		if length == 0 || c.err != nil {
			continue
		}
		objects, err := f.globalHeap(address)
		if err != nil {
			c.err = err
			return nil
		}
		object, ok := objects[uint16(index)]
		if !ok || index > 0xffff || length > uint64(len(object)) {
			c.fail(ErrDamaged, "string of %d bytes, object %d of the global heap at %d", length, index, address)
			return nil
		}
		if !f.use(int64(length)) || !f.take(int64(length)) {
			c.fail(ErrMemory, "")
			return nil
		}
		values[i] = string(object[:length])
	}
	return values
}

// globalHeap returns the objects of a global heap collection by their index.
func (f *file) globalHeap(address uint64) (map[uint16][]byte, error) {
	if objects, ok := f.heaps[address]; ok {
		return objects, nil
	}
	const what = "global heap collection"
	c := f.read(what, address, 16)
	c.begin("GCOL", 1)
	c.skip(3)
	size := c.u64()
	if c.err == nil && size < 16 {
		c.fail(ErrDamaged, "it has %d bytes", size)
	}
	if c.err != nil {
		return nil, c.err
	}
	c = f.read(what, address, size)
	c.skip(16)
	objects := make(map[uint16][]byte)
	const head = 16
	for c.err == nil && c.left() >= head {
		index := c.u16()
		c.skip(2 + 4) // reference count, reserved
		length := c.u64()
		if index == 0 { // the free space at the end
			break
		}
		if length > uint64(c.left()) {
			c.fail(ErrDamaged, "object of %d bytes, %d are left", length, c.left())
			break
		}
		if !f.take(128) {
			c.fail(ErrMemory, "")
			break
		}
		if _, twice := objects[index]; twice {
			c.fail(ErrDamaged, "two objects %d", index)
		}
		objects[index] = c.take(int(length))
		c.skip(min((8-int(length&7))&7, c.left()))
	}
	if c.err != nil {
		return nil, c.err
	}
	if f.heaps == nil {
		f.heaps = make(map[uint64]map[uint16][]byte)
	}
	f.heaps[address] = objects
	return objects, nil
}
