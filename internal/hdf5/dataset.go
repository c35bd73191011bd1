package hdf5

import (
	"encoding/binary"
	"math"

	"nnrt/internal/npy"
)

// Classes of a data layout.
const (
	layoutCompact    = 0
	layoutContiguous = 1
	layoutChunked    = 2
)

// Shape returns a dataset's dimensions, none for a scalar.
func (o *Object) Shape() ([]int, error) {
	dims, err := o.dims()
	if err != nil {
		return nil, err
	}
	shape := make([]int, len(dims))
	for i, d := range dims {
		shape[i] = int(d)
	}
	return shape, nil
}

// dims returns a dataset's dimensions, of which none is more than an int32 can be.
func (o *Object) dims() ([]uint64, error) {
	if layout, err := o.find(msgLayout); err != nil {
		return nil, err
	} else if layout == nil {
		return nil, o.fail(ErrDamaged, "it is not a dataset")
	}
	space, err := o.find(msgDataspace)
	if err != nil {
		return nil, err
	}
	if space == nil {
		return nil, o.fail(ErrDamaged, "it has no dataspace")
	}
	c := space.cursor("dataspace")
	dims := c.dataspace()
	for _, d := range dims {
		if d > math.MaxInt32 {
			c.fail(ErrUnsupported, "dimensions %v", dims)
		}
	}
	return dims, c.err
}

// maxElements is how many values a dataset may have. It keeps sizes within an int of 32 bits.
const maxElements = 1 << 27

// ReadFloats reads the values of a dataset of floating-point numbers, the last dimension's neighbours side by side,
// into out, which must have room for just as many. float16 is widened; float64 must be what float32 can hold, or the
// error is ErrNotExact.
func (o *Object) ReadFloats(out []float32) error {
	dims, err := o.dims()
	if err != nil {
		return err
	}
	kind, err := o.find(msgDatatype)
	if err != nil {
		return err
	}
	if kind == nil {
		return o.fail(ErrDamaged, "it has no datatype")
	}
	if external, err := o.find(msgExternal); err != nil || external != nil {
		return o.fail(ErrUnsupported, "its values lie in another file")
	}
	c := kind.cursor("datatype")
	t := c.datatype()
	if t.class != classFloat {
		c.fail(ErrUnsupported, "class %d instead of floating-point numbers", t.class)
	}
	if c.err != nil {
		return c.err
	}
	if n, ok := elements(dims, maxElements); !ok || n != uint64(len(out)) {
		return o.fail(ErrDamaged, "dimensions %v, %d values are wanted", dims, len(out))
	}
	if len(out) == 0 {
		return nil
	}
	v := &values{o: o, t: t, dims: dims, out: out}
	return v.read()
}

// values is a dataset that is being read.
type values struct {
	o    *Object
	t    datatype
	dims []uint64
	out  []float32
}

// read reads the values, whatever their layout.
func (v *values) read() error {
	m, err := v.o.find(msgLayout)
	if err != nil {
		return err
	}
	filters, err := v.filters()
	if err != nil {
		return err
	}
	f := v.o.f
	c := m.cursor("data layout")
	version, class := c.u8(), c.u8()
	if (version < 3 || version > 4) && c.err == nil {
		c.fail(ErrUnsupported, "version %d", version)
	}
	size := uint64(len(v.out)) * uint64(v.t.size)
	if class != layoutChunked && len(filters) > 0 && c.err == nil {
		c.fail(ErrDamaged, "filters without chunks")
	}
	switch {
	case c.err != nil:
	case class == layoutCompact:
		if n := uint64(c.u16()); n != size && c.err == nil {
			c.fail(ErrDamaged, "%d bytes for %d", n, size)
		}
		return v.convert(c, 0, c.take(int(size)))
	case class == layoutContiguous:
		address, n := c.u64(), c.u64()
		switch {
		case c.err != nil:
		case address == undefined:
			c.fail(ErrUnsupported, "values that were never written")
		case n != size:
			c.fail(ErrDamaged, "%d bytes for %d", n, size)
		}
		if c.err != nil {
			return c.err
		}
		raw := f.read("dataset", address, size)
		return v.convert(raw, 0, raw.data)
	case class == layoutChunked:
		k := &chunks{values: v, filters: filters}
		if version == 3 {
			return k.readVersion3(c)
		}
		return k.readVersion4(c)
	default:
		c.fail(ErrUnsupported, "class %d", class)
	}
	return c.err
}

func (v *values) filters() ([]filter, error) {
	m, err := v.o.find(msgFilters)
	if err != nil || m == nil {
		return nil, err
	}
	c := m.cursor("filter pipeline")
	list := c.filters()
	return list, c.err
}

