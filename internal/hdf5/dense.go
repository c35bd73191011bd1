package hdf5

import (
	"encoding/binary"
	"math/bits"
)

// Dense storage: the links of a large group, or the attributes of an object that has many, lie in a fractal heap; a
// B-tree of version 2, sorted by a hash of the names, has their heap IDs.

// Types of records of B-trees of version 2.
const (
	nameIndex      = 5 // of links: hash, heap ID
	attributeIndex = 8 // of attributes: heap ID, flags, creation order, hash
)

// readDense calls read with each object of a heap that an index of the given type lists.
func (f *file) readDense(heap, index uint64, kind uint8, read func(c *cursor) error) error {
	h, err := f.fractalHeap(heap)
	if err != nil {
		return err
	}
	t := &tree2{f: f, kind: kind}
	t.read = func(record []byte) error {
		id := record[4:]
		if kind == attributeIndex {
			id = record[:len(record)-9]
			if flags := record[len(id)]; flags&messageShared != 0 {
				t.c.fail(ErrUnsupported, "a shared attribute")
				return t.c.err
			}
		}
		object, err := h.object(id)
		if err != nil {
			return err
		}
		return read(object)
	}
	return t.all(index, 4+h.idBytes, 9+h.idBytes)
}

// tree2 walks a B-tree of version 2.
type tree2 struct {
	f      *file
	kind   uint8
	record int // bytes
	c      *cursor
	levels []level2
	count  uint64 // records so far
	read   func(record []byte) error
}

// level2 says how the pointers to nodes of a level look: level 0 are the leaves.
type level2 struct {
	total      uint64 // the most records that a node and all below it can have
	totalBytes int    // in which such a number is stored; 0 for leaves
}

// all reads every record. Records of name indices have linkRecord bytes, those of attributes' attributeRecord.
func (t *tree2) all(address uint64, linkRecord, attributeRecord int) error {
	c := t.f.read("B-tree header", address, 38)
	t.c = c
	c.begin("BTHD", 0)
	kind, nodeBytes, record, depth := c.u8(), c.u32(), int(c.u16()), int(c.u16())
	c.skip(2) // when nodes are split and merged
	root, rootRecords, total := c.u64(), uint64(c.u16()), c.u64()
	c.checksum()
	want := linkRecord
	if t.kind == attributeIndex {
		want = attributeRecord
	}
	switch {
	case c.err != nil:
	case kind != t.kind || record != want:
		c.fail(ErrDamaged, "type %d with records of %d bytes", kind, record)
	case nodeBytes < uint32(64+record):
		c.fail(ErrDamaged, "nodes of %d bytes", nodeBytes)
	case depth > 16:
		c.fail(ErrDamaged, "depth %d", depth)
	}
	if c.err != nil || total == 0 {
		return c.err
	}
	t.record = record
	const prefix = 4 + 1 + 1 + 4 // signature, version, type, checksum
	most := (uint64(nodeBytes) - prefix) / uint64(record)
	t.levels = append(t.levels, level2{total: most})
	countBytes := uintBytes(most)
	for i := range depth {
		below := t.levels[i]
		pointer := uint64(8 + countBytes + below.totalBytes)
		if uint64(nodeBytes) < prefix+2*pointer+uint64(record) {
			c.fail(ErrDamaged, "nodes of %d bytes", nodeBytes)
			return c.err
		}
		records := (uint64(nodeBytes) - prefix - pointer) / (uint64(record) + pointer)
		high, sum := bits.Mul64(records+1, below.total)
		if high != 0 || sum > 1<<62 {
			c.fail(ErrDamaged, "depth %d with nodes of %d bytes", depth, nodeBytes)
			return c.err
		}
		sum += records
		t.levels = append(t.levels, level2{total: sum, totalBytes: uintBytes(sum)})
	}
	if err := t.node(root, rootRecords, depth, countBytes); err != nil {
		return err
	}
	if t.count != total {
		c.fail(ErrDamaged, "%d records, it says %d", t.count, total)
	}
	return c.err
}

// node reads a node with the given number of records, and all below it.
func (t *tree2) node(address, records uint64, level, countBytes int) error {
	size := 6 + records*uint64(t.record) + 4
	what, mark := "B-tree leaf", "BTLF"
	pointer := 0
	if level > 0 {
		what, mark = "B-tree node", "BTIN"
		pointer = 8 + countBytes + t.levels[level-1].totalBytes
		size += (records + 1) * uint64(pointer)
	}
	c := t.f.read(what, address, size)
	c.begin(mark, 0)
	if kind := c.u8(); c.err == nil && kind != t.kind {
		c.fail(ErrDamaged, "type %d", kind)
	}
	if c.err != nil {
		return c.err
	}
	list := c.take(int(records) * t.record)
	pointers := &cursor{what: what, offset: c.offset, data: c.take((int(records) + 1) * pointer)}
	c.checksum()
	if c.err != nil {
		return c.err
	}
	for ; len(list) > 0; list = list[t.record:] {
		t.count++
		if err := t.read(list[:t.record]); err != nil {
			return err
		}
	}
	for pointers.left() > 0 {
		child, count := pointers.u64(), pointers.uint(countBytes)
		pointers.skip(t.levels[level-1].totalBytes)
		if err := t.node(child, count, level-1, countBytes); err != nil {
			return err
		}
	}
	return nil
}

// fractalHeap is an open fractal heap. Its objects lie in direct blocks, which an indirect block lists: rows of width
// blocks each, the first two rows of the starting size, every further row of twice the size of the one before.
type fractalHeap struct {
	f                        *file
	header                   uint64
	idBytes                  int
	offsetBytes, lengthBytes int
	width, start, mostDirect uint64
	checked                  bool     // direct blocks have a checksum
	blocks                   []uint64 // addresses of direct blocks, row by row
	contents                 map[uint64][]byte
	c                        *cursor
}

