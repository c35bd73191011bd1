package dataset

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"testing"
)

func TestBindByName(t *testing.T) {
	s := sample() // age, colour, rooms; class
	r := open(t, "x.csv", "rooms,extra,class,age,colour\n2,z,yes,50,red\n010,z,no,?,purple\n", Options{Names: s.Names()})
	e, err := s.Encoder(r)
	if err != nil {
		t.Fatal(err)
	}
	if !e.HasTarget() {
		t.Error("no target")
	}
	for i, want := range [][]float32{{1, 0, 0, 1, 0, 1, 0, 1}, {0.1, 0, 0, 0, 0, 0, 1, 0}} {
		row, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		var x [7]float32
		if err := e.EncodeRow(x[:], row); err != nil {
			t.Fatal(err)
		}
		y, raw, err := e.Target(row)
		if got := append(x[:], y); !sameBits(got, want) || raw != y || err != nil {
			t.Errorf("row %d: %v, %v, %v", i+1, got, raw, err)
		}
	}
	e, err = s.Bind([]string{"rooms", "age", "colour"}, true)
	if err != nil || e.HasTarget() {
		t.Errorf("without the target: %v", err)
	}
	if _, _, err := e.Target(Row{Text: []string{"1", "2", "red"}}); err == nil {
		t.Error("a target without a target")
	}
	_, err = s.Bind([]string{"rooms", "Age", "colour"}, true)
	wantError(t, err, `column "age": the model needs this column, and it is missing; there are "rooms", "Age", "colour"`)
	_, err = s.Bind([]string{"rooms", "age", "colour", "age"}, true)
	wantError(t, err, `column "age": the name is used twice`)
	_, err = s.Encoder(open(t, "x.csv", "age;colour;rooms\n", Options{Names: s.Names()}))
	wantError(t, err, `x.csv: column "age"`, "separated by semicolons?", "(the names are from the first line)")
	if err := e.Encode(make([]float32, 6), []string{"1", "2", "red"}); err == nil {
		t.Error("six inputs for seven: accepted")
	}
	if err := e.Encode(make([]float32, 7), []string{"1", "2"}); err == nil {
		t.Error("two values for three: accepted")
	}
	if err := e.EncodeNumbers(make([]float32, 7), []float32{1, 2}); err == nil {
		t.Error("two numbers for three: accepted")
	}
}

func TestBindByPosition(t *testing.T) {
	s := sample() // columns 1, 3, 4 of 6, target 2
	for _, c := range []struct {
		row    []string
		target bool
	}{
		{[]string{"id", "50", "yes", "red", "1", "z"}, true},
		{[]string{"id", "50", "red", "1", "z"}, false},
		{[]string{"50", "red", "1"}, false},
	} {
		var names []string
		for i := range c.row {
			names = append(names, columnName(i))
		}
		e, err := s.Bind(names, false)
		if err != nil {
			t.Errorf("%d columns: %v", len(c.row), err)
			continue
		}
		var x [7]float32
		if err := e.Encode(x[:], c.row); err != nil || !sameBits(x[:], []float32{1, 0, 0, 1, 1, 0, 0}) {
			t.Errorf("%d columns: %v, %v", len(c.row), x, err)
		}
		if e.HasTarget() != c.target {
			t.Errorf("%d columns: target %v", len(c.row), e.HasTarget())
		}
		if c.target {
			if y, _, err := e.Target(Row{Text: c.row}); y != 1 || err != nil {
				t.Errorf("%d columns: y %v, %v", len(c.row), y, err)
			}
		}
	}
	for _, n := range []int{1, 2, 4, 7} {
		names := make([]string, n)
		for i := range names {
			names[i] = columnName(i)
		}
		_, err := s.Bind(names, false)
		wantError(t, err, fmt.Sprintf("%d columns to be matched by position", n),
			"where the model's data had 6, 5 without the target, or 3 with the features only")
	}

	// A schema without names matches a source with names by position, unless the names are the same.
	table := mustLearn(t, "1,2,a\n3,5,b\n", Config{Target: "c3", Standardize: NoScaling})
	if table.Schema.Named || table.Schema.Names() != nil {
		t.Errorf("%+v", table.Schema)
	}
	for text, want := range map[string][]float32{
		"x,y\n1,2\n": {1, 2}, "c2,c1\n1,2\n": {2, 1}, "1,2\n": {1, 2}, "1,2,b": {1, 2},
	} {
		r := open(t, "x.csv", text, Options{Names: table.Schema.Names()})
		e, err := table.Schema.Encoder(r)
		if err != nil {
			t.Fatal(err)
		}
		row, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		var x [2]float32
		if err := e.EncodeRow(x[:], row); err != nil || !sameBits(x[:], want) {
			t.Errorf("%q: %v, %v", text, x, err)
		}
	}
}

