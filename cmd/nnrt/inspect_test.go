package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"nnrt/kernels"
	"nnrt/net"
	"nnrt/serialize"
)

func TestInspect(t *testing.T) {
	folder := t.TempDir()
	data := writeFile(t, "data.csv", "size,colour,y\n1,red,3\n2,blue,4.5\n3,red,5\n4,blue,7\n")
	model := filepath.Join(folder, "m.bin")
	nnrt("train", data, "--target", "y", "--task", "regression", "--layers", "3:tanh", "--l2", "0.5", "--dropout", "0.25",
		"--epochs", "2", "-q", "-o", model).must(t)
	content := readFile(t, model)
	sum := sha256.Sum256([]byte(content))

	var d struct {
		Bytes        int
		SHA256       string
		Inputs       int
		Outputs      int
		Parameters   int
		Contract     int
		SelfTestRows int `json:"self_test_rows"`
		Layers       []map[string]any
		Schema       struct {
			Features []map[string]any
			Target   map[string]any
		}
		Metadata map[string]string
		Weights  []struct {
			Name   string
			Shape  []int
			Values []float32
		}
	}
	if err := json.Unmarshal([]byte(nnrt("inspect", "--json", "--weights", model).must(t)), &d); err != nil {
		t.Fatal(err)
	}
	if d.Bytes != len(content) || d.SHA256 != hex.EncodeToString(sum[:]) || d.Inputs != 3 || d.Outputs != 1 ||
		d.Parameters != 16 || d.Contract != kernels.Contract || d.SelfTestRows != 4 {
		t.Errorf("%+v", d)
	}
	file, err := serialize.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	want := file.Model.Weights()
	if len(d.Weights) != len(want) {
		t.Fatalf("%d weights, want %d", len(d.Weights), len(want))
	}
	for i, w := range want {
		got := d.Weights[i]
		if got.Name != w.Name || fmt.Sprint(got.Shape) != fmt.Sprint(w.Shape) ||
			fmt.Sprint(got.Values) != fmt.Sprint(w.Values) {
			t.Errorf("weight %d: %v, want %v", i, got, w)
		}
	}
	if d.Weights[0].Name != "dense/kernel" || d.Weights[3].Name != "dense_1/bias" {
		t.Errorf("names %s … %s", d.Weights[0].Name, d.Weights[3].Name)
	}
	wantJSON(t, d.Layers[0], `{"activation":"tanh","bias_initializer":"zeros","inputs":3,"kernel_initializer":`+
		`"glorot_uniform","kernel_l2":0.5,"kind":"dense","name":"dense","outputs":3,"parameters":12,"use_bias":true}`)
	wantJSON(t, d.Layers[1], `{"inputs":3,"kind":"dropout","name":"dropout","outputs":3,"parameters":0,"rate":0.25}`)
	wantJSON(t, d.Schema.Features, `[{"column":0,"kind":"numeric","mean":2.5,"name":"size","scale":1.118034},`+
		`{"categories":["blue","red"],"column":1,"kind":"categorical","name":"colour"}]`)
	if d.Schema.Target["task"] != "regression" || d.Schema.Target["name"] != "y" {
		t.Errorf("target %v", d.Schema.Target)
	}
	for key, want := range map[string]string{"task": "regression", "loss": "mean_squared_error", "layers": "3:tanh",
		"l2":      "0.5",
		"dropout": "0.25", "epochs": "2", "seed": "1", "train_rows": "4", "standardize": "zscore", "schedule": "constant"} {
		if d.Metadata[key] != want {
			t.Errorf("metadata %s is %q, want %q", key, d.Metadata[key], want)
		}
	}

	var without map[string]any
	if err := json.Unmarshal([]byte(nnrt("inspect", model, "--json").must(t)), &without); err != nil {
		t.Fatal(err)
	}
	if _, there := without["weights"]; there {
		t.Error("weights without --weights")
	}
	text := nnrt("inspect", model).must(t)
	for _, want := range []string{d.SHA256, "dense_1", "3 → 1", "dropout 0.25", "colour", "categorical (2)",
		"target: y, regression",
		"optimizer"} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text+nnrt("inspect", model, "--json").must(t), folder) {
		t.Error("a folder's name is in the model")
	}
}

func TestInspectAModelWithoutASchema(t *testing.T) {
	model := saveModel(t, 2, 1, net.Linear, []float32{1, 2, 3}, nil)
	var d map[string]any
	if err := json.Unmarshal([]byte(nnrt("inspect", model, "--json").must(t)), &d); err != nil {
		t.Fatal(err)
	}
	if schema, there := d["schema"]; !there || schema != nil {
		t.Errorf("schema %v", schema)
	}
	if text := nnrt("inspect", model).must(t); !strings.Contains(text, "2 → 1") {
		t.Error(text)
	}
}

func TestVerify(t *testing.T) {
	model := handmadeBinary(t)
	out := nnrt("verify", model).must(t)
	for _, name := range []string{"structure", "weights", "schema", "contract", "self-test"} {
		if !strings.Contains(out, "ok    "+name+" ") {
			t.Errorf("no check of %s:\n%s", name, out)
		}
	}
	// A file whose self-test says something else than the weights do.
	file, err := serialize.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	file.SelfTest.Outputs[0] += 1e-6
	wrong := filepath.Join(t.TempDir(), "wrong.bin")
	if err := serialize.WriteFile(wrong, file); err != nil {
		t.Fatal(err)
	}
	r := nnrt("verify", wrong)
	r.wants(t, exitModel, wrong)
	if !strings.Contains(r.stdout, "FAIL  self-test ") || !strings.Contains(r.stdout, "ok    weights ") {
		t.Errorf("verify prints\n%s", r.stdout)
	}
}

func TestCPU(t *testing.T) {
	text := nnrt("cpu").must(t)
	for _, want := range []string{"cores ", "cache L1 ", "features ", "kernels ", "available ", "generic"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	var c struct {
		Name     *string
		Arch     string
		Cores    int  `json:"logical_cores"`
		L1       *int `json:"l1_data_bytes"`
		Features []string
		Tier     string
		Tiers    []string
	}
	if err := json.Unmarshal([]byte(nnrt("cpu", "--json").must(t)), &c); err != nil {
		t.Fatal(err)
	}
	if c.Name == nil || c.Arch == "" || c.Cores < 1 || c.L1 == nil || c.Features == nil || c.Tier == "" ||
		c.Tiers[len(c.Tiers)-1] != "generic" {
		t.Errorf("%+v", c)
	}
}
