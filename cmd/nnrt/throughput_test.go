package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// BenchmarkRun measures `nnrt run` on files of ten columns, eight of them features of net A (8-10-8-1) and numbers as
// people write them, beside the least that a program built on encoding/csv or encoding/json has to do with the same
// file: read it and parse the eight numbers, without scaling, predicting or printing.
//
//	taskset -c 1 go test ./cmd/nnrt -run '^$' -bench Run
func BenchmarkRun(b *testing.B) {
	const rows = 200_000
	folder := b.TempDir()
	model := filepath.Join(folder, "a.bin")
	if r := nnrt("train", pimaCSV, "--target", "diabetes", "--layers", "10:relu,8:relu", "--epochs", "5", "-q",
		"-o", model); r.code != exitDone {
		b.Fatal(r.stderr)
	}
	data := filepath.Join(folder, "rows.csv")
	if err := os.WriteFile(data, pimaRows(rows), 0o666); err != nil {
		b.Fatal(err)
	}
	lines := filepath.Join(folder, "rows.jsonl")
	if err := os.WriteFile(lines, pimaObjects(rows), 0o666); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		work func() error
	}{
		{"input=csv/program=encoding-csv", func() error { return parseWithLibrary(data, rows) }},
		{"input=csv/program=nnrt/threads=1", func() error { return runTo(io.Discard, model, data, "--threads", "1") }},
		{"input=csv/program=nnrt/threads=2", func() error { return runTo(io.Discard, model, data, "--threads", "2") }},
		{"input=csv/program=nnrt/output=jsonl", func() error { return runTo(io.Discard, model, data, "-o", "jsonl") }},
		{"input=jsonl/program=nnrt/threads=1", func() error { return runTo(io.Discard, model, lines, "--threads", "1") }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if err := c.work(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// pimaHeader is the first line of pimaRows: the features stand at 1 to 8.
const pimaHeader = "id,pregnancies,glucose,pressure,triceps,insulin,bmi,pedigree,age,diabetes\n"

// pimaValues returns the values of a row like those of the Pima data, in several spellings.
func pimaValues(r *rand.Rand, row int) [10]string {
	var v [10]string
	v[0] = strconv.Itoa(row + 1)
	v[1] = strconv.Itoa(r.IntN(15))
	v[2] = fmt.Sprintf("%.2f", 80+100*r.Float64())
	v[3] = strconv.Itoa(40 + r.IntN(70))
	v[4] = strconv.Itoa(r.IntN(60))
	v[5] = strconv.FormatFloat(float64(r.Float32()*400), 'g', -1, 32)
	v[6] = fmt.Sprintf("%.1f", 18+30*r.Float64())
	v[7] = fmt.Sprintf("%.3f", 0.1+2*r.Float64())
	if row%10 == 0 {
		v[7] = fmt.Sprintf("%.1fe-3", -1.5+r.Float64())
	}
	v[8] = strconv.Itoa(21 + r.IntN(50))
	v[9] = []string{"neg", "pos"}[r.IntN(2)]
	return v
}

// pimaRows returns a CSV file of so many rows.
func pimaRows(rows int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := []byte(pimaHeader)
	for i := range rows {
		for k, v := range pimaValues(r, i) {
			if k > 0 {
				b = append(b, ',')
			}
			b = append(b, v...)
		}
		b = append(b, '\n')
	}
	return b
}

// pimaObjects returns the same as JSON Lines.
func pimaObjects(rows int) []byte {
	names := []string{"id", "pregnancies", "glucose", "pressure", "triceps", "insulin", "bmi", "pedigree", "age", "diabetes"}
	r := rand.New(rand.NewPCG(1, 2))
	var b []byte
	for i := range rows {
		for k, v := range pimaValues(r, i) {
			if k == 9 {
				v = strconv.Quote(v)
			}
			b = fmt.Appendf(b, "%c%q:%s", "{,"[min(k, 1)], names[k], v)
		}
		b = append(b, "}\n"...)
	}
	return b
}

// runTo runs `nnrt run` with the predictions to out.
func runTo(out io.Writer, args ...string) error {
	if code := doMain(append([]string{"run"}, args...), nil, out, os.Stderr); code != exitDone {
		return fmt.Errorf("exit code %d", code)
	}
	return nil
}

// parseWithLibrary reads the eight features of a file of pimaRows with encoding/csv and strconv.
func parseWithLibrary(path string, rows int) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.ReuseRecord = true
	if _, err := r.Read(); err != nil {
		return err
	}
	var x [8]float32
	for range rows {
		record, err := r.Read()
		if err != nil {
			return err
		}
		for i := range x {
			v, err := strconv.ParseFloat(record[1+i], 32)
			if err != nil {
				return err
			}
			x[i] = float32(v)
		}
	}
	return nil
}
