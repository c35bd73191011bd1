// Nnrt is a program that predicts one row with nnrt and ends, as bench/peers measures cold starts: "nnrt once NET FOLDER"
// loads what goworker saved and prints the outputs of the first row of NET.x; "nnrt ship" prints its own size.
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"

	"nnrt/serialize"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 1 && args[0] == "ship" {
		info, err := os.Stat("/proc/self/exe")
		if err != nil {
			return err
		}
		fmt.Printf("%d\tthe program\n", info.Size())
		return nil
	}
	if len(args) != 3 || args[0] != "once" {
		return fmt.Errorf("usage: nnrt once NET FOLDER, or nnrt ship")
	}
	blob, err := os.ReadFile(filepath.Join(args[2], "saved-nnrt-"+args[1]+".bin"))
	if err != nil {
		return err
	}
	model, err := serialize.Load(blob)
	if err != nil {
		return err
	}
	file, err := os.Open(filepath.Join(args[2], args[1]+".x"))
	if err != nil {
		return err
	}
	defer file.Close()
	x, y := make([]float32, model.Inputs()), make([]float32, model.Outputs())
	if err := binary.Read(file, binary.LittleEndian, x); err != nil {
		return err
	}
	if err := model.NewPredictor().Predict(y, x); err != nil {
		return err
	}
	for _, v := range y {
		fmt.Print(v, " ")
	}
	fmt.Println()
	return nil
}
