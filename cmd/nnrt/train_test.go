package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"nnrt/internal/npy"
	"nnrt/net"
	"nnrt/serialize"
)

const pimaCSV = "../../examples/data/pima.csv"

// trainModel trains on a file and returns the model's path, and what the command printed.
func trainModel(t *testing.T, data string, flags ...string) (model string, r result) {
	t.Helper()
	model = filepath.Join(t.TempDir(), "model.bin")
	r = nnrt(append([]string{"train", data, "-o", model}, flags...)...)
	r.must(t)
	return model, r
}

func metadata(t *testing.T, model string) serialize.Metadata {
	t.Helper()
	file, err := serialize.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	return file.Metadata
}

func TestTrainPrintsEpochsAndTheFile(t *testing.T) {
	flags := []string{"--target", "diabetes", "--layers", "10:relu,8:relu", "--epochs", "3", "--val-split", "0.2"}
	model, r := trainModel(t, pimaCSV, flags...)
	size, sum, err := fileSum(model)
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%s\t%d\t%s\n", model, size, sum); r.stdout != want {
		t.Errorf("standard output %q, want %q", r.stdout, want)
	}
	lines := strings.Split(strings.TrimSuffix(r.stderr, "\n"), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines:\n%s", len(lines), r.stderr)
	}
	for i, line := range lines {
		var epoch, of int
		var loss, accuracy, valLoss, valAccuracy float64
		if _, err := fmt.Sscanf(line, "epoch %d/%d - loss: %f - accuracy: %f - val_loss: %f - val_accuracy: %f - ",
			&epoch, &of,
			&loss, &accuracy, &valLoss, &valAccuracy); err != nil || epoch != i+1 || of != 3 {
			t.Errorf("line %d: %q: %v", i+1, line, err)
		}
	}
	if strings.ContainsAny(r.stderr, "\r\x1b") {
		t.Error("a live line where there is no terminal")
	}
	if _, r := trainModel(t, pimaCSV, append(flags, "-q")...); r.stderr != "" {
		t.Errorf("-q prints %q", r.stderr)
	}
}

func TestTrainIsReproducible(t *testing.T) {
	train := func(flags ...string) string {
		model, _ := trainModel(t, pimaCSV, append([]string{"--target", "diabetes", "--layers", "32:relu,64:tanh",
			"--epochs", "2",
			"--dropout", "0.1", "--batch-size", "256", "-q"}, flags...)...)
		return readFile(t, model)
	}
	want := train("--threads", "1")
	for _, flags := range [][]string{{"--threads", "3"}, {"--threads", "0"}, {"--seed", "1"}, {"--learning-rate", "0.001"},
		{"--optimizer", "adam:beta_1=0.9"}, {"--schedule", "constant"}, {"--loss", "bce"}} {
		if train(flags...) != want {
			t.Errorf("%v changes the file", flags)
		}
	}
	seen := map[string]string{want: "nothing"}
	for _, flags := range [][]string{{"--seed", "2"}, {"--shuffle=false"}, {"--optimizer", "sgd"}, {"--learning-rate",
		"0.01"},
		{"--l1", "0.1"}, {"--l2", "0.1"}, {"--dropout", "0"}, {"--class-weight", "balanced"}, {"--class-weight", "pos=2"},
		{"--schedule", "cosine"}, {"--loss", "mse"}, {"--standardize", "minmax"}, {"--standardize", "none"}, {"--drop",
			"age"},
		{"--features", "age,bmi"}, {"--categorical", "pregnancies"}, {"--val-split", "0.5"}, {"--task", "multiclass"},
		{"--epochs", "3"}, {"--batch-size", "100"}, {"--layers", "none"}} {
		content := train(flags...)
		if other, same := seen[content]; same {
			t.Errorf("%v gives the same file as %s", flags, other)
		}
		seen[content] = fmt.Sprint(flags)
	}
}

