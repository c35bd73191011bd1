package serialize

import (
	"encoding/binary"
	"io"
)

// Signature says who vouches for a file, and how new the model in it is. Package serialize/signature makes and checks
// it; nothing in this package does, so that programs which look at no signature have no cryptography in them.
type Signature struct {
	Version uint64   // of the model, at least 1: of two models for one purpose the one with the greater is the newer
	Key     [32]byte // the signer's Ed25519 public key
	Value   [64]byte // the Ed25519 signature of the whole file, as Signed.WriteTo writes it
}

const (
	signatureMinor = 1 // the minor version that brought the section
	signatureBytes = 8 + 32 + 64
)

func (g *Signature) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, g.Version)
	return append(append(b, g.Key[:]...), g.Value[:]...)
}

func readSignature(s *section) (*Signature, error) {
	fail := func(detail string, args ...any) (*Signature, error) {
		return nil, formatError(sectionName(s.kind), s.offset, ErrSignature, detail, args...)
	}
	if len(s.data) != signatureBytes {
		return fail("%d bytes, it has %d", len(s.data), signatureBytes)
	}
	g := &Signature{Version: binary.LittleEndian.Uint64(s.data)}
	if g.Version == 0 {
		return fail("version 0 of the model, the first is 1")
	}
	copy(g.Key[:], s.data[8:])
	copy(g.Value[:], s.data[8+len(g.Key):])
	return g, nil
}

// Signed is a file as its signature sees it.
type Signed struct {
	Signature *Signature // nil if the file has none
	Offset    int64      // where the signature's section begins in the file; 0 if there is none

	blob  []byte
	holes [3]struct{ at, size int64 } // ascending; empty without a signature
}

// signed returns what the signature of a file that was parsed is about.
func (c *container) signed(blob []byte) (*Signed, error) {
	d := &Signed{blob: blob}
	for i := range c.sections {
		s := &c.sections[i]
		if s.kind != typeSignature {
			continue
		}
		var err error
		if d.Signature, err = readSignature(s); err != nil {
			return nil, err
		}
		d.Offset = s.offset
		value := int64(len(d.Signature.Value))
		d.holes[0].at, d.holes[0].size = crcOffset, 4
		d.holes[1].at, d.holes[1].size = int64(headerBytes+entryBytes*i+4), 4
		d.holes[2].at, d.holes[2].size = s.offset+signatureBytes-value, value
	}
	return d, nil
}

// WriteTo writes the file's bytes with zeros in the place of what depends on the signature: the header's checksum, that
// of the signature's section, and the signature's value. Without a signature it writes the file as it is.
func (d *Signed) WriteTo(w io.Writer) (written int64, err error) {
	write := func(b []byte) {
		if err == nil {
			var n int
			n, err = w.Write(b)
			written += int64(n)
		}
	}
	var zeros [64]byte
	at := int64(0)
	for _, hole := range d.holes {
		write(d.blob[at:max(at, hole.at)])
		write(zeros[:hole.size])
		at = max(at, hole.at+hole.size)
	}
	write(d.blob[at:])
	return written, err
}
