package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// BenchmarkRun measures `nnrt run` on files of ten columns, eight of them features of net A (8-10-8-1) and numbers as
// people write them, beside the least that a program built on encoding/csv has to do with the same file: read it and
// parse the eight numbers, without scaling, predicting or printing.
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
	data, lines := filepath.Join(folder, "rows.csv"), filepath.Join(folder, "rows.jsonl")
	writeRows(b, data, rows, pimaNames, appendCSVRow)
	writeRows(b, lines, rows, nil, appendJSONRow)
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
			runtime.GC() // not the garbage of what was measured before
			for b.Loop() {
				if err := c.work(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// pimaNames are the columns of pimaValues; the features stand at 1 to 8.
var pimaNames = []string{"id", "pregnancies", "glucose", "pressure", "triceps", "insulin", "bmi", "pedigree", "age",
	"diabetes"}

// pimaValues returns the values of a row like those of the Pima data, in several spellings.
func pimaValues(r *rand.Rand, row int) []string {
	pedigree := fmt.Sprintf("%.3f", 0.1+2*r.Float64())
	if row%10 == 0 {
		pedigree = fmt.Sprintf("%.1fe-3", -1.5+r.Float64())
	}
	return []string{
		strconv.Itoa(row + 1),
		strconv.Itoa(r.IntN(15)),
		fmt.Sprintf("%.2f", 80+100*r.Float64()),
		strconv.Itoa(40 + r.IntN(70)),
		strconv.Itoa(r.IntN(60)),
		strconv.FormatFloat(float64(r.Float32()*400), 'g', -1, 32),
		fmt.Sprintf("%.1f", 18+30*r.Float64()),
		pedigree,
		strconv.Itoa(21 + r.IntN(50)),
		[]string{"neg", "pos"}[r.IntN(2)],
	}
}

// writeRows writes a file of so many rows, after the header if there is one, the same ones every time.
func writeRows(b *testing.B, path string, rows int, header []string, appendRow func([]byte, []string) []byte) {
	b.Helper()
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	var line []byte
	if header != nil {
		line = appendRow(line, header)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range rows {
		w.Write(line)
		line = appendRow(line[:0], pimaValues(r, i))
	}
	w.Write(line)
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		b.Fatal(err)
	}
}

func appendCSVRow(b []byte, values []string) []byte {
	return append(append(b, strings.Join(values, ",")...), '\n')
}

func appendJSONRow(b []byte, values []string) []byte {
	for i, v := range values {
		if i == len(values)-1 {
			v = strconv.Quote(v)
		}
		b = fmt.Appendf(b, "%c%q:%s", "{,"[min(i, 1)], pimaNames[i], v)
	}
	return append(b, "}\n"...)
}

// runTo runs `nnrt run` with the predictions to out.
func runTo(out io.Writer, args ...string) error {
	if code := doMain(append([]string{"run"}, args...), nil, out, os.Stderr); code != exitDone {
		return fmt.Errorf("exit code %d", code)
	}
	return nil
}

// parseWithLibrary reads the eight features of a file of pimaValues with encoding/csv and strconv.
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