// TestTrainOnEveryFormat has the same numbers in all formats, and looks for the same weights.
func TestTrainOnEveryFormat(t *testing.T) {
	folder := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const rows = 40
	csv, headless, lines := "a,b,y\n", "", ""
	idx, labels := []byte{0, 0, 8, 2, 0, 0, 0, rows, 0, 0, 0, 2}, []byte{0, 0, 8, 1, 0, 0, 0, rows}
	inputs, all := npy.AppendHeader(nil, rows, 2), npy.AppendHeader(nil, rows, 3)
	for i := range rows {
		a, b := byte(i*37%251), byte(i*91%253)
		y := byte(0)
		if a > b {
			y = 1
		}
		csv += fmt.Sprintf("%d,%d,%d\n", a, b, y)
		headless += fmt.Sprintf("%d,%d,%d\n", a, b, y)
		lines += fmt.Sprintf(`{"y":%d,"b":%d,"a":%d}`+"\n", y, b, a)
		idx, labels = append(idx, a, b), append(labels, y)
		for _, v := range []byte{a, b, y} {
			bits := math.Float32bits(float32(v))
			all = binary.LittleEndian.AppendUint32(all, bits)
			if len(all)%12 != len(npy.AppendHeader(nil, rows, 3))%12 { // not y
				inputs = binary.LittleEndian.AppendUint32(inputs, bits)
			}
		}
	}
	weights := func(data string, flags ...string) string {
		model, _ := trainModel(t, data, append([]string{"-q", "--standardize", "zscore", "--layers", "4", "--epochs",
			"3"}, flags...)...)
		file, err := serialize.ReadFile(model)
		if err != nil {
			t.Fatal(err)
		}
		if got := metadata(t, model)["task"]; got != "binary" {
			t.Errorf("%s: task %s", data, got)
		}
		return fmt.Sprint(file.Model.Parameters())
	}
	want := weights(write("data.csv", []byte(csv)), "--target", "y")
	idxFile, labelsFile := write("x-idx2-ubyte", idx), write("y-idx1-ubyte", labels)
	for _, c := range []struct {
		data  string
		flags []string
	}{
		{write("data.txt", []byte(csv)), []string{"--target", "y", "--format", "csv"}},
		{write("headless.csv", []byte(headless)), []string{"--target", "c3"}},
		{write("headless.txt", []byte(headless)), []string{"--target", "c3", "--header", "no"}},
		{idxFile, []string{"--labels", labelsFile}},
		{write("x.npy", inputs), []string{"--labels", labelsFile}},
		{write("all.npy", all), []string{"--target", "c3"}},
	} {
		if got := weights(c.data, c.flags...); got != want {
			t.Errorf("%s: weights %s, want %s", filepath.Base(c.data), got, want)
		}
	}
	// JSON has its keys in another order, so the inputs are exchanged; two ways to read them are still the same.
	jsonFile := write("data.jsonl", []byte(lines))
	if a, b := weights(jsonFile, "--target", "y"), weights(write("data.json.txt", []byte(lines)), "--target", "y",
		"--format",
		"jsonl"); a != b {
		t.Errorf("JSON: %s and %s", a, b)
	}
	// An IDX file is divided by 255 unless something else is asked for.
	model, _ := trainModel(t, idxFile, "--labels", labelsFile, "-q", "--epochs", "1")
	if got := metadata(t, model)["standardize"]; got != "none" {
		t.Errorf("standardize %s for idx", got)
	}
	if got := evalAccuracy(t, model, idxFile, "--labels", labelsFile); got < 0 || got > 1 {
		t.Errorf("accuracy %v", got)
	}
	nnrt("run", model, idxFile).must(t)
	// Without targets it is wrong usage, whatever the format.
	nnrt("train", idxFile).wants(t, exitUsage, "--target")
	nnrt("train", idxFile, "--labels", labelsFile+"x").wants(t, exitFailed, "no such file")
	nnrt("eval", model, idxFile).wants(t, exitData, "the target is missing")
	// Rows to measure on, of a file of their own.
	model, _ = trainModel(t, idxFile, "--labels", labelsFile, "--val", idxFile, "--val-labels", labelsFile, "-q",
		"--epochs", "1")
	if m := metadata(t, model); m["val_rows"] != "40" || m["val_sha256"] != m["train_sha256"] {
		t.Errorf("metadata %v", m)
	}
	nnrt("train", idxFile, "--labels", labelsFile, "--val", idxFile, "-o", filepath.Join(folder, "m")).wants(t, exitData,
		"the target is missing")
}

func evalAccuracy(t *testing.T, model, data string, flags ...string) float64 {
	t.Helper()
	var r struct{ Accuracy float64 }
	out := nnrt(append([]string{"eval", model, data, "--json"}, flags...)...).must(t)
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	return r.Accuracy
}

func TestTrainReadsTheStandardInput(t *testing.T) {
	fromFile, _ := trainModel(t, pimaCSV, "--target", "diabetes", "--epochs", "1", "-q")
	fromStdin := filepath.Join(t.TempDir(), "m.bin")
	nnrtWith(readFile(t, pimaCSV), "train", "-", "--target", "diabetes", "--epochs", "1", "-q", "-o", fromStdin).must(t)
	if readFile(t, fromFile) != readFile(t, fromStdin) {
		t.Error("the standard input gives another file")
	}
}