func (f *file) fractalHeap(address uint64) (*fractalHeap, error) {
	c := f.read("fractal heap header", address, 146)
	h := &fractalHeap{f: f, header: address, c: c, contents: make(map[uint64][]byte)}
	c.begin("FRHP", 0)
	h.idBytes = int(c.u16())
	filters := c.u16()
	flags := c.u8()
	h.checked = flags&2 != 0
	mostManaged := uint64(c.u32())
	c.skip(12 * 8) // huge and tiny objects, free space, statistics
	h.width = uint64(c.u16())
	h.start, h.mostDirect = c.u64(), c.u64()
	heapBits := int(c.u16())
	c.skip(2) // rows that the root block begins with
	root, rows := c.u64(), int(c.u16())
	if filters != 0 && c.err == nil {
		c.fail(ErrUnsupported, "filters")
	}
	c.checksum()
	power := func(n uint64) bool { return bits.OnesCount64(n) == 1 && n <= 1<<32 }
	switch {
	case c.err != nil:
	case !power(h.width) || h.width > 1<<10 || !power(h.start) || !power(h.mostDirect) || h.start > h.mostDirect ||
		heapBits < 8 || heapBits > 64:
		c.fail(ErrDamaged, "%d blocks a row, of %d to %d bytes, in %d bits", h.width, h.start, h.mostDirect, heapBits)
	case rows > h.directRows():
		c.fail(ErrUnsupported, "%d rows of blocks", rows)
	}
	h.offsetBytes = (heapBits + 7) / 8
	h.lengthBytes = min(uintBytes(h.mostDirect-1), uintBytes(mostManaged))
	if c.err == nil && h.idBytes < 1+h.offsetBytes+h.lengthBytes {
		c.fail(ErrDamaged, "heap IDs of %d bytes", h.idBytes)
	}
	if c.err != nil || root == undefined {
		return h, c.err
	}
	if rows == 0 {
		h.blocks = []uint64{root}
		return h, nil
	}
	count := rows * int(h.width)
	b := f.read("fractal heap indirect block", root, uint64(5+8+h.offsetBytes+8*count+4))
	if !f.take(8 * int64(count)) {
		b.fail(ErrMemory, "")
	}
	h.begin(b, "FHIB", 0)
	for range count {
		h.blocks = append(h.blocks, b.u64())
	}
	b.checksum()
	return h, b.err
}

// directRows is how many rows of an indirect block hold direct blocks.
func (h *fractalHeap) directRows() int {
	return bits.TrailingZeros64(h.mostDirect) - bits.TrailingZeros64(h.start) + 2
}

// begin reads what a block begins with: its heap, and its offset in the heap.
func (h *fractalHeap) begin(c *cursor, signature string, offset uint64) {
	c.begin(signature, 0)
	if heap, at := c.u64(), c.uint(h.offsetBytes); c.err == nil && (heap != h.header || at != offset) {
		c.fail(ErrDamaged, "a block of another place: heap %d, offset %d", heap, at)
	}
}

// object returns a cursor over the managed object of a heap ID.
func (h *fractalHeap) object(id []byte) (*cursor, error) {
	c := &cursor{what: "fractal heap", offset: h.c.offset, data: id}
	if kind := c.u8(); kind != 0 {
		c.fail(ErrUnsupported, "an object that lies outside the heap's blocks, ID type %#x", kind)
	}
	offset, length := c.uint(h.offsetBytes), c.uint(h.lengthBytes)
	if c.err != nil {
		return nil, c.err
	}
	// The row, and where it begins.
	size, row, begin := h.start, 0, uint64(0)
	if first := h.width * h.start; offset >= first {
		row = bits.Len64(offset / first)
		size = h.start << (row - 1)
		begin = first << (row - 1)
	}
	index := uint64(row)*h.width + (offset-begin)/size
	block := begin + (offset-begin)/size*size
	if row >= h.directRows() || index >= uint64(len(h.blocks)) || h.blocks[index] == undefined {
		c.fail(ErrDamaged, "no block at offset %d", offset)
		return nil, c.err
	}
	content := h.contents[index]
	if content == nil {
		b := h.f.read("fractal heap direct block", h.blocks[index], size)
		h.begin(b, "FHDB", block)
		if h.checked && b.err == nil {
			h.verify(b)
		}
		if b.err != nil {
			return nil, b.err
		}
		if !h.f.take(64) {
			b.fail(ErrMemory, "")
			return nil, b.err
		}
		content = b.data
		h.contents[index] = content
	}
	at := offset - block
	if length > size-at {
		c.fail(ErrDamaged, "%d bytes at %d of a block of %d", length, at, size)
		return nil, c.err
	}
	if !h.f.use(int64(length)) {
		c.fail(ErrOverlap, "")
		return nil, c.err
	}
	return &cursor{what: "fractal heap object", offset: int64(h.blocks[index] + at), data: content[at:][:length]}, nil
}

// verify checks a direct block's checksum, which stands after its head and counts as zeros in itself.
func (h *fractalHeap) verify(b *cursor) {
	at := b.pos
	stored := b.u32()
	if b.err != nil {
		return
	}
	if !h.f.use(int64(len(b.data))) || !h.f.take(int64(len(b.data))) {
		b.fail(ErrMemory, "")
		return
	}
	plain := append([]byte(nil), b.data...)
	binary.LittleEndian.PutUint32(plain[at:], 0)
	if sum := lookup3(plain); sum != stored {
		b.failSum(at, sum, stored)
	}
}
