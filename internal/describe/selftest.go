package describe

import (
	"fmt"
	"math"

	"nnrt/internal/jsonscan"
)

// maxSelfTest is how many numbers the inputs, or the outputs, of a self-test may have.
const maxSelfTest = 1 << 20

type selfTest struct {
	Contract int       `json:"contract"`
	Inputs   []float32 `json:"inputs"`
	Outputs  []float32 `json:"outputs"`
}

// SelfTest writes rows of inputs, and the outputs that they had under a version of the arithmetic contract.
func SelfTest(contract int, inputs, outputs []float32) string {
	return marshal(selfTest{contract, inputs, outputs})
}

// ParseSelfTest reads what SelfTest wrote.
func ParseSelfTest(text string) (contract int, inputs, outputs []float32, err error) {
	s := jsonscan.New(text)
	s.Object(3, 16, func(key string) {
		switch key {
		case "contract":
			contract = int(s.Uint(math.MaxInt32))
		case "inputs":
			inputs = s.Floats(maxSelfTest)
		case "outputs":
			outputs = s.Floats(maxSelfTest)
		default:
			s.Unknown(key)
		}
	})
	if err := s.End(); err != nil {
		return 0, nil, nil, fmt.Errorf("self-test: %w", err)
	}
	return contract, inputs, outputs, nil
}