func TestTrainRefusesBadData(t *testing.T) {
	for _, c := range []struct {
		data  string
		flags []string
		code  int
		want  []string
	}{
		{"a,y\n1,p\n2\n", nil, exitData, []string{"data.csv", "line 3"}},
		{"a,y\n", nil, exitData, []string{"no rows"}},
		{"", nil, exitData, []string{"empty"}},
		{"a,z\n1,2\n", nil, exitData, []string{`column "y"`}},
		{"a,y\n1,p\nx,q\n2,q\n", nil, exitData, []string{"line 3", `column "a"`}},
		{"a,y\n1,p\n,q\n", nil, exitData, []string{"line 3", `column "a"`, "missing"}},
		{"a,y\n1,p\n2,\n", []string{"--on-missing", "mean"}, exitData, []string{"line 3", `column "y"`, "missing"}},
		{"a,y\n1,p\n2,p\n", nil, exitData, []string{"nothing to learn"}},
		{"a,y\n1,p\n2,q\n3,r\n", []string{"--task", "binary"}, exitData, []string{"3 classes"}},
		{"a,y\n1,1\n2,2\n", []string{"--features", "b"}, exitData, []string{`column "b"`}},
		{"a,y\n1,1\n2,2\n", []string{"--val-split", "0.9"}, exitData, []string{"leaves none"}},
		{"a,y\n1," + strings.Repeat("p", 300) + "\n2,q\n", nil, exitData, []string{"cannot hold"}},
		{"a,y\n1,1.5\n2,2.5\n", []string{"--class-weight", "balanced"}, exitUsage, []string{"no classes"}},
	} {
		folder := t.TempDir()
		r := nnrt(append([]string{"train", writeFile(t, "data.csv", c.data), "--target", "y", "-o", filepath.Join(folder,
			"m")},
			c.flags...)...)
		r.wants(t, c.code, c.want...)
		onlyFiles(t, folder)
		if t.Failed() {
			t.Fatalf("data %q, flags %v", c.data, c.flags)
		}
	}
}

func TestTrainHandlesMissingValues(t *testing.T) {
	data := writeFile(t, "data.csv", "a,b,y\n1,?,p\n2,5,q\nmissing,7,p\n4,9,q\n")
	flags := []string{"--target", "y", "--epochs", "1", "-q", "--na", "?,missing"}
	model, _ := trainModel(t, data, append(flags, "--on-missing", "mean")...)
	file, err := serialize.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	if f := file.Schema.Features; f[0].Fill != float32(7./3) || f[1].Fill != 7 {
		t.Errorf("features %+v", f)
	}
	a := nnrtWith("a,b\nmissing,1\n2.3333333,1\n", "run", model).must(t)
	if rows := strings.Split(a, "\n"); rows[1] != rows[2] {
		t.Errorf("a missing value and the mean give %q", rows[1:3])
	}
	nnrt(append([]string{"train", data, "-o", model}, flags...)...).wants(t, exitData, "line 2")
	zero, _ := trainModel(t, data, append(flags, "--on-missing", "zero", "--on-unknown", "zero", "--categorical", "b")...)
	nnrtWith("a,b\n?,1000\n", "run", zero).must(t)
	nnrtWith("a,b\n?,1000\n", "run", model, "--header", "yes").must(t)
}

func TestTrainStopsEarly(t *testing.T) {
	model, r := trainModel(t, pimaCSV, "--target", "diabetes", "--epochs", "200", "--val-split", "0.3",
		"--early-stop", "2",
		"--learning-rate", "0.05")
	m := metadata(t, model)
	best, trained := mustInt(t, m["best_epoch"]), mustInt(t, m["epochs_trained"])
	if trained != best+2 || trained >= 200 || m["early_stop"] != "2" {
		t.Errorf("best epoch %d, stopped after %d", best, trained)
	}
	if want := fmt.Sprintf("stopped after epoch %d, the weights are those of epoch %d\n", trained,
		best); !strings.HasSuffix(r.stderr,
		want) {
		t.Errorf("standard error ends %q", r.stderr[len(r.stderr)-100:])
	}
	// The figures in the file are those of the best epoch, and the weights too.
	if !strings.Contains(r.stderr, fmt.Sprintf("epoch %d/200 - loss: ", best)) ||
		!strings.Contains(r.stderr, fmt.Sprintf("val_loss: %.4f", mustFloat(t, m["final_val_loss"]))) {
		t.Errorf("final loss %s", m["final_val_loss"])
	}
	held := "pregnancies,glucose,pressure,triceps,insulin,bmi,pedigree,age,diabetes\n"
	rows := strings.SplitAfter(readFile(t, pimaCSV), "\n")
	held += strings.Join(rows[1+537:], "") // floor(768·0.7) are trained on
	got := evalJSON(t, model, held)
	wantNumbers(t, got, map[string]float64{"rows": 231, "loss": mustFloat(t, m["final_val_loss"]),
		"accuracy": mustFloat(t, m["final_val_accuracy"])})
}

