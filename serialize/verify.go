package serialize

import (
	"fmt"
	"math"

	"nnrt/kernels"
	"nnrt/net"
)

// Check is one thing that Verify looked at.
type Check struct {
	Name   string // "weights", "schema", "contract", "self-test" or "training"
	Detail string // what was seen, in a few words
	Err    error  // nil if all is well
}

// otherContractTolerance is how far a self-test output may be from the stored one, relative to 1 + |stored|, if the
// file was written under another version of the arithmetic contract, when bits cannot be expected to agree.
const otherContractTolerance = 1e-3

// selfTestBatch is the number of rows of Verify's larger batches. Each stored row is predicted about twice, so that a
// small file cannot be made to take long.
const selfTestBatch = 33

// Verify checks what Decode cannot know: that the self-test rows have the stored outputs on this machine's kernels,
// bit for bit, each row alone and within a larger batch. For a File that was not decoded it also checks that the
// weights are finite and that the schema is sound and fits the model, which must not be nil. A checkpoint's
// state is read. It returns every check that it made.
func (f *File) Verify() []Check {
	checks := []Check{f.verifyWeights(), f.verifySchema(), f.verifyContract(), f.verifySelfTest()}
	if len(f.Training.sections) > 0 {
		checks = append(checks, f.verifyTraining())
	}
	return checks
}

func (f *File) verifyTraining() Check {
	s, err := f.State()
	if err != nil {
		return Check{Name: "training", Err: err}
	}
	return Check{Name: "training", Detail: fmt.Sprintf("a checkpoint after %d epochs and %d batches", s.Epoch, s.Batch)}
}

func (f *File) verifyWeights() Check {
	if err := weightsFault(f.Model); err != nil {
		return Check{Name: "weights", Err: err}
	}
	return Check{Name: "weights", Detail: fmt.Sprintf("%d values, all finite", f.Model.NumParameters())}
}

// weightsFault names the first weight that is not finite, or returns nil.
func weightsFault(model *net.Model) error {
	for _, v := range model.Weights() {
		for i, w := range v.Values {
			if finite(w) {
				continue
			}
			place := fmt.Sprintf("[%d]", i)
			if len(v.Shape) == 2 {
				place = fmt.Sprintf("[%d, %d]", i/v.Shape[1], i%v.Shape[1])
			}
			return fmt.Errorf("%w: %s%s is %v", ErrNotFinite, v.Name, place, w)
		}
	}
	return nil
}

func (f *File) verifySchema() Check {
	if f.Schema == nil {
		return Check{Name: "schema", Detail: "none"}
	}
	if err := checkSchema(&section{kind: typeSchema}, f.Schema, f.Model); err != nil {
		return Check{Name: "schema", Err: err}
	}
	detail := fmt.Sprintf("columns: %d, inputs: %d", len(f.Schema.Features), f.Schema.Width())
	return Check{Name: "schema", Detail: detail}
}

func (f *File) verifyContract() Check {
	detail := fmt.Sprintf("version %d of the arithmetic", f.contract())
	if f.contract() != kernels.Contract {
		detail += fmt.Sprintf("; this program has version %d, so the last digits of results may differ", kernels.Contract)
	}
	return Check{Name: "contract", Detail: detail}
}

func (f *File) verifySelfTest() Check {
	if len(f.SelfTest.Inputs)+len(f.SelfTest.Outputs) == 0 {
		return Check{Name: "self-test", Detail: "none"}
	}
	rows, err := f.SelfTest.rows(f.Model)
	if err != nil {
		return Check{Name: "self-test", Err: err}
	}
	predictor := f.Model.NewPredictor()
	// A row alone and rows of a batch may run through different kernels, and must give the same.
	for _, batch := range []int{1, selfTestBatch} {
		if err := f.runSelfTest(predictor, rows, batch); err != nil {
			return Check{Name: "self-test", Err: err}
		}
	}
	return Check{Name: "self-test", Detail: fmt.Sprintf("rows: %d, kernels: %s", rows, kernels.Active())}
}

// runSelfTest predicts the rows in batches of the given size, the last filled up with rows from the start.
func (f *File) runSelfTest(predictor *net.Predictor, rows, batch int) error {
	in, out := f.Model.Inputs(), f.Model.Outputs()
	x, y := make([]float32, batch*in), make([]float32, batch*out)
	for first := 0; first < rows; first += batch {
		for i := range batch {
			copy(x[i*in:], f.SelfTest.Inputs[(first+i)%rows*in:][:in])
		}
		if err := predictor.Predict(y, x); err != nil {
			return fmt.Errorf("%w: %w", ErrSelfTest, err)
		}
		for i, got := range y {
			row := (first + i/out) % rows
			if want := f.SelfTest.Outputs[row*out+i%out]; !f.agree(got, want) {
				return fmt.Errorf("%w: row %d, output %d is %v in a batch of %d, stored is %v",
					ErrSelfTest, row+1, i%out+1, got, batch, want)
			}
		}
	}
	return nil
}

// agree says whether an output is what the file promises.
func (f *File) agree(got, want float32) bool {
	if f.contract() == kernels.Contract {
		return math.Float32bits(got) == math.Float32bits(want)
	}
	difference := math.Abs(float64(got) - float64(want))
	return difference <= otherContractTolerance*(1+math.Abs(float64(want)))
}
