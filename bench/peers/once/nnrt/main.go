// Nnrt predicts one row with nnrt and ends: the model is the file that goworker saved.
package main

import (
	"os"
	"path/filepath"

	"nnrt/bench/peers/once/row"
	"nnrt/serialize"
)

func main() {
	row.Main(func(net, folder string) (int, func([]float32) ([]float32, error), error) {
		blob, err := os.ReadFile(filepath.Join(folder, "saved-nnrt-"+net+".bin"))
		if err != nil {
			return 0, nil, err
		}
		model, err := serialize.Load(blob)
		if err != nil {
			return 0, nil, err
		}
		p := model.NewPredictor()
		return p.Inputs(), func(x []float32) ([]float32, error) {
			y := make([]float32, p.Outputs())
			return y, p.Predict(y, x)
		}, nil
	})
}
