package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"nnrt/net"
)

func TestRunPrintsPredictions(t *testing.T) {
	regression, binary, classes := handmadeModel(t), handmadeBinary(t), handmadeClasses(t)
	bare := saveModel(t, 2, 2, net.Linear, []float32{1, 0, 0, 1, 0, 0}, nil)
	for _, c := range []struct {
		name, model, stdin string
		flags              []string
		want               string
	}{
		{"by name, in any order, others ignored", regression, "x,b,a\n9,2,1\n9,0.5,0.25\n", nil,
			"prediction\n18\n10.5\n"},
		{"with the target", regression, "a,b,y\n1,2,3\n", nil, "prediction\n18\n"},
		{"by position", regression, "1,2\n3,4\n", nil, "prediction\n18\n30\n"},
		{"by position, told so", regression, "1,2\n", []string{"--header", "no"}, "prediction\n18\n"},
		{"by position, with the target", regression, "1,2,100\n", nil, "prediction\n18\n"},
		{"JSON lines in", regression, `{"b":2,"a":1}` + "\n", nil, "prediction\n18\n"},
		{"JSON lines out", regression, "a,b\n1,2\n", []string{"-o", "jsonl"}, "{\"prediction\":18}\n"},
		{"tabs", regression, "a\tb\n1\t2\n", []string{"--format", "tsv"}, "prediction\n18\n"},
		{"two classes", binary, "a\n0\n100\n-100\n", nil, "prediction,p_neg,p_pos\nneg,0.5,0.5\npos,0,1\nneg,1,3.8e-44\n"},
		{"classes", classes, "a,b,c\n100,0,0\n0,100,0\n0,0,100\n", nil,
			"prediction,p_first,\"p_se\"\"cond\",\"p_third, last\"\nfirst,1,3.8e-44,3.8e-44\n" +
				"\"se\"\"cond\",3.8e-44,1,3.8e-44\n\"third, last\",3.8e-44,3.8e-44,1\n"},
		{"classes as JSON", classes, "a,b,c\n0,100,0\n", []string{"-o", "jsonl"},
			`{"prediction":"se\"cond","p_first":3.8e-44,"p_se\"cond":1,"p_third, last":3.8e-44}` + "\n"},
		{"ids", regression, "name,a,b,note\n\"x,1\",1,2,\"say \"\"hi\"\"\"\n", []string{"--id", "note,name"},
			"note,name,prediction\n\"say \"\"hi\"\"\",\"x,1\",18\n"},
		{"ids as JSON", regression, "name,a,b\nx\ty,1,2\n", []string{"--id", "name", "-o", "jsonl"},
			`{"name":"x\ty","prediction":18}` + "\n"},
		{"no schema", bare, "1,2\n0.1,1e10\n", nil, "y1,y2\n1,2\n0.1,1e+10\n"},
		{"no schema, a header", bare, "u,v\n1,2\n", nil, "y1,y2\n1,2\n"},
		{"not finite", bare, "1e38,3e38\n", nil, "y1,y2\n1e+38,3e+38\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "two classes" || strings.HasPrefix(c.name, "classes") {
				// e^-100 is subnormal; what it rounds to is not this test's business.
				c.want = strings.ReplaceAll(c.want, "3.8e-44", "TINY")
			}
			got := nnrtWith(c.stdin, append([]string{"run", c.model}, c.flags...)...).must(t)
			for _, tiny := range []string{"3.783506e-44", "3.8e-44", "3.78e-44"} {
				got = strings.ReplaceAll(got, tiny, "TINY")
			}
			if got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestRunRefusesBadRows(t *testing.T) {
	model := handmadeModel(t)
	for _, c := range []struct {
		name, stdin string
		flags       []string
		code        int
		stdout      string
		want        []string
	}{
		{"no number", "a,b\n1,2\n1,x\n1,2\n", nil, exitData, "prediction\n18\n", []string{"stdin", "line 3",
			`column "b"`, "x"}},
		{"ragged", "a,b\n1,2\n1\n", nil, exitData, "prediction\n18\n", []string{"line 3", "1 fields"}},
		{"missing value", "a,b\n1,NA\n", nil, exitData, "", []string{"line 2", `column "b"`, "missing"}},
		{"column missing", "a,c\n1,2\n", nil, exitData, "", []string{`column "b"`, "missing"}},
		{"no rows", "a,b\n", nil, exitData, "", []string{"no rows"}},
		{"nothing", "", nil, exitData, "", []string{"no data"}},
		{"too few columns", "1\n", nil, exitData, "", []string{"1 columns"}},
		{"no such id", "a,b\n1,2\n", []string{"--id", "name"}, exitData, "", []string{`column "name"`, "no such column"}},
		{"id twice", "a,b\n1,2\n", []string{"--id", "a,a"}, exitUsage, "", []string{"already"}},
		{"id like an output", "a,b,prediction\n1,2,3\n", []string{"--id", "prediction"}, exitUsage, "", []string{"already"}},
		{"id in npy", "a,b\n1,2\n", []string{"--id", "a", "-o", "npy"}, exitUsage, "", []string{"npy holds numbers"}},
		{"npy after a bad row", "a,b\n1,2\n1,x\n", []string{"-o", "npy"}, exitData, "", []string{"line 3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, threads := range []string{"1", "3"} {
				r := nnrtWith(c.stdin, append([]string{"run", model, "--threads", threads, "--batch-size", "2"}, c.flags...)...)
				r.wants(t, c.code, c.want...)
				if r.stdout != c.stdout {
					t.Errorf("standard output %q, want %q", r.stdout, c.stdout)
				}
			}
		})
	}
	nnrt("run", model, "no-such-file.csv").wants(t, exitFailed, "no-such-file.csv")
	nnrt("run", "no-such-model.bin").wants(t, exitFailed, "no-such-model.bin")
}

func TestRunWritesNPY(t *testing.T) {
	out := nnrtWith("a,b,c\n1,2,3\n4,5,6\n", "run", handmadeClasses(t), "-o", "npy").must(t)
	if !strings.HasPrefix(out, "\x93NUMPY\x01\x00") {
		t.Fatalf("no NPY header: %q", out)
	}
	size := 10 + int(binary.LittleEndian.Uint16([]byte(out[8:])))
	want := "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
	if header := out[10:size]; size%64 != 0 || strings.TrimRight(header, " \n") != want || header[len(header)-1] != '\n' {
		t.Errorf("header of %d bytes: %q", size, header)
	}
	var values [6]float32
	if err := binary.Read(strings.NewReader(out[size:]), binary.LittleEndian, &values); err != nil {
		t.Fatal(err)
	}
	if len(out) != size+24 {
		t.Errorf("%d bytes of values, want 24", len(out)-size)
	}
	if math.Abs(float64(values[0])-0.09003057) > 1e-6 || values[0] != values[3] {
		t.Errorf("values %v", values)
	}
	// What was written can be read again.
	identity := saveModel(t, 3, 3, net.Linear, []float32{1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}, nil)
	back := nnrtWith(out, "run", identity).must(t)
	lines := strings.Split(back, "\n")
	if len(lines) != 4 || lines[0] != "y1,y2,y3" {
		t.Fatalf("read back: %q", back)
	}
	for i, text := range strings.Split(lines[1]+","+lines[2], ",") {
		if v, err := strconv.ParseFloat(text, 32); err != nil || float32(v) != values[i] {
			t.Errorf("value %d: %s read back, %v written", i, text, values[i])
		}
	}
}

func TestRunIsTheSameForAnyThreadsAndBatches(t *testing.T) {
	model := handmadeClasses(t)
	var input strings.Builder
	input.WriteString("n,a,b,c\n")
	for i := range 5000 {
		fmt.Fprintf(&input, "%d,%d.%d,%d,%g\n", i, i%17, i%7, -i%13, float32(i)/3)
	}
	want := nnrtWith(input.String(), "run", model, "--id", "n", "--threads", "1", "--batch-size", "1").must(t)
	if lines := strings.Count(want, "\n"); lines != 5001 {
		t.Fatalf("%d lines", lines)
	}
	for _, flags := range [][]string{{}, {"--threads", "3", "--batch-size", "7"}, {"--threads", "2", "--batch-size",
		"100000"}} {
		got := nnrtWith(input.String(), append([]string{"run", model, "--id", "n"}, flags...)...).must(t)
		if got != want {
			t.Errorf("%v changes the output", flags)
		}
	}
	// The parts of a job array are all rows, each once, in blocks of 1,024.
	rows := strings.SplitAfter(want, "\n")
	var parts [3][]string
	for i := range parts {
		out := nnrtWith(input.String(), "run", model, "--id", "n", "--shard", fmt.Sprintf("%d/3", i+1), "--batch-size",
			"100").must(t)
		parts[i] = strings.SplitAfter(out, "\n")
		if parts[i][0] != rows[0] {
			t.Errorf("part %d begins with %q", i+1, parts[i][0])
		}
		parts[i] = parts[i][1:]
	}
	for i, row := range rows[1:5001] {
		part := &parts[i/shardRows%3]
		if (*part)[0] != row {
			t.Fatalf("row %d is %q in its part, want %q", i, (*part)[0], row)
		}
		*part = (*part)[1:]
	}
	for i, part := range parts {
		if len(part) != 1 || part[0] != "" {
			t.Errorf("part %d goes on: %q", i+1, part)
		}
	}
	// More parts than blocks: a part without rows is not an error.
	if got := nnrtWith(input.String(), "run", model, "--id", "n", "--shard", "9/9").must(t); got != rows[0] {
		t.Errorf("part 9 of 9: %q", got)
	}
}

// TestRunStreams sends 200,000 rows through a pipe and looks at order and memory on the way.
func TestRunStreams(t *testing.T) {
	const rows = 200_000
	model := handmadeModel(t)
	reader, writer := io.Pipe()
	go func() {
		w := bufio.NewWriter(writer)
		fmt.Fprint(w, "n,a,b,text\n")
		for i := range rows {
			fmt.Fprintf(w, "%d,%d,0,%s\n", i, i, "some text that goes nowhere, but makes the rows longer"[:20])
		}
		w.Flush()
		writer.Close()
	}()
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	sink := &orderedSink{t: t, before: before.HeapAlloc}
	var stderr bytes.Buffer
	code := doMain([]string{"run", model, "-", "--id", "n", "--threads", "2"}, reader, sink, &stderr)
	if code != exitDone {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	if sink.rows != rows {
		t.Errorf("%d rows came out, want %d", sink.rows, rows)
	}
	if most := int64(2 << 20); sink.most > most {
		t.Errorf("%d bytes of memory were in use, more than %d", sink.most, most)
	}
	t.Logf("%d bytes of memory in use", sink.most)
}

// orderedSink checks rows of TestRunStreams as they come.
type orderedSink struct {
	t      *testing.T
	rest   []byte
	rows   int
	before uint64
	most   int64
}

func (s *orderedSink) Write(p []byte) (int, error) {
	s.rest = append(s.rest, p...)
	for {
		end := bytes.IndexByte(s.rest, '\n')
		if end < 0 {
			return len(p), nil
		}
		line := string(s.rest[:end])
		s.rest = s.rest[end+1:]
		if line == "n,prediction" {
			continue
		}
		want := fmt.Sprintf("%d,%s", s.rows, appendFloat32(nil, 10+2*(float32(s.rows)-1)))
		if line != want {
			s.t.Fatalf("row %d is %q, want %q", s.rows, line, want)
		}
		s.rows++
		if s.rows%20000 == 0 {
			runtime.GC()
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			s.most = max(s.most, int64(now.HeapAlloc)-int64(s.before))
		}
	}
}

// TestRunGivesEachRowAsItComes has rows one at a time, each only after the prediction for the one before was read.
func TestRunGivesEachRowAsItComes(t *testing.T) {
	in, rows := io.Pipe()
	predictions, out := io.Pipe()
	var code atomic.Int32
	done := make(chan struct{})
	go func() {
		code.Store(int32(doMain([]string{"run", handmadeModel(t)}, in, out, io.Discard)))
		out.Close()
		close(done)
	}()
	fmt.Fprint(rows, "a,b,comment\n1,2,none\n")
	lines := bufio.NewScanner(predictions)
	for i, want := range []string{"prediction", "18", "20", "22"} {
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("line %d: %q, want %q", i+1, lines.Text(), want)
		}
		if i > 0 {
			fmt.Fprintf(rows, "%d,2,none\n", i+1)
		}
	}
	rows.Close()
	io.Copy(io.Discard, predictions)
	<-done
	if code.Load() != exitDone {
		t.Errorf("exit code %d", code.Load())
	}
}