func TestEncodeErrors(t *testing.T) {
	const header = "age,colour,rooms,class\n"
	for _, c := range []struct {
		missing, unknown Rule
		row              string
		parts            []string
	}{
		{RuleError, RuleError, "?,red,1,no", []string{`x.csv: line 3: column "age": a missing value ("?")`}},
		{RuleError, RuleError, "1, ,1,no", []string{`x.csv: line 3: column "colour": a missing value ("")`}},
		{RuleMean, RuleError, "1,pink,1,no", []string{`"colour": "pink" is none of the categories`, `"blue", "green"`}},
		{RuleMean, RuleError, "1,red,3,no", []string{`column "rooms": "3" is none of the categories`}},
		{RuleMean, RuleZero, "x,red,1,no", []string{`column "age": "x" is not a number`}},
		{RuleMean, RuleZero, "1e39,red,1,no", []string{`column "age": "1e39" is beyond`}},
		{RuleMean, RuleZero, "1,red,1,?", []string{`column "class": the target is missing`}},
		{RuleMean, RuleZero, "1,red,1,maybe", []string{`"class": "maybe" is not one of the model's classes: "no", "yes"`}},
	} {
		s := sample()
		s.OnMissing, s.OnUnknown = c.missing, c.unknown
		r := open(t, "x.csv", header+"1,red,1,no\n"+c.row+"\n", Options{Names: s.Names()})
		e, err := s.Encoder(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = e.ReadAll(r)
		wantError(t, err, c.parts...)
	}
	s := sample()
	s.Features[0].Scale = 1e-10
	e, err := s.Bind([]string{"age", "colour", "rooms"}, true)
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, e.Encode(make([]float32, 7), []string{"1e30", "red", "1"}), `"1e30" is too far from the training data`)
	_, _, err = e.ReadAll(open(t, "x.csv", "age,colour,rooms\n", Options{Names: s.Names()}))
	wantError(t, err, "x.csv: no rows")
}

func TestEncodeNumbers(t *testing.T) {
	s := sample()
	s.Named = false
	s.Features = []Feature{
		{Name: "c1", Mean: 40, Scale: 10, Fill: 41},
		{Name: "c2", Column: 1, Kind: Categorical, Categories: []string{"0.1", "2.0", "10", "16777216", "16777217"}},
	}
	s.Columns, s.Target = 3, Target{Name: "c3", Column: 2, Task: TaskMulticlass, Labels: []string{"0.5", "1", "2"}}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	e, err := s.Bind([]string{"c1", "c2", "c3"}, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		row, want []float32
		y         float32
	}{
		{[]float32{50, 2, 0.5}, []float32{1, 0, 1, 0, 0, 0}, 0},
		{[]float32{nan, 0.1, 2}, []float32{0.1, 1, 0, 0, 0, 0}, 2},
		{[]float32{30, nan, 1}, []float32{-1, 0, 0, 0, 0, 0}, 1},
		{[]float32{30, 3, 1}, []float32{-1, 0, 0, 0, 0, 0}, 1},
		{[]float32{30, 1 << 24, 1}, []float32{-1, 0, 0, 0, 0, 0}, 1}, // two categories are this number as float32
	} {
		x := []float32{9, 9, 9, 9, 9, 9}
		err := e.EncodeRow(x, Row{Numbers: c.row})
		y, raw, terr := e.Target(Row{Numbers: c.row})
		if err != nil || terr != nil || !sameBits(x, c.want) || y != c.y || raw != y {
			t.Errorf("%v: %v, %v, %v, %v", c.row, x, y, err, terr)
		}
	}
	x := make([]float32, 6)
	wantError(t, e.EncodeNumbers(x, []float32{float32(math.Inf(1)), 2, 0}), `column "c1": +Inf is not finite`)
	s.OnUnknown = RuleError
	wantError(t, e.EncodeNumbers(x, []float32{1, 3, 0}), `column "c2": 3 is none of the categories`)
	s.OnMissing = RuleError
	wantError(t, e.EncodeNumbers(x, []float32{nan, 3, 0}), `column "c1": a missing value ("NaN")`)
	_, _, err = e.Target(Row{Numbers: []float32{1, 2, 7}})
	wantError(t, err, `column "c3": "7" is not one of the model's classes`)
	_, _, err = e.Target(Row{Numbers: []float32{1, 2, nan}})
	wantError(t, err, `column "c3": the target is missing`)
	s.Target = Target{Name: "c3", Column: 2, Task: TaskRegression, Mean: 1, Scale: 4}
	y, raw, err := e.Target(Row{Numbers: []float32{1, 2, 7}})
	if y != 1.5 || raw != 7 || err != nil || s.Target.Value(y) != 7 {
		t.Errorf("regression: %v, %v, %v", y, raw, err)
	}
	y, raw, err = e.Target(Row{Text: []string{"1", "2", " 7 "}})
	if y != 1.5 || raw != 7 || err != nil {
		t.Errorf("regression of a text: %v, %v, %v", y, raw, err)
	}
	_, _, err = e.Target(Row{Text: []string{"1", "2", "x"}})
	wantError(t, err, `column "c3": "x" is not a number`)
	_, _, err = e.Target(Row{Numbers: []float32{1, 2, float32(math.Inf(-1))}})
	wantError(t, err, `column "c3": -Inf is not finite`)
}

