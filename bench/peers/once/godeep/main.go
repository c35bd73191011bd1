// Godeep predicts one row with go-deep and ends: the net is the file that goworker saved.
package main

import (
	"os"
	"path/filepath"

	deep "github.com/patrikeh/go-deep"

	"nnrt/bench/peers/once/row"
)

func main() {
	row.Main(func(net, folder string) (int, func([]float32) ([]float32, error), error) {
		blob, err := os.ReadFile(filepath.Join(folder, "saved-go-deep-"+net+".json"))
		if err != nil {
			return 0, nil, err
		}
		n, err := deep.Unmarshal(blob)
		if err != nil {
			return 0, nil, err
		}
		return n.Config.Inputs, func(x []float32) (y []float32, err error) {
			in := make([]float64, len(x))
			for i, v := range x {
				in[i] = float64(v)
			}
			for _, v := range n.Predict(in) {
				y = append(y, float32(v))
			}
			return y, nil
		}, nil
	})
}
