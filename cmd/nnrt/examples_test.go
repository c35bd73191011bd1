package main

import (
	"compress/gzip"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"nnrt/serialize"
)

// fifthLast is examples/fifth-last.awk: it moves every fifth row to the end.
func fifthLast(csv string) string {
	rows := strings.SplitAfter(csv, "\n")
	head, held := rows[0], ""
	for i, row := range rows[1:] {
		if (i+1)%5 == 0 {
			held += row
		} else {
			head += row
		}
	}
	return head + held
}

func readExample(t *testing.T, name string) string {
	t.Helper()
	content := readFile(t, filepath.Join("../../examples/data", name))
	if filepath.Ext(name) == ".gz" {
		r, err := gzip.NewReader(strings.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(plain)
	}
	return content
}

// TestExamplesReachTheirFigures trains as examples/README.md does (digits for fewer epochs), and compares held-out
// figures with what is promised there.
func TestExamplesReachTheirFigures(t *testing.T) {
	for _, c := range []struct {
		name, data string
		flags      []string
		figure     string
		least      float64
	}{
		{"iris", fifthLast(readExample(t, "iris.csv")), []string{"--target", "species", "--epochs", "30"},
			"final_val_accuracy",
			0.90},
		{"breast cancer", fifthLast(readExample(t, "breast_cancer.csv")), []string{"--target", "class", "--drop", "id",
			"--on-missing", "mean"}, "final_val_accuracy", 0.95},
		{"digits", fifthLast(readExample(t, "digits.csv.gz")), []string{"--target", "digit", "--epochs", "15"},
			"final_val_accuracy", 0.96},
		{"diabetes progression", readExample(t, "diabetes_progression.csv"), []string{"--target", "progression"},
			"final_val_r2",
			0.45},
	} {
		t.Run(c.name, func(t *testing.T) {
			model := filepath.Join(t.TempDir(), "model.bin")
			nnrtWith(c.data, append([]string{"train", "-", "--val-split", "0.2", "-q", "-o", model}, c.flags...)...).must(t)
			got := mustFloat(t, metadata(t, model)[c.figure])
			if got < c.least {
				t.Errorf("%s %v, promised is %v", c.figure, got, c.least)
			}
			t.Logf("%s %.4f", c.figure, got)
			nnrt("verify", model).must(t)
		})
	}
}

// demoSHA256 is what the demo's model must be on every machine. It changes with the arithmetic contract, with the
// file's format and with what metadata says, and with nothing else.
const demoSHA256 = "2b79f7fbe1c55618ae5ca2d7952d0db89bf37b6819f5db257453ca5641d2031d"

func TestDemo(t *testing.T) {
	folder := t.TempDir()
	model := filepath.Join(folder, "demo.bin")
	r := nnrt("demo", "-o", model)
	out := r.must(t)
	onlyFiles(t, folder, "demo.bin")
	var accuracy float64
	if m := regexp.MustCompile(`\naccuracy +([0-9.]+)\n`).FindStringSubmatch(out); m == nil {
		t.Errorf("no accuracy in\n%s", out)
	} else if accuracy = mustFloat(t, m[1]); accuracy < 0.74 {
		t.Errorf("held-out accuracy %v, promised is 0.74", accuracy)
	}
	size, sum, err := fileSum(model)
	if err != nil {
		t.Fatal(err)
	}
	if sum != demoSHA256 {
		t.Errorf("the model's SHA-256 is %s, want %s", sum, demoSHA256)
	}
	for _, want := range []string{sum, "predicted  actual\n", "nnrt verify " + model, "rows       154\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
	if !strings.Contains(r.stderr, "epoch 100/100 - ") {
		t.Errorf("no progress in %q", r.stderr)
	}
	if size > 4096 {
		t.Errorf("the file has %d bytes", size)
	}

	// It is what its command line says.
	line := regexp.MustCompile(`nnrt (train pima.csv .*)\n`).FindStringSubmatch(r.stderr)
	if line == nil {
		t.Fatalf("no command line in %q", r.stderr)
	}
	content := readFile(t, model)
	args := strings.Fields(line[1])
	args[1] = pimaCSV
	nnrt(append(args, "-q")...).must(t)
	if readFile(t, model) != content {
		t.Error("the command line that the demo shows gives another file")
	}

	// The rows that it shows are predicted the same by run.
	file, err := serialize.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	first := regexp.MustCompile(`echo (\S+) \| nnrt run`).FindStringSubmatch(out)
	if first == nil {
		t.Fatalf("no next command in\n%s", out)
	}
	shown := regexp.MustCompile(`(?m)^1  .* (\d\.\d{4})  +(neg|pos)  +(?:neg|pos)$`).FindStringSubmatch(out)
	predicted := strings.Split(strings.Split(nnrtWith(first[1]+"\n", "run", model, "--header", "no").must(t),
		"\n")[1], ",")
	if shown == nil || len(predicted) != 3 || predicted[0] != shown[2] ||
		mustFloat(t, predicted[2])-mustFloat(t, shown[1]) > 1e-4 || mustFloat(t, shown[1])-mustFloat(t, predicted[2]) > 1e-4 {
		t.Errorf("shown %q, run says %q", shown, predicted)
	}
	if file.Schema.Target.Labels[1] != "pos" {
		t.Errorf("labels %v", file.Schema.Target.Labels)
	}

	if quiet := nnrt("demo", "-q", "-o", model, "--seed", "2"); quiet.code != exitDone || quiet.stderr != "" {
		t.Errorf("-q: %d, %q", quiet.code, quiet.stderr)
	}
	if readFile(t, model) == content {
		t.Error("--seed 2 gives the same model")
	}
}

// TestTheSumThatIsTold: REPRODUCIBILITY.md shows the command and what it prints, twice.
func TestTheSumThatIsTold(t *testing.T) {
	const told = "nnrt train examples/data/iris.csv --target species --epochs 20 -q -o iris.bin"
	text := readFile(t, "../../REPRODUCIBILITY.md")
	path := filepath.Join(t.TempDir(), "iris.bin")
	args := strings.Fields(told)[1:]
	args[1], args[len(args)-1] = "../../"+args[1], path
	out := strings.Replace(nnrt(args...).must(t), path, "iris.bin", 1)
	if !strings.Contains(text, "$ "+told+"\n"+out) || strings.Count(text, out) != 2 {
		t.Errorf("REPRODUCIBILITY.md does not show twice that %s prints\n%s", told, out)
	}
}

// TestRunAgreesWithEval counts what run prints, and compares with what eval says.
func TestRunAgreesWithEval(t *testing.T) {
	data := "../../examples/data/iris.csv"
	model, _ := trainModel(t, data, "--target", "species", "--epochs", "5", "-q")
	var right, rows int
	for _, line := range strings.Split(strings.TrimSuffix(nnrt("run", model, data, "--id", "species").must(t), "\n"),
		"\n")[1:] {
		fields := strings.Split(line, ",")
		rows++
		if fields[0] == fields[1] {
			right++
		}
	}
	if got, want := evalAccuracy(t, model, data), float64(right)/float64(rows); rows != 150 || got != want {
		t.Errorf("eval says %v, run %v of %d rows", got, want, rows)
	}

	// And so it is for a regression.
	data = "../../examples/data/diabetes_progression.csv"
	model, _ = trainModel(t, data, "--target", "progression", "--epochs", "5", "-q")
	var squares float64
	lines := strings.Split(strings.TrimSuffix(nnrt("run", model, data, "--id", "progression").must(t), "\n"), "\n")[1:]
	for _, line := range lines {
		actual, predicted, _ := strings.Cut(line, ",")
		e := mustFloat(t, predicted) - mustFloat(t, actual)
		squares += e * e
	}
	got := evalJSON(t, model, readFile(t, data))
	wantNumbers(t, got, map[string]float64{"mse": squares / float64(len(lines)), "rows": 442})
}

// TestFifthLast compares the test's own way to hold rows out with the script that the examples use.
func TestFifthLast(t *testing.T) {
	awk, err := exec.LookPath("awk")
	if err != nil {
		t.Skip("no awk here")
	}
	for _, csv := range []string{readExample(t, "iris.csv"), "a\n1\n2\n3\n4\n5\n6\n"} {
		c := exec.Command(awk, "-f", "../../examples/fifth-last.awk")
		c.Stdin = strings.NewReader(csv)
		got, err := c.Output()
		if err != nil {
			t.Fatal(err)
		}
		if want := fifthLast(csv); string(got) != want {
			t.Errorf("awk gives\n%s\nwant\n%s", got, want)
		}
	}
}