// convert turns bytes into values from index at on.
func (v *values) convert(c *cursor, at int, data []byte) error {
	if c.err != nil {
		return c.err
	}
	var order binary.ByteOrder = binary.BigEndian
	if v.t.littleEndian {
		order = binary.LittleEndian
	}
	out := v.out[at:][:len(data)/v.t.size]
	switch v.t.size {
	case 4:
		for i := range out {
			out[i] = math.Float32frombits(order.Uint32(data[4*i:]))
		}
	case 2:
		for i := range out {
			out[i] = npy.HalfFloat(order.Uint16(data[2*i:]))
		}
	case 8:
		for i := range out {
			wide := math.Float64frombits(order.Uint64(data[8*i:]))
			out[i] = float32(wide)
			if float64(out[i]) != wide && wide == wide {
				return v.o.fail(ErrNotExact, "value %d is %v", at+i+1, wide)
			}
		}
	}
	return nil
}

// chunks reads a dataset that is stored in blocks of equal shape, in the order of the blocks.
type chunks struct {
	*values
	filters []filter
	dims    []uint64 // of a chunk
	counts  []uint64 // of chunks, in each dimension
	size    int      // bytes of a chunk
	next    uint64   // chunks so far
}

// layout checks a chunk's dimensions, the last of which is an element's size.
func (k *chunks) layout(c *cursor, dims []uint64) {
	rank := len(dims) - 1
	if c.err != nil {
		return
	}
	if rank != len(k.values.dims) || rank < 1 || dims[rank] != uint64(k.t.size) {
		c.fail(ErrDamaged, "chunks of dimensions %v and bytes for %v of %d", dims, k.values.dims, k.t.size)
		return
	}
	size, ok := elements(dims, 1<<30)
	if !ok || size == 0 {
		c.fail(ErrDamaged, "chunks of dimensions %v", dims)
		return
	}
	k.dims, k.size = dims[:rank], int(size)
	k.counts = make([]uint64, rank)
	for i, d := range k.dims {
		k.counts[i] = (k.values.dims[i] + d - 1) / d
	}
}

// total is the number of chunks.
func (k *chunks) total() uint64 {
	n, _ := elements(k.counts, math.MaxUint64)
	return n
}

// readVersion3 reads chunks whose index is a B-tree of version 1.
func (k *chunks) readVersion3(c *cursor) error {
	rank := int(c.u8())
	tree := c.u64()
	dims := make([]uint64, rank)
	for i := range dims {
		dims[i] = uint64(c.u32())
	}
	if k.layout(c, dims); c.err == nil && tree == undefined {
		c.fail(ErrUnsupported, "values that were never written")
	}
	if c.err != nil {
		return c.err
	}
	if err := k.readTree(tree, -1); err != nil {
		return err
	}
	if total := k.total(); k.next != total {
		c.fail(ErrUnsupported, "%d of %d chunks were written", k.next, total)
	}
	return c.err
}

// readTree reads the chunks of a node of the index and all below it. level is as in readSymbolNodes.
func (k *chunks) readTree(address uint64, level int) error {
	rank := len(k.dims)
	c, entries, got := k.o.f.treeNode(address, treeOfChunks, 4+4+8*(rank+1))
	if c.err == nil && level >= 0 && got != level {
		c.fail(ErrDamaged, "level %d under level %d", got, level+1)
	}
	for range entries {
		size, mask := uint64(c.u32()), c.u32()
		at := uint64(0) // the chunk's place among all
		for i, n := range k.counts {
			offset := c.u64()
			if got == 0 && (offset%k.dims[i] != 0 || offset/k.dims[i] >= n) && c.err == nil {
				c.fail(ErrDamaged, "a chunk at %d of dimension %d", offset, i)
			}
			at = at*n + offset/k.dims[i]
		}
		c.skip(8) // the offset within an element
		child := c.u64()
		if c.err != nil {
			break
		}
		if got > 0 {
			if err := k.readTree(child, got-1); err != nil {
				return err
			}
			continue
		}
		if at != k.next {
			c.fail(ErrUnsupported, "chunk %d in place of chunk %d", at, k.next)
			break
		}
		if err := k.chunk(child, size, mask); err != nil {
			return err
		}
	}
	return c.err
}

// chunk reads the next chunk, which has size bytes in the file.
func (k *chunks) chunk(address, size uint64, mask uint32) error {
	if address == undefined {
		return k.o.fail(ErrUnsupported, "chunk %d was never written", k.next)
	}
	c := k.o.f.read("chunk", address, size)
	data := c.data
	if c.err == nil {
		data = k.o.f.unfilter(c, k.filters, mask, k.size)
	}
	if c.err != nil {
		return c.err
	}
	// Where the chunk begins, and how much of it lies within the dataset.
	rank := len(k.dims)
	var begin, extent [maxRank]uint64
	rest := k.next
	for i := rank - 1; i >= 0; i-- {
		begin[i] = rest % k.counts[i] * k.dims[i]
		rest /= k.counts[i]
		extent[i] = min(k.dims[i], k.values.dims[i]-begin[i])
	}
	k.next++
	// Row by row: rows of the last dimension are together in the chunk and in the dataset.
	var index [maxRank]uint64
	for {
		from, to := uint64(0), uint64(0)
		for i := range rank {
			from = from*k.dims[i] + index[i]
			to = to*k.values.dims[i] + begin[i] + index[i]
		}
		row := data[from*uint64(k.t.size):][:extent[rank-1]*uint64(k.t.size)]
		if err := k.convert(c, int(to), row); err != nil {
			return err
		}
		i := rank - 2
		for ; i >= 0; i-- {
			if index[i]++; index[i] < extent[i] {
				break
			}
			index[i] = 0
		}
		if i < 0 {
			return nil
		}
	}
}