func TestEncodingDoesNotAllocate(t *testing.T) {
	s := sample()
	e, err := s.Bind([]string{"age", "colour", "rooms"}, true)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, s.Width())
	for _, row := range [][]string{
		{"12.5", "red", "10"}, {"?", "pink", "010.0"}, {" -1.2345678901234567890e-3 ", "", "3"},
	} {
		if n := testing.AllocsPerRun(100, func() {
			if err := e.Encode(x, row); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%q: %v allocations", row, n)
		}
	}
	numbers := []float32{1, nan, 2}
	if n := testing.AllocsPerRun(100, func() {
		if err := e.EncodeNumbers(x, numbers); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("numbers: %v allocations", n)
	}
}

// lines gives a header and then count times the same row.
type lines struct {
	rest, row string
	count     int
}

func (l *lines) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if l.rest == "" {
			if l.count == 0 {
				return n, io.EOF
			}
			l.count--
			l.rest = l.row
		}
		k := copy(p[n:], l.rest)
		l.rest = l.rest[k:]
		n += k
	}
	return n, nil
}

func TestStreamingIsBounded(t *testing.T) {
	const rows = 200_000
	s := sample()
	for _, c := range []struct {
		name, header, row string
		perRow            float64 // allocations
	}{
		{"x.csv", "age,colour,rooms\n", "12.25,red,10\n", 1}, // the string that holds the fields
		{"x.jsonl", "", `{"age":12.25,"colour":"red","rooms":10}` + "\n", 1},
		{"x.idx", idx(0x08, "", rows, 3), "\x01\x02\x0a", 0},
	} {
		r, err := NewReader(c.name, &lines{rest: c.header, row: c.row, count: rows}, Options{Names: s.Names()})
		if err != nil {
			t.Fatal(err)
		}
		e, err := s.Encoder(r)
		if err != nil {
			t.Fatal(err)
		}
		x := make([]float32, s.Width())
		var before, after, at runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		n, most := 0, uint64(0)
		for {
			row, err := r.Next()
			if err == io.EOF {
				break
			}
			if err == nil {
				err = e.EncodeRow(x, row)
			}
			if err != nil {
				t.Fatal(err)
			}
			if n++; n%50_000 == 0 {
				runtime.GC()
				runtime.ReadMemStats(&at)
				most = max(most, at.HeapAlloc)
			}
		}
		runtime.ReadMemStats(&after)
		if n != rows {
			t.Errorf("%s: %d rows", c.name, n)
		}
		if per := float64(after.Mallocs-before.Mallocs) / rows; per > c.perRow+0.01 {
			t.Errorf("%s: %.3f allocations per row", c.name, per)
		}
		if most > before.HeapAlloc+1<<20 {
			t.Errorf("%s: the heap grew from %d to %d bytes", c.name, before.HeapAlloc, most)
		}
	}
}

// chunks gives its elements one at a time, as a pipe does that is written to slowly.
type chunks []string

func (c *chunks) Read(p []byte) (int, error) {
	if len(*c) == 0 {
		return 0, io.EOF
	}
	n := copy(p, (*c)[0])
	if (*c)[0] = (*c)[0][n:]; (*c)[0] == "" {
		*c = (*c)[1:]
	}
	return n, nil
}

// A row that is there is given without waiting for bytes after it, since whoever sends rows through a pipe may wait for
// the answer to one before the next.
func TestRowsAreGivenAsTheyCome(t *testing.T) {
	for _, c := range []struct {
		name string
		sent chunks
		left int // after the first row
	}{
		{"names", chunks{"a,b\n", "1,2\n", "3,4\n"}, 1},
		{"no names", chunks{"1,2\n", "3,4\n"}, 1},
		{"blank lines", chunks{"\n", " \r\n", "1,2\r\n", "3,4\n"}, 1},
		{"tabs.tsv", chunks{"1\t2\n", "3\t4\n"}, 1},
		{"JSON Lines", chunks{"\ufeff\n", "{\"a\":1}\n", "{\"a\":2}\n"}, 1},
		{"bytes one by one", chunks{"a", ",", "b", "\n", "1", ",", "2", "\n", "3", ",", "4", "\n"}, 4},
	} {
		r, err := NewReader(c.name, &c.sent, Options{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if _, err := r.Next(); err != nil || len(c.sent) != c.left {
			t.Errorf("%s: %d reads were not needed yet, want %d (%v)", c.name, len(c.sent), c.left, err)
		}
	}
}

// TestMissing: what a schema knows as a category or a label is not missing.
func TestMissing(t *testing.T) {
	s := &Schema{Features: []Feature{{Name: "a", Scale: 1}, {Name: "b", Kind: Categorical, Categories: []string{"NA", "x"}}},
		Target: Target{Labels: []string{"?", "yes"}}}
	spellings := ParseNA(DefaultNA)
	if got, want := s.Missing(spellings), []string{"", "NaN", "null"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := spellings, []string{"", "NA", "NaN", "null", "?"}; !slices.Equal(got, want) {
		t.Errorf("the argument is %q afterwards, it was %q", got, want)
	}
}
