package serialize

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"nnrt/internal/modeltest"
)

// The corpora in testdata/fuzz are run by every go test. To look further:
//
//	go test ./serialize -run NONE -fuzz FuzzContent -fuzzminimizetime 10x

// fuzz gives a Loader's methods bytes: nothing may panic, take memory out of proportion or change the input, what is
// accepted must have one encoding, and all ways must say the same.
func fuzz(t *testing.T, blob []byte) {
	took, _ := allocated(blob)
	if took > 8*uint64(len(blob))+allocationConstant {
		t.Errorf("%d bytes take %d bytes of memory", len(blob), took)
	}
	decodeCanonically(t, blob)

	f, want := Decode(blob)
	asked := false
	l := Loader{NoCopy: true, Trust: func(s *Signed) error {
		asked = true
		n, err := s.WriteTo(io.Discard)
		if n != int64(len(blob)) {
			t.Errorf("%d of %d bytes are signed", n, len(blob))
		}
		return err
	}}
	inPlace, err := l.Decode(blob)
	// Whether there is a signature at all is looked at earlier when somebody asks for it.
	if (err == nil) != (want == nil) || fmt.Sprint(err) != fmt.Sprint(want) && !errors.Is(err, ErrSignature) {
		t.Errorf("in place, with trust: %v, want %v", err, want)
	}
	_, err = Loader{}.Read(bytes.NewReader(blob))
	if fmt.Sprint(err) != fmt.Sprint(want) && !(errors.Is(err, ErrTrailing) && errors.Is(want, ErrTrailing)) {
		t.Errorf("Read: %v, want %v", err, want)
	}
	if want == nil {
		sameModel(t, inPlace.Model, f.Model)
		if !asked {
			t.Error("a model was accepted, and nobody asked whether to trust it")
		}
		if int64(f.Model.Inputs())*int64(len(f.Model.Layers())) < 1<<16 {
			f.Verify() // right or wrong, it must not panic
		}
	}
}

// FuzzDecode takes any bytes, as they are and with mended checksums.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add(mustEncode(f, tiny(f)))
	f.Add(mustEncode(f, rich(f)))
	f.Add(mustEncode(f, signed(f)))
	f.Fuzz(func(t *testing.T, blob []byte) {
		fuzz(t, blob)
		fuzz(t, modeltest.Reseal(bytes.Clone(blob)))
	})
}

// fuzzedSections are those whose contents FuzzContent makes. FuzzCheckpoint has the others.
var fuzzedSections = []uint16{typeArchitecture, typeSchema, typeMetadata, typeSelfTest, typeSignature, typeWeights}

// FuzzContent puts any contents of sections into a file whose layout and checksums are right.
func FuzzContent(f *testing.F) {
	for _, file := range []*File{tiny(f), rich(f), signed(f), {Model: tutorial(f)}} {
		c, err := parse(mustEncode(f, file), ptr(Limits{}.withDefaults()))
		if err != nil {
			f.Fatal(err)
		}
		var contents [6][]byte
		for i, kind := range fuzzedSections {
			if s := c.find(kind); s != nil {
				contents[i] = s.data
			}
		}
		f.Add(contents[0], contents[1], contents[2], contents[3], contents[4], contents[5],
			uint16(9), []byte("unknown"))
	}
	f.Fuzz(func(t *testing.T, architecture, schema, metadata, selfTest, signature, weights []byte, kind uint16,
		unknown []byte) {
		c := &container{minor: kind, contract: 1}
		for i, content := range [][]byte{architecture, schema, metadata, selfTest, signature, weights} {
			kind := fuzzedSections[i]
			if flags, _ := flagsOf(kind); len(content) > 0 || flags&flagCritical != 0 {
				c.sections = append(c.sections, section{kind: kind, flags: flags, data: content})
			}
		}
		if kind > typeWeights {
			c.sections = append(c.sections, section{kind: kind, flags: kind & flagAligned, data: unknown})
		}
		blob, err := c.encode()
		if err != nil {
			t.Fatal(err)
		}
		fuzz(t, blob)
	})
}
