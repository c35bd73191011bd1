package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"nnrt/dataset"
	"nnrt/internal/modeltest"
	"nnrt/net"
)

func mustSchema(*testing.T) *dataset.Schema {
	return &dataset.Schema{Features: numericFeatures("a"), Columns: 2, Named: true,
		Target: dataset.Target{Name: "y", Column: 1, Task: dataset.TaskMulticlass, Labels: []string{"1", "2", "x=y"}}}
}

// evalJSON evaluates a model on a CSV text.
func evalJSON(t *testing.T, model, csv string) map[string]any {
	t.Helper()
	out := nnrt("eval", model, writeFile(t, "data.csv", csv), "--json").must(t)
	var values map[string]any
	if err := json.Unmarshal([]byte(out), &values); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return values
}

// wantNumbers compares figures.
func wantNumbers(t *testing.T, got map[string]any, want map[string]float64) {
	t.Helper()
	for name, w := range want {
		v, ok := got[name].(float64)
		if !ok || math.Abs(v-w) > 1e-6*(1+math.Abs(w)) {
			t.Errorf("%s is %v, want %v", name, got[name], w)
		}
	}
}

func wantJSON(t *testing.T, got any, want string) {
	t.Helper()
	text, err := json.Marshal(got)
	if err != nil || string(text) != want {
		t.Errorf("%s, %v, want %s", text, err, want)
	}
}

func TestEvalTwoClasses(t *testing.T) {
	model := handmadeBinary(t)
	data := "a,y\n2,pos\n1,neg\n-1,neg\n0,pos\n-2,neg\n3,pos\n"
	got := evalJSON(t, model, data)
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	loss := -(math.Log(sigmoid(2)) + math.Log(1-sigmoid(1)) + math.Log(1-sigmoid(-1)) + math.Log(0.5) +
		math.Log(1-sigmoid(-2)) + math.Log(sigmoid(3))) / 6
	// At 0 the probability is exactly ½, which is not above it: neg. auc: of 9 pairs all but (0, 1) are in order.
	wantNumbers(t, got, map[string]float64{"rows": 6, "loss": loss, "accuracy": 4. / 6, "precision": 2. / 3,
		"recall": 2. / 3, "f1": 2. / 3, "auc": 8. / 9})
	wantJSON(t, got["confusion"], "[[2,1],[1,2]]")
	wantJSON(t, got["labels"], `["neg","pos"]`)
	wantJSON(t, got["positive"], `"pos"`)
	table := nnrt("eval", model, writeFile(t, "data.csv", data)).must(t)
	for _, want := range []string{"rows       6\n", "accuracy   0.666667\n", "neg    2    1\n", "pos    1    2\n"} {
		if !strings.Contains(table, want) {
			t.Errorf("the table lacks %q:\n%s", want, table)
		}
	}
}

func TestEvalClasses(t *testing.T) {
	model := handmadeClasses(t)
	got := evalJSON(t, model, "a,b,c,which\n5,1,0,first\n0,5,1,first\n1,5,0,\"se\"\"cond\"\n0,1,5,\"third, last\"\n"+
		"5,0,1,\"third, last\"\n")
	wantNumbers(t, got, map[string]float64{"rows": 5, "accuracy": 3. / 5, "top_k": 4. / 5, "k": 2})
	wantJSON(t, got["confusion"], "[[1,1,0],[0,1,0],[1,0,1]]")
	wantJSON(t, got["classes"], `[{"f1":0.5,"label":"first","precision":0.5,"recall":0.5,"rows":2},`+
		`{"f1":0.6666666666666666,"label":"se\"cond","precision":0.5,"recall":1,"rows":1},`+
		`{"f1":0.6666666666666666,"label":"third, last","precision":1,"recall":0.5,"rows":2}]`)
}

func TestEvalRegressionIsInTheTargetsUnits(t *testing.T) {
	got := evalJSON(t, handmadeModel(t), "a,b,y\n1,2,17\n0.25,0.5,10.5\n3,2,24\n") // predictions 18, 10.5 and 22
	mean := (17 + 10.5 + 24) / 3
	spread := math.Pow(17-mean, 2) + math.Pow(10.5-mean, 2) + math.Pow(24-mean, 2)
	wantNumbers(t, got, map[string]float64{"rows": 3, "loss": 5. / 3 / 4, "mse": 5. / 3, "mae": 1,
		"rmse": math.Sqrt(5. / 3),
		"r2":   1 - 5/spread})
	// With one target r2 is 1 if it is met and 0 if not, as in training. The mean of 16.1 is not exact.
	for data, want := range map[string]float64{"1,2,18\n1,2,18\n": 1, "1,2,16.1\n0,1,16.1\n4,2,16.1\n": 0} {
		if got := evalJSON(t, handmadeModel(t), "a,b,y\n"+data); got["r2"] != want {
			t.Errorf("%q: r2 is %v, want %v", data, got["r2"], want)
		}
	}
}

