package serialize

import "sort"

// Metadata says where a model comes from, as pairs of short texts: seed, configuration, fingerprint of the data,
// final metrics. Nothing in it changes what the model computes. Keys are not empty; neither keys nor values hold
// control characters. A file stores the pairs sorted by key.
type Metadata map[string]string

// Keys returns the keys in ascending order of their bytes.
func (m Metadata) Keys() []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

func appendMetadata(b []byte, m Metadata) []byte {
	for _, key := range m.Keys() {
		b = appendText(appendText(b, key), m[key])
	}
	return b
}

func readMetadata(s *section, limits *Limits) (Metadata, error) {
	c := &cursor{section: s, item: "pair"}
	m := make(Metadata)
	last := ""
	for c.err == nil && c.left() > 0 {
		if c.index == limits.MetadataPairs {
			c.fail(ErrLimit, "the limit is %d", limits.MetadataPairs)
			break
		}
		c.index++
		start := c.pos
		key := c.name(limits.NameBytes, "key")
		if key <= last && c.err == nil {
			c.pos = start
			c.fail(ErrMetadata, "key %q after %q", key, last)
		}
		m[key] = c.text(limits.MetadataBytes, "value")
		last = key
	}
	if c.err != nil {
		return nil, c.err
	}
	return m, nil
}
