// Package row is what programs have in common that predict one row and end, as bench/peers measures cold starts.
package row

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
)

// Main is the program of a library: "once NET FOLDER" loads the net, predicts the first row of NET.x and prints the
// outputs; "ship" prints the program's own size. load returns the number of inputs and what predicts one row.
func Main(load func(net, folder string) (inputs int, predict func(x []float32) ([]float32, error), err error)) {
	if err := run(load, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(load func(string, string) (int, func([]float32) ([]float32, error), error), args []string) error {
	if len(args) == 1 && args[0] == "ship" {
		info, err := os.Stat("/proc/self/exe")
		if err != nil {
			return err
		}
		fmt.Printf("%d\tthe program\n", info.Size())
		return nil
	}
	if len(args) != 3 || args[0] != "once" {
		return fmt.Errorf("usage: once NET FOLDER, or ship")
	}
	inputs, predict, err := load(args[1], args[2])
	if err != nil {
		return err
	}
	x, err := Floats(filepath.Join(args[2], args[1]+".x"), inputs)
	if err != nil {
		return err
	}
	y, err := predict(x)
	if err != nil {
		return err
	}
	for _, v := range y {
		fmt.Print(v, " ")
	}
	fmt.Println()
	return nil
}

// Floats reads so many numbers from the beginning of a file.
func Floats(path string, count int) ([]float32, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	b := make([]byte, 4*count)
	if _, err := file.ReadAt(b, 0); err != nil {
		return nil, err
	}
	values := make([]float32, count)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return values, nil
}

// Sizes returns the number of inputs and of each layer's outputs of one of the suite's nets, for libraries that have no
// form of their own in which a net is saved, and whether its hidden layers are tanh instead of ReLU.
func Sizes(net string) (sizes []int, tanh bool) {
	switch net {
	case "A":
		return []int{8, 10, 8, 1}, false
	case "B":
		return []int{784, 128, 10}, false
	case "C":
		return []int{784, 512, 512, 10}, false
	}
	return []int{16, 64, 64, 64, 4}, true
}

// Weights reads a net's weights: for each layer the kernel, of a row for each input, and the bias.
func Weights(net, folder string) (kernels, biases [][]float32, err error) {
	sizes, _ := Sizes(net)
	count := 0
	for i, out := range sizes[1:] {
		count += sizes[i]*out + out
	}
	all, err := Floats(filepath.Join(folder, net+".weights"), count)
	if err != nil {
		return nil, nil, err
	}
	for i, out := range sizes[1:] {
		kernel := sizes[i] * out
		kernels, biases, all = append(kernels, all[:kernel]), append(biases, all[kernel:][:out]), all[kernel+out:]
	}
	return kernels, biases, nil
}
