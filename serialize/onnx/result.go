package onnx

// result returns the value that the network computes.
func (d *decoder) result() (*value, error) {
	outputs := d.graph.outputs
	if len(outputs) > 1 {
		return nil, failf("output "+short(outputs[1].name), ErrUnsupported, "a second output")
	}
	v, err := d.lookUp(outputs[0].name)
	if err != nil {
		return nil, err
	}
	if !flows(v) {
		return nil, failf("output "+short(outputs[0].name), ErrUnsupported, "an output that does not depend on the input")
	}
	return v, nil
}
