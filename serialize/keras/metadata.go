package keras

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"

	"nnrt/net"
	"nnrt/serialize"
)

// maxMetadata is the most bytes of a value; what is longer is left out.
const maxMetadata = 1 << 12

// metadata says where the model comes from, and how it was compiled.
func (m *importer) metadata() serialize.Metadata {
	d := make(serialize.Metadata)
	set := func(key, text string) {
		if text != "" && len(text) <= maxMetadata && utf8.ValidString(text) &&
			!strings.ContainsFunc(text, unicode.IsControl) {
			d[key] = text
		}
	}
	set("keras_version", m.version)
	set("keras_saved", m.saved)
	set("keras_model", m.name)
	loss := m.training.get("loss")
	for key, v := range map[string]value{"keras_loss": loss, "keras_optimizer": m.optimizer,
		"keras_metrics": m.training.get("metrics")} {
		var text bytes.Buffer
		if !v.absent() && len(v) <= 4*maxMetadata && json.Compact(&text, v) == nil {
			set(key, text.String())
		}
	}
	// What nnrt eval asks for: a loss that nnrt has, without parameters.
	if name, ok := loss.text(); ok {
		if l, ok := net.ParseLoss(name); ok {
			set("loss", l.String())
		}
	}
	return d
}
