package serialize

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"nnrt/kernels"
	"nnrt/net"
)

// TestFormatPage holds FORMAT.md to what the code does.
func TestFormatPage(t *testing.T) {
	raw, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	page := strings.ReplaceAll(string(raw), "\r\n", "\n")
	t.Run("example", func(t *testing.T) {
		var example []byte
		for _, m := range regexp.MustCompile(`(?m)^([0-9a-f]{4}): ((?:[0-9a-f]{2} ?)+)`).FindAllStringSubmatch(page, -1) {
			if at := fmt.Sprintf("%04x", len(example)); m[1] != at {
				t.Fatalf("line %s, want %s", m[1], at)
			}
			b, err := hex.DecodeString(strings.ReplaceAll(m[2], " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			example = append(example, b...)
		}
		if want := mustEncode(t, tiny(t)); !bytes.Equal(example, want) {
			t.Errorf("the example is\n%x, want\n%x", example, want)
		}
	})
	t.Run("activations", func(t *testing.T) {
		for kind := kernels.Activation(0); kind.Valid(); kind++ {
			row := fmt.Sprintf("| %d | %v |", kind, kind)
			line := page[max(0, strings.Index(page, row)):]
			line, _, _ = strings.Cut(line, "\n")
			if !strings.HasPrefix(line, row) {
				t.Errorf("no row %s", row)
			}
			if alpha := kind.DefaultAlpha(); alpha != 0 && !strings.HasSuffix(line, fmt.Sprintf("; α %v |", alpha)) {
				t.Errorf("row %s does not end in the default %v", line, alpha)
			}
		}
	})
	t.Run("numbers", func(t *testing.T) {
		l := Limits{}.withDefaults()
		words := strings.Join(strings.Fields(page), " ")
		for _, want := range []string{
			fmt.Sprintf("`% X`", magic),
			fmt.Sprintf("file %d GiB, header %d MiB, %s layers, %s inputs", l.FileBytes>>30, l.HeaderBytes>>20,
				thousands(l.Layers), thousands(l.Units)),
			fmt.Sprintf("keys of %d bytes, %s features of %s columns, %s categories", l.NameBytes,
				thousands(l.Features), thousands(l.Columns), thousands(l.Categories)),
			fmt.Sprintf("%s metadata pairs with values of %s bytes, %s self-test rows", thousands(l.MetadataPairs),
				thousands(l.MetadataBytes), thousands(l.SelfTestRows)),
			fmt.Sprintf("| 11 | momentum | float | %v for", net.BatchNormalization().Momentum),
			fmt.Sprintf("| 12 | epsilon | float | %v for", net.LayerNormalization().Epsilon),
		} {
			if !strings.Contains(words, want) {
				t.Errorf("the page does not say %q", want)
			}
		}
		for kind := net.DenseLayer; kind <= net.LayerNormalizationLayer; kind++ {
			if want := fmt.Sprintf("%d %v", kind, kind); !strings.Contains(words, want) {
				t.Errorf("the page does not say %q", want)
			}
		}
		for _, s := range knownSections {
			if want := fmt.Sprintf("| %d | %s |", s.kind, s.name); !strings.Contains(words, want) {
				t.Errorf("the page does not say %q", want)
			}
		}
	})
}

// thousands writes a number of up to seven digits with commas.
func thousands(n int) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%d,%03d,%03d", n/1e6, n/1e3%1e3, n%1e3)
	case n >= 1e3:
		return fmt.Sprintf("%d,%03d", n/1e3, n%1e3)
	}
	return fmt.Sprint(n)
}
