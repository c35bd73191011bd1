package serialize

import (
	"math"

	"nnrt/net"
)

// Limits bound what a file may ask for. A field that is zero means the default given beside it, so Limits{} is what
// Encode and the zero Loader use. The number of parameters needs no limit: the bytes that hold them must be
// there before memory is taken for them.
type Limits struct {
	FileBytes     int64 // size of the file: 1 GiB
	HeaderBytes   int   // header with the section table: 1 MiB
	Layers        int   // 1,024, which is also net's limit
	Units         int   // inputs of the model, units of a layer: 65,536
	NameBytes     int   // names of layers and columns, categories, labels, metadata keys: 255
	Features      int   // columns that the schema uses: 16,384
	Columns       int   // columns of the training data: 1,048,576
	Categories    int   // categories of all features, labels and missing-value spellings together: 16,384
	MetadataPairs int   // 1,024
	MetadataBytes int   // of one value: 65,536
	SelfTestRows  int   // 1,024
}

// withDefaults fills in what is zero and caps what nnrt's other parts, or int, cannot go beyond.
func (l Limits) withDefaults() Limits {
	set := func(field *int, standard, most int) {
		if *field == 0 {
			*field = standard
		}
		*field = min(*field, most)
	}
	if l.FileBytes == 0 {
		l.FileBytes = 1 << 30
	}
	l.FileBytes = min(l.FileBytes, math.MaxInt)
	set(&l.HeaderBytes, 1<<20, math.MaxInt32)
	set(&l.Layers, net.MaxLayers, net.MaxLayers)
	set(&l.Units, 1<<16, net.MaxUnits)
	set(&l.NameBytes, 255, math.MaxInt32)
	set(&l.Features, 1<<14, math.MaxInt32)
	set(&l.Columns, 1<<20, math.MaxInt32)
	set(&l.Categories, 1<<14, math.MaxInt32)
	set(&l.MetadataPairs, 1<<10, math.MaxInt32)
	set(&l.MetadataBytes, 1<<16, math.MaxInt32)
	set(&l.SelfTestRows, 1<<10, math.MaxInt32)
	return l
}
