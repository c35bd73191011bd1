package hdf5

// Types of the messages that object headers consist of.
const (
	msgDataspace     = 0x01
	msgLinkInfo      = 0x02
	msgDatatype      = 0x03
	msgLink          = 0x06
	msgExternal      = 0x07
	msgLayout        = 0x08
	msgFilters       = 0x0b
	msgAttribute     = 0x0c
	msgContinuation  = 0x10
	msgSymbolTable   = 0x11
	msgAttributeInfo = 0x15
	lastKnownMessage = 0x18
)

// Flags of a message.
const (
	messageShared    = 1 << 1 // its content stands elsewhere
	messageMandatory = 1 << 7 // who does not know it must not read the object
)

// messageMemory is about what a message takes in memory, in a slice that grows.
const messageMemory = 128

// message is one message of an object header.
type message struct {
	kind   uint16
	offset int64
	data   []byte
}

// cursor returns a cursor over the message's content.
func (m *message) cursor(what string) *cursor {
	return &cursor{what: what, offset: m.offset, data: m.data}
}

// header returns the messages of an object; they are read once.
func (o *Object) header() ([]message, error) {
	if !o.opened {
		o.messages, o.err = o.f.objectHeader(o.address)
		o.opened = true
	}
	return o.messages, o.err
}

// find returns the only message of a type, or nil if there is none.
func (o *Object) find(kind uint16) (*message, error) {
	messages, err := o.header()
	if err != nil {
		return nil, err
	}
	var found *message
	for i := range messages {
		if m := &messages[i]; m.kind == kind {
			if found != nil {
				return nil, o.fail(ErrDamaged, "two messages of type %#x", kind)
			}
			found = m
		}
	}
	return found, nil
}

// objectHeader reads an object header of version 1 or 2 with its continuation blocks.
func (f *file) objectHeader(address uint64) ([]message, error) {
	c := f.read("object header", address, 4)
	if c.err != nil {
		return nil, c.err
	}
	if string(c.data) == "OHDR" {
		return f.objectHeader2(address)
	}
	c = f.read("object header", address, 16)
	c.begin("", 1)
	c.skip(1)
	count := int(c.u16())
	c.skip(4) // reference count
	size := c.u32()
	if c.err != nil {
		return nil, c.err
	}
	list := &messageList{f: f}
	list.block(f.read("object header", address+16, uint64(size)))
	for list.err == nil && len(list.more) > 0 {
		next := list.more[0]
		list.more = list.more[1:]
		list.block(f.read("object header continuation", next.address, next.size))
	}
	if list.err == nil && list.count != count {
		c.fail(ErrDamaged, "%d messages, it says %d", list.count, count)
		return nil, c.err
	}
	return list.messages, list.err
}

func (f *file) objectHeader2(address uint64) ([]message, error) {
	const fixed = 4 + 1 + 1 // signature, version, flags
	c := f.read("object header", address, fixed)
	c.begin("OHDR", 2)
	flags := c.u8()
	prefix := fixed
	if flags&0x20 != 0 {
		prefix += 4 * 4 // times
	}
	if flags&0x10 != 0 {
		prefix += 2 * 2 // when attributes move to dense storage
	}
	sizeBytes := 1 << (flags & 3)
	prefix += sizeBytes
	c = f.read("object header", address, uint64(prefix))
	c.skip(prefix - sizeBytes)
	size := c.uint(sizeBytes)
	if c.err != nil {
		return nil, c.err
	}
	if size > uint64(len(f.data)) {
		c.fail(ErrTruncated, "%d bytes of messages, the file has %d", size, len(f.data))
		return nil, c.err
	}
	c = f.read("object header", address, uint64(prefix)+size+4)
	c.skip(prefix)
	list := &messageList{f: f, version: 2, ordered: flags&4 != 0}
	list.checked(c)
	for list.err == nil && len(list.more) > 0 {
		next := list.more[0]
		list.more = list.more[1:]
		c := f.read("object header continuation", next.address, next.size)
		if string(c.take(4)) != "OCHK" {
			c.fail(ErrDamaged, "the signature OCHK is missing")
		}
		list.checked(c)
	}
	return list.messages, list.err
}

// messageList collects the messages of a header's blocks.
type messageList struct {
	f        *file
	version  int
	ordered  bool // version 2: messages have a creation order
	messages []message
	more     []extent // continuation blocks still to be read
	count    int      // messages so far, those that are of no use included
	err      error
}

type extent struct{ address, size uint64 }

// checked reads a block of a version 2 header, which ends with a checksum.
func (l *messageList) checked(c *cursor) {
	start := c.pos
	c.skip(c.left() - 4)
	c.checksum()
	if l.err = c.err; l.err != nil {
		return
	}
	c.data, c.pos = c.data[:len(c.data)-4], start
	l.block(c)
}

// block reads the messages from a cursor's position to its end.
func (l *messageList) block(c *cursor) {
	head := 8
	if l.version == 2 {
		head = 4
		if l.ordered {
			head = 6
		}
	}
	for c.err == nil && c.left() >= head { // what is less is a gap
		var (
			kind  uint16
			size  int
			flags uint8
		)
		if l.version == 2 {
			kind, size, flags = uint16(c.u8()), int(c.u16()), c.u8()
			c.skip(head - 4)
		} else {
			kind, size, flags = c.u16(), int(c.u16()), c.u8()
			c.skip(3)
		}
		offset := c.offset + int64(c.pos)
		data := c.take(size)
		l.count++
		switch {
		case c.err != nil:
		case kind > lastKnownMessage && flags&messageMandatory != 0:
			c.fail(ErrUnsupported, "a message of type %#x", kind)
		case kind == msgContinuation:
			m := &cursor{what: c.what, offset: c.offset, data: data}
			l.more = append(l.more, extent{m.u64(), m.u64()})
			c.err = m.err
		case !used(kind):
		case flags&messageShared != 0:
			c.fail(ErrUnsupported, "a message of type %#x that is shared", kind)
		case !l.f.take(messageMemory):
			c.fail(ErrMemory, "")
		default:
			l.messages = append(l.messages, message{kind, offset, data})
		}
	}
	l.err = c.err
}

// used tells whether anything here looks at messages of a type.
func used(kind uint16) bool {
	switch kind {
	case msgDataspace, msgLinkInfo, msgDatatype, msgLink, msgExternal, msgLayout, msgFilters, msgAttribute,
		msgSymbolTable, msgAttributeInfo:
		return true
	}
	return false
}
