package hdf5

import (
	"bytes"
	"fmt"
	"strings"
)

// Object is a group or a dataset. It may be used by one goroutine at a time, together with all others of its file.
type Object struct {
	f       *file
	address uint64
	path    string

	messages []message
	opened   bool  // messages were read, or err is why they cannot be
	err      error // of the header

	children map[string]*Object // of a group, when they were read
}

// What objects and links take in memory, besides the path, with room for the map that they are in.
const linkMemory = 256

// Path returns the names that lead from the root group to the object, each after a slash.
func (o *Object) Path() string { return o.path }

func (o *Object) fail(cause error, detail string, args ...any) error {
	return &Error{Structure: "object " + quote(o.path), Offset: int64(min(o.address, uint64(len(o.f.data)))),
		Err: fmt.Errorf("%w: "+detail, append([]any{cause}, args...)...)}
}

// quote is for names, which come from the file.
func quote(name string) string {
	const most = 200
	if len(name) > most {
		name = name[:most] + "…"
	}
	return fmt.Sprintf("%+q", name)
}

// Child returns the object that a group's link leads to; if there is none the error is ErrNotFound.
func (o *Object) Child(name string) (*Object, error) {
	if err := o.readLinks(); err != nil {
		return nil, err
	}
	child := o.children[name]
	if child == nil {
		return nil, o.fail(ErrNotFound, "%s", quote(name))
	}
	return child, nil
}

// Find follows a path of names with slashes between them.
func (o *Object) Find(path string) (*Object, error) {
	for name := range strings.SplitSeq(path, "/") {
		child, err := o.Child(name)
		if err != nil {
			return nil, err
		}
		o = child
	}
	return o, nil
}

// Len returns how many links a group has.
func (o *Object) Len() (int, error) {
	err := o.readLinks()
	return len(o.children), err
}

// readLinks reads a group's links, whichever way it holds them.
func (o *Object) readLinks() error {
	if o.children != nil {
		return nil
	}
	messages, err := o.header()
	if err != nil {
		return err
	}
	o.children = make(map[string]*Object)
	group := false
	for i := range messages {
		m := &messages[i]
		switch m.kind {
		case msgSymbolTable:
			err = o.readSymbolTable(m)
		case msgLink:
			err = o.readLink(m.cursor("link message"))
		case msgLinkInfo:
			err = o.readDenseLinks(m)
		default:
			continue
		}
		if err != nil {
			o.children = nil
			return err
		}
		group = true
	}
	if !group {
		o.children = nil
		return o.fail(ErrDamaged, "it is not a group")
	}
	return nil
}

// add adds a hard link.
func (o *Object) add(c *cursor, name []byte, address uint64) {
	path := o.path
	if path != "/" {
		path += "/"
	}
	switch {
	case c.err != nil:
	case len(name) == 0:
		c.fail(ErrDamaged, "a link without a name")
	case !o.f.use(int64(len(name))):
		c.fail(ErrOverlap, "")
	case !o.f.take(linkMemory + int64(len(path)+2*len(name))):
		c.fail(ErrMemory, "")
	case o.children[string(name)] != nil:
		c.fail(ErrDamaged, "two links named %s", quote(string(name)))
	default:
		key := string(name)
		o.children[key] = &Object{f: o.f, address: address, path: path + key}
	}
}

// readSymbolTable reads the links of an old-style group: names in a local heap, entries in the leaves of a B-tree.
func (o *Object) readSymbolTable(m *message) error {
	c := m.cursor("symbol table message")
	tree, heap := c.u64(), c.u64()
	if c.err != nil {
		return c.err
	}
	names, err := o.f.localHeap(heap)
	if err != nil {
		return err
	}
	return o.readSymbolNodes(names, tree, -1)
}

// localHeap returns the data segment of a local heap.
func (f *file) localHeap(address uint64) ([]byte, error) {
	c := f.read("local heap", address, 32)
	c.begin("HEAP", 0)
	c.skip(3)
	size := c.u64()
	c.skip(8) // the list of free blocks
	segment := c.u64()
	if c.err != nil {
		return nil, c.err
	}
	c = f.read("local heap's data segment", segment, size)
	return c.data, c.err
}

