package dataset

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func openData(t testing.TB, file string, names ...string) *Reader {
	t.Helper()
	r, err := Open("../examples/data/"+file, Options{Names: names})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func TestRealData(t *testing.T) {
	digits := []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}
	for _, c := range []struct {
		file, target string
		cfg          Config
		rows, inputs int
		task         Task
		labels       []string
		counts       map[float32]int // how often y is this
	}{
		{"pima.csv", "diabetes", Config{}, 768, 8, TaskBinary, []string{"neg", "pos"}, map[float32]int{0: 500, 1: 268}},
		{"iris.csv", "species", Config{}, 150, 4, TaskMulticlass, []string{"setosa", "versicolor", "virginica"},
			map[float32]int{0: 50, 1: 50, 2: 50}},
		{"breast_cancer.csv", "class", Config{Drop: []string{"id"}, OnMissing: RuleMean}, 699, 9, TaskBinary,
			[]string{"benign", "malignant"}, map[float32]int{0: 458, 1: 241}},
		{"digits.csv.gz", "digit", Config{}, 1797, 64, TaskMulticlass, digits, map[float32]int{0: 178, 9: 180}},
		{"letter.csv.gz", "lettr", Config{ValidationSplit: 0.2}, 20000, 16, TaskMulticlass,
			strings.Split("ABCDEFGHIJKLMNOPQRSTUVWXYZ", ""), map[float32]int{0: 789, 25: 734}},
		{"diabetes_progression.csv", "progression", Config{}, 442, 10, TaskRegression, nil, nil},
	} {
		t.Run(c.file, func(t *testing.T) {
			c.cfg.Target = c.target
			table, err := Learn(openData(t, c.file, c.target), c.cfg)
			if err != nil {
				t.Fatal(err)
			}
			s := table.Schema
			if table.Rows != c.rows || s.Width() != c.inputs || len(table.X) != c.rows*c.inputs || len(table.Y) != c.rows {
				t.Errorf("%d rows of %d inputs", table.Rows, s.Width())
			}
			if s.Target.Name != c.target || s.Target.Task != c.task || !reflect.DeepEqual(s.Target.Labels, c.labels) {
				t.Errorf("target %+v", s.Target)
			}
			counts := map[float32]int{}
			for _, y := range table.Y {
				counts[y]++
			}
			for y, n := range c.counts {
				if counts[y] != n {
					t.Errorf("class %g: %d rows, want %d", y, counts[y], n)
				}
			}
			checkStandardized(t, table)

			// Read again through the schema, the data is the same, bit for bit.
			src := openData(t, c.file, s.Names()...)
			e, err := s.Encoder(src)
			if err != nil {
				t.Fatal(err)
			}
			x, y, err := e.ReadAll(src)
			if err != nil || !sameBits(x, table.X) || !sameBits(y, table.Y) {
				t.Errorf("read again: %d inputs, %d targets, %v", len(x), len(y), err)
			}
		})
	}
}

// checkStandardized checks that the inputs of the training rows have mean 0 and standard deviation 1, or are constant.
func checkStandardized(t *testing.T, table *Table) {
	width := table.Schema.Width()
	for c := range width {
		var sum, squares float64
		for r := range table.TrainRows {
			v := float64(table.X[r*width+c])
			sum += v
			squares += v * v
		}
		n := float64(table.TrainRows)
		mean, deviation := sum/n, math.Sqrt(squares/n)
		if f := table.Schema.Features[c]; f.Fill != 0 { // missing values are at the mean, but do not count
			deviation = 1
		}
		if math.Abs(mean) > 1e-5 || math.Abs(deviation-1) > 1e-5 && deviation != 0 {
			t.Errorf("input %d: mean %g, deviation %g", c, mean, deviation)
		}
	}
}

func TestPimaFigures(t *testing.T) {
	table, err := Learn(openData(t, "pima.csv", "diabetes"), Config{Target: "diabetes"})
	if err != nil {
		t.Fatal(err)
	}
	// As Python's statistics.fmean and pstdev give them, to six digits.
	for i, want := range []string{"pregnancies 3.84505 3.36738", "glucose 120.895 31.9518", "pressure 69.1055 19.3432"} {
		f := table.Schema.Features[i]
		if got := fmt.Sprintf("%s %.6g %.6g", f.Name, f.Mean, f.Scale); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if want := []float32{0.63994724, 0.8483238}; !sameBits(table.X[:2], want) {
		t.Errorf("%v, want %v", table.X[:2], want)
	}
}

func TestBreastCancerMissing(t *testing.T) {
	cfg := Config{Target: "class", Drop: []string{"id"}}
	_, err := Learn(openData(t, "breast_cancer.csv", "class"), cfg)
	wantError(t, err, "breast_cancer.csv: line 25: column \"bare_nuclei\": a missing value (\"\")")
	cfg.OnMissing = RuleMean
	table, err := Learn(openData(t, "breast_cancer.csv", "class"), cfg)
	if err != nil {
		t.Fatal(err)
	}
	f := table.Schema.Features[5]
	if f.Name != "bare_nuclei" || f.Fill != f.Mean || f.Mean < 3.5 || f.Mean > 3.6 {
		t.Errorf("%+v", f)
	}
	zeros := 0
	for r := range table.Rows {
		if table.X[r*9+5] == 0 {
			zeros++
		}
	}
	if zeros != 16 {
		t.Errorf("%d missing values, want 16", zeros)
	}
}

func TestReady(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.csv")
	const csv = "a\n1\n2\n"
	if err := os.WriteFile(path, []byte(csv), 0o666); err != nil {
		t.Fatal(err)
	}
	file, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for name, c := range map[string]struct {
		r    *Reader
		want []bool // before each of two rows and at the end
	}{
		"file":      {file, []bool{true, true, true}},
		"CSV":       {open(t, "x", csv, Options{}), []bool{true, true, false}},
		"no header": {open(t, "x", "1\n2\n", Options{Header: HeaderNo}), []bool{true, true, false}},
		"JSONL":     {open(t, "x", "{\"a\":1}\n{\"a\":2}\n", Options{}), []bool{true, true, false}},
		"IDX":       {open(t, "x", idx(0x08, "abcd", 2, 2), Options{}), []bool{true, true, false}},
	} {
		for i, want := range c.want {
			if got := c.r.Ready(); got != want {
				t.Errorf("%s: ready %v before row %d", name, got, i+1)
			}
			if _, err := c.r.Next(); (err == nil) != (i < 2) {
				t.Errorf("%s: row %d: %v", name, i+1, err)
			}
		}
	}
}