// Types of chunk indices of layouts of version 4.
const (
	indexSingle     = 1
	indexImplicit   = 2
	indexFixedArray = 3
)

// readVersion4 reads chunks as newer libraries index them.
func (k *chunks) readVersion4(c *cursor) error {
	const (
		edgesUnfiltered = 1 << 0
		singleFiltered  = 1 << 1
	)
	flags, rank, width := c.u8(), int(c.u8()), int(c.u8())
	if (width < 1 || width > 8) && c.err == nil {
		c.fail(ErrDamaged, "dimensions of %d bytes", width)
	}
	if flags&edgesUnfiltered != 0 && len(k.filters) > 0 && c.err == nil {
		c.fail(ErrUnsupported, "filters that leave out the chunks at the edges")
	}
	dims := make([]uint64, rank)
	for i := range dims {
		dims[i] = c.uint(width)
	}
	if k.layout(c, dims); c.err != nil {
		return c.err
	}
	size := uint64(k.size)
	switch index := c.u8(); index {
	case indexSingle:
		mask := uint32(0)
		if flags&singleFiltered != 0 {
			size, mask = c.u64(), c.u32()
		}
		address := c.u64()
		if k.total() != 1 && c.err == nil {
			c.fail(ErrDamaged, "one chunk instead of %d", k.total())
		}
		if c.err != nil {
			return c.err
		}
		return k.chunk(address, size, mask)
	case indexImplicit:
		address := c.u64()
		if len(k.filters) > 0 && c.err == nil {
			c.fail(ErrDamaged, "filters, but an implicit index")
		}
		for range k.total() {
			if c.err != nil {
				break
			}
			c.err = k.chunk(address, size, 0)
			address += size
		}
	case indexFixedArray:
		c.skip(1) // how many bits number the elements of a page: the header says it, too
		address := c.u64()
		if address == undefined {
			c.fail(ErrUnsupported, "values that were never written")
		}
		if c.err == nil {
			return k.readFixedArray(address)
		}
	default:
		c.fail(ErrUnsupported, "chunk index of type %d, for datasets that can grow", index)
	}
	return c.err
}

// readFixedArray reads chunks whose index is a fixed array.
func (k *chunks) readFixedArray(address uint64) error {
	f := k.o.f
	c := f.read("fixed array header", address, 28)
	c.begin("FAHD", 0)
	client, width, pageBits := c.u8(), int(c.u8()), int(c.u8())
	n, block := c.u64(), c.u64()
	c.checksum()
	filtered := uint8(0)
	least := 8
	if len(k.filters) > 0 {
		filtered, least = 1, 8+1+4
	}
	switch {
	case c.err != nil:
	case client != filtered || width < least || width > 8+8+4 || filtered == 0 && width != 8:
		c.fail(ErrDamaged, "entries of type %d and %d bytes", client, width)
	case pageBits > 32:
		c.fail(ErrDamaged, "pages of 2^%d entries", pageBits)
	case n != k.total():
		c.fail(ErrDamaged, "%d chunks instead of %d", n, k.total())
	case n > uint64(len(f.data))/8:
		c.fail(ErrTruncated, "%d chunks", n)
	}
	if c.err != nil {
		return c.err
	}
	entries := func(c *cursor, n uint64) {
		for range n {
			chunk, size, mask := c.u64(), uint64(k.size), uint32(0)
			if filtered != 0 {
				size, mask = c.uint(width-12), c.u32()
			}
			if c.err == nil {
				c.err = k.chunk(chunk, size, mask)
			}
		}
	}
	const head = 4 + 1 + 1 + 8 // signature, version, type, the header's address
	const what = "fixed array data block"
	page := uint64(1) << pageBits
	size, bitmap := n*uint64(width), uint64(0)
	if n > page { // then pages follow, and what is here ends with a bit for each that is in use
		size, bitmap = 0, ((n+page-1)/page+7)/8
	}
	c = f.read(what, block, head+bitmap+size+4)
	c.begin("FADB", 0)
	if got := c.u8(); c.err == nil && got != client {
		c.fail(ErrDamaged, "entries of type %d", got)
	}
	if back := c.u64(); c.err == nil && back != address {
		c.fail(ErrDamaged, "it belongs to a header at %d", back)
	}
	content := &cursor{what: what, offset: c.offset, data: c.take(int(bitmap + size))}
	c.checksum()
	if c.err != nil {
		return c.err
	}
	if n <= page {
		entries(content, n)
		return content.err
	}
	at := block + uint64(len(c.data))
	for n > 0 {
		count := min(n, page)
		p := f.read("fixed array page", at, count*uint64(width)+4)
		p.skip(int(count) * width)
		if p.checksum(); p.err != nil {
			return p.err
		}
		p.data, p.pos = p.data[:len(p.data)-4], 0
		if entries(p, count); p.err != nil {
			return p.err
		}
		at += count*uint64(width) + 4
		n -= count
	}
	return nil
}
