package dataset

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// learn learns from CSV text.
func learn(t testing.TB, text string, cfg Config) (*Table, error) {
	t.Helper()
	r, err := NewReader("x.csv", strings.NewReader(text), Options{Names: []string{cfg.Target}})
	if err != nil {
		t.Fatal(err)
	}
	return Learn(r, cfg)
}

func mustLearn(t testing.TB, text string, cfg Config) *Table {
	t.Helper()
	table, err := learn(t, text, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestLearnScaling(t *testing.T) {
	const text = "a,b,y\n1,5,10\n2,5,20\n6,5,60\n100,9,0.5\n"
	third := 14.0 / 3 // the variance of 1, 2, 6
	sd := float32(math.Sqrt(third))
	for _, c := range []struct {
		how      Standardize
		a, b, y  [2]float32 // mean, scale
		firstRow []float32
	}{
		{StandardizeAuto, [2]float32{3, sd}, [2]float32{5, 1}, [2]float32{30, float32(math.Sqrt(third * 100))},
			[]float32{-2 / sd, 0}},
		{ZScore, [2]float32{3, sd}, [2]float32{5, 1}, [2]float32{30, float32(math.Sqrt(third * 100))},
			[]float32{-2 / sd, 0}},
		{MinMax, [2]float32{1, 5}, [2]float32{5, 1}, [2]float32{0, 1}, []float32{0, 0}},
		{NoScaling, [2]float32{0, 1}, [2]float32{0, 1}, [2]float32{0, 1}, []float32{1, 5}},
	} {
		// 4 rows, of which the last is for validation and has no part in the statistics.
		table := mustLearn(t, text, Config{Target: "y", Standardize: c.how, ValidationSplit: 0.25})
		s := table.Schema
		want := &Schema{
			Features: []Feature{
				{Name: "a", Column: 0, Mean: c.a[0], Scale: c.a[1]},
				{Name: "b", Column: 1, Mean: c.b[0], Scale: c.b[1]},
			},
			Target:  Target{Name: "y", Column: 2, Task: TaskRegression, Mean: c.y[0], Scale: c.y[1]},
			NA:      []string{"", "NA", "NaN", "null", "?"},
			Columns: 3, Named: true,
		}
		if !reflect.DeepEqual(s, want) {
			t.Errorf("%v: schema %+v, want %+v", c.how, s, want)
		}
		if table.Rows != 4 || table.TrainRows != 3 || !sameBits(table.X[:2], c.firstRow) {
			t.Errorf("%v: %+v", c.how, table)
		}
		if y := (10 - c.y[0]) / c.y[1]; table.Y[0] != y {
			t.Errorf("%v: y %g, want %g", c.how, table.Y[0], y)
		}
	}
}

func TestLearnMissing(t *testing.T) {
	const text = "n,c,y\n1,x,a\n?,y,b\n5,NA,b\n,x,a\n"
	_, err := learn(t, text, Config{Target: "y"})
	wantError(t, err, `x.csv: line 3: column "n": a missing value ("?")`)
	for rule, fill := range map[Rule]float32{RuleMean: 3, RuleZero: 0} {
		table := mustLearn(t, text, Config{Target: "y", OnMissing: rule, OnUnknown: RuleZero})
		f := table.Schema.Features
		if f[0].Mean != 3 || f[0].Scale != 2 || f[0].Fill != fill || table.Schema.OnMissing != rule ||
			table.Schema.OnUnknown != RuleZero {
			t.Errorf("%v: %+v", rule, table.Schema)
		}
		m := (fill - 3) / 2
		if want := []float32{-1, 1, 0, m, 0, 1, 1, 0, 0, m, 1, 0}; !sameBits(table.X, want) {
			t.Errorf("%v: %v, want %v", rule, table.X, want)
		}
	}
	table := mustLearn(t, "n,y\n-,1.5\n2,2.5\n4,-9\n", Config{Target: "y", NA: []string{"-"}, OnMissing: RuleZero})
	if want := []float32{-3, -1, 1}; !sameBits(table.X, want) {
		t.Errorf("its own spelling: %v, want %v", table.X, want)
	}
	// A spelling may be a number.
	table = mustLearn(t, "n,y\n-9,1.5\n2,2.5\n4,-9.0\n", Config{Target: "y", NA: []string{"-9"}, OnMissing: RuleMean})
	if want := []float32{0, -1, 1}; !sameBits(table.X, want) {
		t.Errorf("a number as its spelling: %v, want %v", table.X, want)
	}
}

func TestLearnTask(t *testing.T) {
	column := func(values ...string) string {
		return "x,y\n1," + strings.Join(values, "\n2,") + "\n"
	}
	var numbers []string
	for i := range 21 {
		numbers = append(numbers, fmt.Sprint(i*i))
	}
	for _, c := range []struct {
		name   string
		values []string
		task   Task // of Config
		want   Task
		labels []string
		y      []float32 // of the first rows
	}{
		{"two texts", []string{"no", "yes", "no"}, TaskNone, TaskBinary, []string{"no", "yes"}, []float32{0, 1, 0}},
		{"by bytes", []string{"b", "a", "B", "é"}, TaskNone, TaskMulticlass, []string{"B", "a", "b", "é"},
			[]float32{2, 1, 0, 3}},
		{"two numbers", []string{"1", "-1", "1"}, TaskNone, TaskBinary, []string{"-1", "1"}, []float32{1, 0, 1}},
		{"by value", []string{"10", "9", "010", "1e1", "-3.0"}, TaskNone, TaskMulticlass, []string{"-3.0", "9", "10"},
			[]float32{2, 1, 2, 2, 0}},
		{"mixed", []string{"10", "9", "x", "y", "z"}, TaskNone, TaskMulticlass, []string{"10", "9", "x", "y", "z"},
			[]float32{0, 1, 2, 3, 4}},
		{"20 whole numbers", numbers[:20], TaskNone, TaskMulticlass, numbers[:20], []float32{0, 1, 2}},
		{"21 whole numbers", numbers, TaskNone, TaskRegression, nil, nil},
		{"20, one in two spellings", append([]string{"4.0"}, numbers[:20]...), TaskNone, TaskMulticlass,
			append([]string{"0", "1", "4.0"}, numbers[3:20]...), []float32{2, 0, 1, 2}},
		{"fractions", []string{"1", "2.5", "1"}, TaskNone, TaskRegression, nil, nil},
		{"21 classes", numbers, TaskMulticlass, TaskMulticlass, numbers, []float32{0, 1}},
		{"fractions as classes", []string{"1", "2.5", "1"}, TaskBinary, TaskBinary, []string{"1", "2.5"}, []float32{0, 1}},
		{"two as many", []string{"a", "b"}, TaskMulticlass, TaskMulticlass, []string{"a", "b"}, []float32{0, 1}},
		{"few numbers as a regression", []string{"1", "3"}, TaskRegression, TaskRegression, nil, []float32{-1, 1}},
		{"a typing error as a class", []string{"1", "2", "l"}, TaskMulticlass, TaskMulticlass, []string{"1", "2", "l"},
			[]float32{0, 1, 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			table := mustLearn(t, column(c.values...), Config{Target: "y", Task: c.task})
			got := table.Schema.Target
			if got.Task != c.want || !reflect.DeepEqual(got.Labels, c.labels) || !sameBits(table.Y[:len(c.y)], c.y) {
				t.Errorf("%+v, y %v", got, table.Y)
			}
		})
	}
	for _, c := range []struct {
		values []string
		task   Task
		parts  []string
	}{
		{[]string{"a", "a"}, TaskNone, []string{`x.csv: column "y": every row is of the class "a"`}},
		{[]string{"1", "1.0"}, TaskNone, []string{`every row is of the class "1"`}},
		{[]string{"a", "b", "c"}, TaskBinary, []string{`3 classes`, `"a", "b", "c"`}},
		{[]string{"1", "2", "x"}, TaskRegression, []string{`x.csv: line 4: column "y": "x" is not a number`}},
		{[]string{"1.5", "2,5", "3", "x"}, TaskRegression, []string{"x.csv: line 3:", "3 fields"}},
		{[]string{"1.5", "2", "x", "x"}, TaskNone, []string{`x.csv: line 4: column "y": "x" is not a number`}},
		{[]string{"1.5", "", "3"}, TaskNone, []string{`x.csv: line 3: column "y": the target is missing`}},
		{[]string{"1.5", "inf", "3"}, TaskNone, []string{`line 3: column "y": "inf" is not a finite number`}},
		{[]string{"1.5", "\xff"}, TaskNone, []string{`line 3: column "y": "\xff" is not valid UTF-8`}},
	} {
		_, err := learn(t, column(c.values...), Config{Target: "y", Task: c.task, OnMissing: RuleMean})
		wantError(t, err, c.parts...)
	}
}

func TestLearnColumns(t *testing.T) {
	const text = "id,a,b,c,y\n1,0.5,x,7,no\n2,1.5,y,8,yes\n3,1.0,x,7,no\n"
	for _, c := range []struct {
		cfg  Config
		want []string
	}{
		{Config{}, []string{"id", "a", "b=x", "b=y", "c"}},
		{Config{Drop: []string{"id"}}, []string{"a", "b=x", "b=y", "c"}},
		{Config{Features: []string{"c", "a"}}, []string{"a", "c"}},
		{Config{Features: []string{"c", "a", "b"}, Drop: []string{"a"}}, []string{"b=x", "b=y", "c"}},
		{Config{Categorical: []string{"c"}, Drop: []string{"id", "b"}}, []string{"a", "c=7", "c=8"}},
	} {
		c.cfg.Target = "y"
		table := mustLearn(t, text, c.cfg)
		if got := table.Schema.InputNames(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v: inputs %q", c.cfg, got)
		}
		if len(table.X) != 3*len(c.want) {
			t.Errorf("%d inputs", len(table.X))
		}
	}
	for _, c := range []struct {
		cfg   Config
		parts []string
	}{
		{Config{Target: "z"}, []string{`x.csv: column "z": there is no such column (target)`, `"id", "a", "b", "c", "y"`}},
		{Config{Target: "y", Features: []string{"a", "z"}}, []string{`column "z": there is no such column (features)`}},
		{Config{Target: "y", Drop: []string{"z"}}, []string{`column "z": there is no such column (drop)`}},
		{Config{Target: "y", Categorical: []string{"z"}}, []string{`column "z": there is no such column (categorical)`}},
		{Config{Target: "y", Categorical: []string{"y"}}, []string{`column "y": it is called categorical, but`}},
		{Config{Target: "y", Features: []string{"y"}}, []string{`column "y": it is the target`}},
		{Config{Target: "y", Features: []string{}}, []string{"no columns are left"}},
		{Config{Target: "y", Drop: []string{"a", "b", "c", "id"}}, []string{"no columns are left"}},
	} {
		_, err := learn(t, text, c.cfg)
		wantError(t, err, c.parts...)
	}
	if _, err := learn(t, text, Config{}); err == nil {
		t.Error("no target: accepted")
	}
	for _, f := range []float64{-0.1, 1, math.NaN()} {
		if _, err := learn(t, text, Config{Target: "y", ValidationSplit: f}); err == nil {
			t.Errorf("validation split %g: accepted", f)
		}
	}
}

func TestLearnErrors(t *testing.T) {
	var ids, floats, mixed strings.Builder
	for i := range MaxCategories + 1 {
		fmt.Fprintf(&ids, "n%d,%d\n", i, i%2)
		fmt.Fprintf(&floats, "%d.5,%d\n", i, i%2)
		fmt.Fprintf(&mixed, "%d.5,0\nx,1\ny,1\n", i)
	}
	for _, c := range []struct {
		name, text string
		cfg        Config
		parts      []string
	}{
		{"no rows", "a,y\n", Config{}, []string{"x.csv: no rows"}},
		{"a typing error", "a,y\n1,0\n2,1\nx,1\n3,1\n4.o,1\n", Config{},
			[]string{`x.csv: line 4: column "a": "x" is not a number (if a holds categories, say --categorical a)`}},
		{"half is not most", "a,y\n1,0\nx,1\n", Config{}, []string{`line 3: column "a": "x" is not a number`}},
		{"decimal commas", "a;y\n1,5;0\n", Config{}, []string{`column "y": there is no such column`, "semicolons?"}},
		{"semicolons", "a;y\n1;0\n", Config{}, []string{`column "y": there is no such column`, "separated by semicolons?"}},
		{"no header", "1,2\n3,4\n", Config{}, []string{`column "y"`, `"c1", "c2"`, "--header yes"}},
		{"header only by flag", "a,y\nx,y\n", Config{Target: "z"}, []string{`column "z"`, "from the first line"}},
		{"an infinity", "a,y\n1,0\ninf,1\n2,1\n", Config{}, []string{`line 3: column "a": "inf" is not a finite number`}},
		{"too large", "a,y\n1,0\n1e39,1\n2,1\n", Config{}, []string{`line 3: column "a": "1e39" is beyond the range`}},
		{"too wide", "a,y\n-3e38,0\n3e38,1\n", Config{Standardize: MinMax}, []string{`"a": the values from -3e+38 to 3e+38`}},
		{"too far", "a,y\n0,0\n1e-40,1\n3e38,1\n", Config{ValidationSplit: 0.3},
			[]string{`row 3: column "a": 3e+38 is too far`}},
		{"only missing values", "a,b,y\n,1,0\n,2,1\n", Config{OnMissing: RuleZero}, []string{`column "a": no values at all`}},
		{"only missing in training", "a,y\n,0\n,1\n5,1\n", Config{OnMissing: RuleMean, ValidationSplit: 0.3},
			[]string{`column "a": no values in the 2 rows for training`}},
		{"no rows for training", "a,y\n1,0\n", Config{ValidationSplit: 0.5}, []string{"validation split of 0.5 leaves none"}},
		{"too many categories", "a,y\n" + ids.String(), Config{},
			[]string{`x.csv: column "a": more than 1000 different values, too much for categories: --drop a`}},
		{"too many categories by name", "a,y\n" + floats.String(), Config{Categorical: []string{"a"}},
			[]string{`x.csv: line 1002: column "a": more than 1000 different values`}},
		{"too many mixed", "a,y\n" + mixed.String(), Config{}, []string{`column "a": more than 1000 different values`}},
		{"too many classes", "y,a\n" + ids.String(), Config{}, []string{`column "y": more than 1000 different values`,
			"not classes"}},
		{"a long category", "a,y\n" + strings.Repeat("x", 1025) + ",0\nz,1\n", Config{},
			[]string{`column "a": a value of 1025 bytes, too much`}},
		{"not UTF-8", "a,y\nM\xfcller,0\nx,1\n", Config{}, []string{`line 2: column "a": "M\xfcller" is not valid UTF-8`}},
		{"a column without a name", ",a,y\n0,1,0\n1,1,1\n", Config{}, []string{"column 1 has no name: --drop c1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.cfg.Target == "" {
				c.cfg.Target = "y"
			}
			_, err := learn(t, c.text, c.cfg)
			wantError(t, err, c.parts...)
		})
	}
	// Many different numbers are no trouble, nor is a column without a name that is named all the same.
	table := mustLearn(t, "a,y\n"+floats.String(), Config{Target: "y", Standardize: NoScaling})
	if table.X[0] != 0.5 || table.X[MaxCategories] != MaxCategories+0.5 || table.Schema.Target.Task != TaskBinary {
		t.Errorf("%v … %v", table.X[0], table.X[MaxCategories])
	}
	mustLearn(t, ",a,y\n0,1,0\n1,1,1\n", Config{Target: "y", Drop: []string{"c1"}})
	mustLearn(t, ",a,y\n0,1,0\n1,1,1\n", Config{Target: "y", Features: []string{"c1"}})
}

func TestLearnManyDifferentTargets(t *testing.T) {
	var b strings.Builder
	b.WriteString("a,y\n")
	for i := range 3000 {
		fmt.Fprintf(&b, "%d,%d\n", i%7, i)
	}
	table := mustLearn(t, b.String(), Config{Target: "y", Standardize: NoScaling})
	if table.Schema.Target.Task != TaskRegression || table.Y[0] != 0 || table.Y[2999] != 2999 || table.Y[500] != 500 {
		t.Errorf("%+v, %v", table.Schema.Target, table.Y[:3])
	}
	_, err := learn(t, b.String(), Config{Target: "y", Task: TaskMulticlass})
	wantError(t, err, `line 1002: column "y": more than 1000 different values: these are not classes`)
}

func TestLearnJSON(t *testing.T) {
	text := `{"n":1,"t":"x","ok":true,"y":"a"}` + "\n" + `{"y":"b","n":null,"t":"y","ok":false}` + "\n" +
		`{"n":3,"t":"x","y":"a"}`
	r := open(t, "x.jsonl", text, Options{})
	_, err := Learn(r, Config{Target: "y"})
	wantError(t, err, `x.jsonl: line 2: column "n": a missing value ("null")`)
	table, err := Learn(open(t, "x.jsonl", text, Options{}), Config{Target: "y", OnMissing: RuleMean, NA: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	want := []float32{-1, 1, 0, 0, 1, 0, 0, 1, 1, 0, 1, 1, 0, 0, 0}
	if !sameBits(table.X, want) || !table.Schema.Named {
		t.Errorf("%q: %v, want %v", table.Schema.InputNames(), table.X, want)
	}
	text += "\n" + `{"n":1,"t":"x","z":1}`
	_, err = Learn(open(t, "x.jsonl", text, Options{}), Config{Target: "y", OnMissing: RuleMean})
	wantError(t, err, `x.jsonl: line 4: column "z": a key that the first object lacks`)
}

func TestLearnNumbers(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	images := write("images-idx3-ubyte", idx(0x08, "\x00\xff\x33\x66\x99\xcc", 3, 1, 2))
	labels := write("labels-idx1-ubyte", idx(0x08, "\x0a\x09\x0a", 3))
	r, err := Open(images, Options{Labels: labels})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	table, err := Learn(r, Config{ValidationSplit: 0.3})
	if err != nil {
		t.Fatal(err)
	}
	want := &Schema{
		Features: []Feature{{Name: "c1", Scale: 255}, {Name: "c2", Column: 1, Scale: 255}},
		Target:   Target{Name: "label", Column: -1, Task: TaskBinary, Labels: []string{"9", "10"}},
		NA:       defaultNA, Columns: 2,
	}
	if !reflect.DeepEqual(table.Schema, want) {
		t.Errorf("schema %+v", table.Schema)
	}
	if x := []float32{0, 1, 51. / 255, 102. / 255, 153. / 255, 204. / 255}; !sameBits(table.X, x) {
		t.Errorf("%v, want %v", table.X, x)
	}
	if !sameBits(table.Y, []float32{1, 0, 1}) || table.TrainRows != 2 {
		t.Errorf("%v", table.Y)
	}

	// The same bytes as floats, with a missing one, z-scored, with a categorical column and the target inside.
	values := []float32{1, 7, 0.5, 3, 8, 1.5, nan, 7, 2.5}
	var b bytes.Buffer
	for _, v := range values {
		u := math.Float32bits(v)
		b.Write([]byte{byte(u), byte(u >> 8), byte(u >> 16), byte(u >> 24)})
	}
	matrix := npyFile("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 3)}", b.String())
	_, err = Learn(open(t, "x.npy", matrix, Options{}), Config{Target: "c3"})
	wantError(t, err, `x.npy: row 3: column "c1": a missing value`)
	cfg := Config{Target: "c3", OnMissing: RuleMean, Categorical: []string{"c2"}}
	table, err = Learn(open(t, "x.npy", matrix, Options{}), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if x := []float32{-1, 1, 0, 1, 0, 1, 0, 1, 0}; !sameBits(table.X, x) {
		t.Errorf("%q: %v, want %v", table.Schema.InputNames(), table.X, x)
	}
	if table.Schema.Target.Task != TaskRegression || table.Schema.Target.Mean != 1.5 {
		t.Errorf("%+v", table.Schema.Target)
	}
	large := npyFile("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2)}",
		"\x00\x00\x00\x00\x00\x00\xf0\x7e\x00\x00\x00\x00\x00\x00\xf0\x3f")
	_, err = Learn(open(t, "x.npy", large, Options{}), Config{Target: "c2"})
	wantError(t, err, `x.npy: row 1: column "c1": +Inf is not finite, or beyond the range of float32`)
}
