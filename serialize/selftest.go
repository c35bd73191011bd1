package serialize

import (
	"fmt"
	"math/rand/v2"

	"nnrt/net"
)

// SelfTest holds input rows of a model and the outputs they had where the model was made, both row-major: Inputs of
// shape [rows, inputs], Outputs of shape [rows, outputs]. Verify computes the rows again.
type SelfTest struct {
	Inputs, Outputs []float32
}

// NewSelfTest computes a self-test from input rows of shape [rows, inputs]. If inputs is nil it makes up one row, the
// same for every model of a width, of values between −2 and 2. It returns an empty self-test if the outputs are not
// finite, since a file cannot hold those. The self-test keeps inputs.
func NewSelfTest(model *net.Model, inputs []float32) (SelfTest, error) {
	if inputs == nil {
		inputs = make([]float32, model.Inputs())
		generator := rand.NewPCG(1, 2)
		for i := range inputs {
			inputs[i] = float32(int32(generator.Uint64()>>52)-2048) / 1024 // exact
		}
	}
	outputs := make([]float32, len(inputs)/model.Inputs()*model.Outputs())
	if err := model.NewPredictor().Predict(outputs, inputs); err != nil {
		return SelfTest{}, fmt.Errorf("self-test: %w", err)
	}
	for _, y := range outputs {
		if !finite(y) {
			return SelfTest{}, nil
		}
	}
	return SelfTest{Inputs: inputs, Outputs: outputs}, nil
}

// rowBytes is the size of a row in the file.
func rowBytes(model *net.Model) int64 { return 4 * (int64(model.Inputs()) + int64(model.Outputs())) }

// rows returns the number of rows, or an error if inputs and outputs are not that many rows of the model.
func (t *SelfTest) rows(model *net.Model) (int, error) {
	rows := int64(len(t.Inputs)) / int64(model.Inputs())
	if rows*int64(model.Inputs()) != int64(len(t.Inputs)) || rows*int64(model.Outputs()) != int64(len(t.Outputs)) {
		return 0, formatError(sectionName(typeSelfTest), 0, ErrSelfTest,
			"%d input and %d output values for a model of %d inputs and %d outputs",
			len(t.Inputs), len(t.Outputs), model.Inputs(), model.Outputs())
	}
	return int(rows), nil
}

// section lays the self-test out: all inputs, then all outputs.
func (t *SelfTest) section(model *net.Model) (section, error) {
	if _, err := t.rows(model); err != nil {
		return section{}, err
	}
	floats := make([]float32, 0, len(t.Inputs)+len(t.Outputs))
	return section{kind: typeSelfTest, floats: append(append(floats, t.Inputs...), t.Outputs...)}, nil
}

func readSelfTest(s *section, limits *Limits, model *net.Model) (SelfTest, error) {
	fail := func(offset int64, cause error, detail string, args ...any) (SelfTest, error) {
		return SelfTest{}, formatError(sectionName(s.kind), offset, cause, detail, args...)
	}
	rows := s.size() / rowBytes(model)
	switch {
	case rows*rowBytes(model) != s.size():
		return fail(s.offset, ErrSelfTest, "%d bytes are no whole number of rows of %d", s.size(), rowBytes(model))
	case rows > int64(limits.SelfTestRows):
		return fail(s.offset, ErrLimit, "%d rows, the limit is %d", rows, limits.SelfTestRows)
	}
	values := make([]float32, s.size()/4)
	getFloats(values, s.data)
	if bad := firstNotFinite(values); bad >= 0 {
		return fail(s.offset+4*int64(bad), ErrNotFinite, "value %d is %v", bad+1, values[bad])
	}
	inputs := int(rows) * model.Inputs()
	return SelfTest{Inputs: values[:inputs:inputs], Outputs: values[inputs:]}, nil
}