func mustInt(t *testing.T, s string) int {
	t.Helper()
	v, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func mustFloat(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTrainFromAModel(t *testing.T) {
	first, _ := trainModel(t, pimaCSV, "--target", "diabetes", "--layers", "6:tanh", "--epochs", "2", "-q", "--drop",
		"insulin",
		"--standardize", "minmax")
	a, err := serialize.ReadFile(first)
	if err != nil {
		t.Fatal(err)
	}
	// No step is worth mentioning: the weights stay what they were, so they were the model's.
	still, _ := trainModel(t, pimaCSV, "--init", first, "--epochs", "1", "--optimizer", "sgd", "--learning-rate",
		"1e-30", "-q")
	b, err := serialize.ReadFile(still)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a.Model.Parameters(), b.Model.Parameters()) || !reflect.DeepEqual(a.Model.Layers(),
		b.Model.Layers()) ||
		!reflect.DeepEqual(a.Schema, b.Schema) {
		t.Error("--init does not start from the model")
	}
	if _, sum, _ := fileSum(first); b.Metadata["init_sha256"] != sum {
		t.Errorf("init_sha256 %s, want %s", b.Metadata["init_sha256"], sum)
	}
	// It goes on: onto itself too, and with the target named.
	before := readFile(t, first)
	nnrt("train", pimaCSV, "--init", first, "-o", first, "--target", "diabetes", "--epochs", "1", "-q", "--val-split",
		"0.2").must(t)
	if readFile(t, first) == before {
		t.Error("nothing was learned")
	}
	for _, c := range []struct {
		flags []string
		want  string
	}{
		{[]string{"--layers", "3"}, "--layers: with --init the model's layers and schema hold"},
		{[]string{"--l2", "0.1"}, "--l2: with --init"},
		{[]string{"--drop", "age"}, "--drop: with --init"},
		{[]string{"--standardize", "none"}, "--standardize: with --init"},
		{[]string{"--target", "age"}, "has learned diabetes"},
	} {
		nnrt(append([]string{"train", pimaCSV, "--init", first, "-o", filepath.Join(t.TempDir(), "m")},
			c.flags...)...).wants(t,
			exitUsage, c.want)
	}
	// Data of another schema does not fit.
	other := writeFile(t, "other.csv", "a,diabetes\n1,pos\n2,neg\n")
	nnrt("train", other, "--init", first).wants(t, exitData, `column "pregnancies"`)
	// A model without a schema brings its layers alone.
	bare := saveModel(t, 1, 1, net.Sigmoid, []float32{0.5, 0}, nil)
	nnrt("train", other, "--init", bare).wants(t, exitUsage, "--target")
	model, _ := trainModel(t, other, "--init", bare, "--target", "diabetes", "--standardize", "none", "--epochs", "1",
		"-q")
	if m := metadata(t, model); m["task"] != "binary" {
		t.Errorf("metadata %v", m)
	}
	nnrt("train", pimaCSV, "--init", bare, "--target", "diabetes", "-o", filepath.Join(t.TempDir(), "m")).wants(t,
		exitUsage,
		"the model has 1 inputs and 1 outputs, the data calls for 8 and 1")
}

func TestTrainWritesALog(t *testing.T) {
	folder := t.TempDir()
	data := writeFile(t, "data.csv", "a,y\n1,10.5\n2,20.5\n3,30.5\n4,41\n5,50\n")
	model, log := filepath.Join(folder, "m.bin"), filepath.Join(folder, "log.jsonl")
	nnrt("train", data, "--target", "y", "--epochs", "4", "--val-split", "0.4", "-o", model, "--log", log, "-q",
		"--schedule",
		"exponential:rate=0.5", "--batch-size", "2", "--learning-rate", "0.1").must(t)
	onlyFiles(t, folder, "log.jsonl", "m.bin")
	lines := strings.Split(strings.TrimSuffix(readFile(t, log), "\n"), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines", len(lines))
	}
	for i, line := range lines {
		var v map[string]float64
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		wantNumbers(t, map[string]any{"epoch": v["epoch"], "lr": v["lr"]}, map[string]float64{"epoch": float64(i + 1),
			"lr": 0.1 * math.Pow(0.5, float64(i))})
		for _, name := range []string{"loss", "mae", "r2", "val_loss", "val_mae", "val_r2", "seconds"} {
			if _, ok := v[name]; !ok {
				t.Errorf("line %d lacks %s: %s", i+1, name, line)
			}
		}
		// The validation mae is in the target's units, the same that eval gives.
		if i == 3 {
			rows := strings.SplitAfter(readFile(t, data), "\n")
			wantNumbers(t, evalJSON(t, model, rows[0]+rows[4]+rows[5]), map[string]float64{"mae": v["val_mae"],
				"r2":   v["val_r2"],
				"loss": v["val_loss"]})
		}
	}
}

func TestFailuresLeaveFilesAsTheyWere(t *testing.T) {
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	data := path("data.csv")
	content := "a,y\n1,p\n2,q\n3,p\n4,q\n"
	for name, text := range map[string]string{"data.csv": content, "m.bin": "precious", "log": "old"} {
		if err := os.WriteFile(path(name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(path("folder"), 0o777); err != nil {
		t.Fatal(err)
	}
	train := func(flags ...string) result {
		return nnrt(append([]string{"train", data, "--target", "y", "-q"}, flags...)...)
	}
	diverging := []string{"--optimizer", "sgd", "--learning-rate", "1e30", "--loss", "mse", "--layers",
		"8:linear,8:linear"}
	for _, c := range []struct {
		flags []string
		code  int
		want  []string
	}{
		{append(diverging, "-o", path("m.bin"), "--log", path("log")), exitFailed, []string{"diverged", "epoch ", "batch "}},
		{append(diverging, "-o", path("new.bin"), "--log", path("new.log")), exitFailed, []string{"diverged"}},
		{[]string{"-o", path("m.bin"), "--drop", "z"}, exitData, []string{"z"}},
		{[]string{"-o", path("m.bin"), "--epochs", "-3"}, exitUsage, nil},
		{[]string{"-o", path("folder")}, exitFailed, []string{"a regular file"}},
		{[]string{"-o", path("nowhere/m.bin")}, exitFailed, []string{"nowhere"}},
		{[]string{"-o", path("data.csv/m.bin")}, exitFailed, nil},
		{[]string{"-o", path("m2.bin"), "--log", path("nowhere/log")}, exitFailed, []string{"nowhere"}},
		{[]string{"-o", data}, exitUsage, []string{"would overwrite"}},
		{[]string{"-o", path("./folder/../data.csv")}, exitUsage, []string{"would overwrite"}},
		{[]string{"-o", path("m.bin"), "--log", data}, exitUsage, []string{"would overwrite"}},
		{[]string{"-o", path("m.bin"), "--log", path("m.bin")}, exitUsage, []string{"would overwrite"}},
	} {
		train(c.flags...).wants(t, c.code, c.want...)
		onlyFiles(t, folder, "data.csv", "folder", "log", "m.bin")
		if readFile(t, data) != content || readFile(t, path("m.bin")) != "precious" || readFile(t, path("log")) != "old" {
			t.Fatalf("%v changed a file", c.flags)
		}
	}
	// A success replaces both.
	train("-o", path("m.bin"), "--log", path("log")).must(t)
	onlyFiles(t, folder, "data.csv", "folder", "log", "m.bin")
	if readFile(t, path("m.bin")) == "precious" || readFile(t, path("log")) == "old" {
		t.Error("nothing was written")
	}
	if err := os.Mkdir(path("folder/m.bin"), 0o777); err != nil {
		t.Fatal(err)
	}
	nnrt("demo", "-o", path("folder/m.bin")).wants(t, exitFailed, "regular file")
}

// A model or log that cannot be written is found out before the training, whose work would be lost.
func TestUnwritableFolderIsFoundOutFirst(t *testing.T) {
	folder := t.TempDir()
	data := writeFile(t, "data.csv", "a,y\n1,p\n2,q\n")
	fails := func(t *testing.T, want string, flags ...string) {
		r := nnrt(append([]string{"train", data, "--target", "y"}, flags...)...)
		r.wants(t, exitFailed, want)
		if strings.Contains(r.stderr, "epoch") {
			t.Errorf("it trains first: %s", r.stderr)
		}
	}
	missing, model := filepath.Join(folder, "nowhere", "file"), filepath.Join(folder, "m.bin")
	fails(t, missing, "-o", missing)
	fails(t, missing, "-o", model, "--log", missing)
	t.Run("permissions", func(t *testing.T) {
		if err := os.Chmod(folder, 0o555); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "try"), nil, 0o666); err == nil {
			t.Skip("this user (root?) may write everywhere")
		}
		fails(t, model+": permission denied", "-o", model)
	})
}