func TestEvalRefusesBadData(t *testing.T) {
	model := handmadeBinary(t)
	for _, c := range []struct{ data, want string }{
		{"a\n1\n", `column "y": the target is missing`},
		{"a,y\n", "no rows"},
		{"a,y\n1,maybe\n", "line 2"},
		{"a,y\n1,\n", "line 2"},
		{"a,y\nx,pos\n", `column "a"`},
	} {
		nnrt("eval", model, writeFile(t, "data.csv", c.data)).wants(t, exitData, c.want)
	}
	bare := saveModel(t, 1, 1, net.Linear, []float32{1, 0}, nil)
	nnrt("eval", bare, writeFile(t, "data.csv", "1,2\n")).wants(t, exitUsage, "no schema")
	nnrt("eval", model, filepath.Join(t.TempDir(), "none.csv")).wants(t, exitFailed, "none.csv")
}

func TestBadModelFiles(t *testing.T) {
	good := handmadeBinary(t)
	content := []byte(readFile(t, good))
	damage := func(f func(b []byte) []byte) string {
		path := filepath.Join(t.TempDir(), "bad.bin")
		if err := os.WriteFile(path, f(append([]byte(nil), content...)), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	data := writeFile(t, "data.csv", "a,y\n1,pos\n")
	for name, path := range map[string]string{
		"cut short": damage(func(b []byte) []byte { return b[:len(b)-1] }),
		"longer":    damage(func(b []byte) []byte { return append(b, 0) }),
		"a bit":     damage(func(b []byte) []byte { b[len(b)-1] ^= 1; return b }),
		"empty":     damage(func(b []byte) []byte { return nil }),
		"text":      data,
		"one byte":  damage(func(b []byte) []byte { return b[:1] }),
		"version 2": damage(func(b []byte) []byte { b[8] = 2; return modeltest.Reseal(b) }),
		"flags":     damage(func(b []byte) []byte { b[24] = 1; return modeltest.Reseal(b) }),
		"NaN":       damage(func(b []byte) []byte { b[len(b)-1], b[len(b)-2] = 0x7f, 0xc0; return modeltest.Reseal(b) }),
		"a class called with an escape": damage(func(b []byte) []byte {
			return modeltest.Reseal(bytes.Replace(b, []byte("neg"), []byte("\x1b[A"), 1))
		}),
		"gzip":  damage(func([]byte) []byte { return []byte("\x1f\x8b\x08\x00") }),
		"zip":   damage(func([]byte) []byte { return []byte("PK\x03\x04\x14\x00\x00\x00metadata.json") }),
		"HDF5":  damage(func([]byte) []byte { return []byte("\x89HDF\r\n\x1a\n") }),
		"ONNX":  damage(func([]byte) []byte { return []byte("\x08\x07\x12\x07pytorch\x1a\x051.9") }),
		"other": damage(func([]byte) []byte { return []byte("\x00\x1b[2J") }),
	} {
		for _, line := range [][]string{{"run", path, data}, {"eval", path, data}, {"inspect", path}, {"verify", path},
			{"bench", path}, {"train", data, "--init", path, "-o", filepath.Join(t.TempDir(), "m")}} {
			r := nnrt(line...)
			r.wants(t, exitModel, path)
			message, after, _ := strings.Cut(r.stderr, "\n")
			printed := message + strings.ReplaceAll(r.stdout, "\n", "")
			if after != "" || strings.ContainsFunc(printed, unicode.IsControl) {
				t.Errorf("not one clear line: %q, %q", r.stdout, r.stderr)
			}
			if t.Failed() {
				t.Fatalf("%s: nnrt %v", name, line)
			}
			if line[0] == "verify" && !strings.HasPrefix(r.stdout, "FAIL  structure ") {
				t.Errorf("%s: verify prints %q", name, r.stdout)
			}
		}
	}
	escape := filepath.Join(t.TempDir(), "a\x1b[2J\nb")
	r := nnrt("inspect", escape)
	r.wants(t, exitFailed, `a\x1b[2J\nb`)
	if strings.Count(r.stderr, "\n") != 1 || strings.Contains(r.stderr, "\x1b") {
		t.Errorf("a file's name reaches the terminal as it is: %q", r.stderr)
	}
	if err := os.WriteFile(escape, content[:100], 0o666); err != nil {
		t.Skip(err) // a system that has no such names
	}
	r = nnrt("verify", escape)
	r.wants(t, exitModel, `a\x1b[2J\nb`)
	if strings.Count(r.stdout, "\n") != 1 || strings.Contains(r.stdout, "\x1b") {
		t.Errorf("a file's name reaches the standard output as it is: %q", r.stdout)
	}
	for _, line := range [][]string{{"verify", t.TempDir()}, {"inspect", filepath.Join(t.TempDir(), "none")}} {
		nnrt(line...).wants(t, exitFailed)
	}
}
