package main

import (
	"errors"
	"fmt"
	"strings"

	"nnrt/serialize"
	"nnrt/serialize/tensors"
)

// readFlags and writeFlags are the flags of formats that hold tensors and no layers.
var (
	readFlags  = []string{"layers", "order"}
	writeFlags = []string{"names"}
)

// readTensors makes a modelFormat's decode of a function that reads tensors.
func readTensors(decode func([]byte) (*tensors.Set, error)) decodeFunc {
	return func(path string, o *convertOptions) (*serialize.File, []string, error) {
		if len(o.order) > 0 && len(o.layers) == 0 {
			return nil, nil, usagef("--order goes with --layers")
		}
		blob, err := readWhole(path)
		if err != nil {
			return nil, nil, err
		}
		set, err := decode(blob)
		if err != nil {
			return nil, nil, err
		}
		file, err := set.File(tensors.Options{Layers: o.layers, Order: o.order})
		switch {
		case errors.Is(err, tensors.ErrNoLayers):
			return nil, nil, usagef("%s: --layers is needed: %w", path, err)
		case errors.Is(err, tensors.ErrLayers):
			return nil, nil, usagef("%s: --layers: %w", path, err)
		case errors.Is(err, tensors.ErrOrder) && len(o.order) > 0:
			return nil, nil, usagef("%s: --order: %w", path, err)
		case errors.Is(err, tensors.ErrOrder):
			return nil, nil, usagef("%s: --order is needed: %w", path, err)
		case err != nil:
			return nil, nil, err
		}
		var left []string
		if set.Description != "" && len(o.layers) > 0 {
			left = append(left, "what the file says about the model itself, since --layers is given")
		}
		if len(set.Rounded) > 0 {
			left = append(left, fmt.Sprintf("what float32 cannot hold of the float64 values in %s: they are rounded",
				strings.Join(set.Rounded, ", ")))
		}
		return file, left, nil
	}
}

// writeTensors makes a modelFormat's encode of a function that writes tensors.
func writeTensors(encode func(*tensors.Set) ([]byte, error)) encodeFunc {
	return func(f *serialize.File, o *convertOptions) ([]byte, []string, error) {
		set, err := tensors.Of(f, o.names)
		if err != nil {
			return nil, nil, err
		}
		blob, err := encode(set)
		return blob, nil, err
	}
}