// readSymbolNodes reads a node of a group's B-tree of version 1 and all below it. level is the node's, or −1 for the
// root, which says itself.
func (o *Object) readSymbolNodes(names []byte, address uint64, level int) error {
	c, entries, got := o.f.treeNode(address, treeOfGroup, 8)
	if c.err == nil && level >= 0 && got != level {
		c.fail(ErrDamaged, "level %d under level %d", got, level+1)
	}
	for range entries {
		c.skip(8) // key: the offset of a name
		child := c.u64()
		if c.err != nil {
			break
		}
		if got > 0 {
			if err := o.readSymbolNodes(names, child, got-1); err != nil {
				return err
			}
		} else if err := o.readSymbols(names, child); err != nil {
			return err
		}
	}
	return c.err
}

// Types of nodes of B-trees of version 1.
const (
	treeOfGroup  = 0
	treeOfChunks = 1
)

// treeNode reads a node of a B-tree of version 1 up to its entries, which are a key and an address each; another key
// follows the last.
func (f *file) treeNode(address uint64, kind uint8, keyBytes int) (c *cursor, entries, level int) {
	const head = 4 + 1 + 1 + 2 + 8 + 8
	c = f.read("B-tree node", address, head)
	if c.take(4); c.err == nil && string(c.data[:4]) != "TREE" {
		c.fail(ErrDamaged, "% x instead of the signature TREE", c.data[:4])
	}
	if got := c.u8(); c.err == nil && got != kind {
		c.fail(ErrDamaged, "type %d instead of %d", got, kind)
	}
	level = int(c.u8())
	entries = int(c.u16())
	if c.err != nil {
		return c, 0, 0
	}
	c = f.read("B-tree node", address, uint64(head+entries*(keyBytes+8)+keyBytes))
	c.skip(head)
	return c, entries, level
}

// readSymbols reads a symbol table node.
func (o *Object) readSymbols(names []byte, address uint64) error {
	const entryBytes = 40
	c := o.f.read("symbol table node", address, 8)
	c.begin("SNOD", 1)
	c.skip(1)
	count := int(c.u16())
	if c.err != nil {
		return c.err
	}
	c = o.f.read("symbol table node", address, uint64(8+count*entryBytes))
	c.skip(8)
	for range count {
		at, header, cache := c.u64(), c.u64(), c.u32()
		c.skip(4 + 16)
		if c.err != nil {
			return c.err
		}
		if at >= uint64(len(names)) {
			c.fail(ErrDamaged, "a name at %d of %d bytes", at, len(names))
			return c.err
		}
		length := bytes.IndexByte(names[at:], 0)
		if length < 0 {
			c.fail(ErrDamaged, "a name without an end")
			return c.err
		}
		name := names[at:][:length]
		switch cache {
		case 0, 1: // 1: the object's symbol table is given besides; it is read from the object itself
			o.add(c, name, header)
		case 2:
			c.fail(ErrUnsupported, "%s is a symbolic link", quote(string(name)))
		default:
			c.fail(ErrDamaged, "cache type %d", cache)
		}
	}
	return c.err
}

// readLink reads a link message of a new-style group.
func (o *Object) readLink(c *cursor) error {
	if version := c.u8(); c.err == nil && version != 1 {
		c.fail(ErrUnsupported, "version %d", version)
	}
	flags := c.u8()
	kind := uint8(0)
	if flags&0x08 != 0 {
		kind = c.u8()
	}
	if flags&0x04 != 0 {
		c.skip(8) // creation order
	}
	if flags&0x10 != 0 {
		c.skip(1) // character set
	}
	length := c.uint(1 << (flags & 3))
	if length > uint64(c.left()) {
		c.fail(ErrDamaged, "a name of %d bytes, %d are left", length, c.left())
	}
	if c.err != nil {
		return c.err
	}
	name := c.take(int(length))
	if kind != 0 && c.err == nil {
		c.fail(ErrUnsupported, "%s is a link of type %d, not a hard link", quote(string(name)), kind)
	}
	o.add(c, name, c.u64())
	return c.err
}

// readDenseLinks reads the links that a new-style group keeps outside its header, if it does.
func (o *Object) readDenseLinks(m *message) error {
	c := m.cursor("link info message")
	if version := c.u8(); c.err == nil && version != 0 {
		c.fail(ErrUnsupported, "version %d", version)
	}
	if c.u8()&1 != 0 {
		c.skip(8) // greatest creation order
	}
	heap, index := c.u64(), c.u64()
	if c.err != nil || heap == undefined {
		return c.err
	}
	return o.f.readDense(heap, index, nameIndex, o.readLink)
}
