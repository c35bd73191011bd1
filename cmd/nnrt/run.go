package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"

	"nnrt/dataset"
	"nnrt/internal/npy"
	"nnrt/net"
)

// blockInputs bounds the memory of a block: its rows times the model's inputs.
const blockInputs = 1 << 20

// shardRows is how many rows make a block of --shard.
const shardRows = 1024

func runCommand() *command {
	f := &flagSet{}
	o := &runOptions{}
	o.format = f.choice("o", []string{"csv", "jsonl", "npy"}, "csv", "format of the output")
	o.ids = f.list("id", "COL,…", "columns of the input to copy to the front of the output")
	o.source = f.source()
	o.trust = f.trust()
	o.batchSize = f.integer("batch-size", "N", 512, 1, 1<<20, "rows worked on together, at most; fewer if no more "+
		"have come. It changes speed alone")
	o.threads = f.integer("threads", "N", 0, 0, 1024, "0 for all cores; it changes speed alone")
	o.shard = f.shard()
	return &command{
		name:    "run",
		args:    "model.bin [DATA|-]",
		summary: "predict: rows in, predictions out, in order",
		details: "DATA is of any format that train reads; without it, or with -, rows come from the standard input. " +
			"Memory does not grow with their number. Columns are matched by name, in any order, others ignored; without " +
			"a header, by position. The target may be absent.\n\n" +
			"For classes the output is prediction (the label) and p_<label> for each; for a regression it is " +
			"prediction; for a model without a schema y1, y2, …. Numbers have the shortest digits that read back to the " +
			"same float32. npy holds the numbers alone, rows × columns; as its header has the number of rows, it is " +
			"kept in a temporary file until the last row, and comes only if there was no error.",
		examples: []string{
			"nnrt run model.bin new.csv > predictions.csv",
			"zcat log.jsonl.gz | nnrt run model.bin --format jsonl -o jsonl --id name | head",
			"nnrt run model.bin new.csv --shard 1/4 > part1.csv",
			"nnrt run model.bin new.csv --key public.pem --min-version 7 > predictions.csv",
		},
		minArgs: 1, maxArgs: 2,
		flags: f,
		run: func(e *env, args []string) error {
			if len(args) == 1 {
				args = append(args, "-")
			}
			return run(e, o, args[0], args[1])
		},
	}
}

type runOptions struct {
	source    sourceFlags
	trust     trustFlags
	format    *string
	ids       *[]string
	batchSize *int
	threads   *int
	shard     *shard
}

// shard is part index of count parts of the rows: every count-th block. The zero value is all rows.
type shard struct{ index, count int }

// shard defines the flag --shard.
func (f *flagSet) shard() *shard {
	s := &shard{}
	usage := fmt.Sprintf("work on part I of N only: every N-th block of %d rows, the first part (1) from the first block",
		shardRows)
	f.add(&option{name: "shard", arg: "I/N", usage: usage, set: func(value string) error {
		i, n, ok := strings.Cut(value, "/")
		if !ok {
			return errors.New("it is of the form I/N")
		}
		var err error
		if s.count, err = parseInteger(n, 1, math.MaxInt32); err != nil {
			return fmt.Errorf("N: %w", err)
		}
		if s.index, err = parseInteger(i, 1, s.count); err != nil {
			return fmt.Errorf("I: %w", err)
		}
		return nil
	}})
	return s
}

// has reports whether a row, counted from 0, belongs to the part.
func (s *shard) has(row int64) bool {
	return s.count <= 1 || row/shardRows%int64(s.count) == int64(s.index-1)
}

func run(e *env, o *runOptions, model, data string) error {
	file, err := o.trust.readModel(model)
	if err != nil {
		return err
	}
	if *o.format == "npy" && *o.ids != nil {
		return usagef("--id: npy holds numbers, and these columns may be texts")
	}
	schema := runtimeSchema(file)
	src, err := o.source.open(e, data, append(schema.Names(), *o.ids...), "")
	if err != nil {
		return err
	}
	defer src.Close()
	encoder, err := schema.Encoder(src)
	if err != nil {
		return err
	}
	batch := min(*o.batchSize, max(1, blockInputs/schema.Width()))
	p := &pipeline{src: src, encoder: encoder, shard: o.shard, batch: batch, width: schema.Width(),
		model: file.Model, writer: newRowWriter(*o.format, *o.ids, answersOf(file))}
	for i, id := range *o.ids {
		at := slices.Index(src.Columns(), id)
		if at < 0 {
			return &dataset.Error{File: src.File(), Column: id, Msg: "there is no such column (--id)"}
		}
		if slices.Contains((*o.ids)[:i], id) || slices.Contains(p.writer.columns()[len(*o.ids):], id) {
			return usagef("--id %s: the output has a column of that name already", id)
		}
		p.ids = append(p.ids, at)
	}
	threads := *o.threads
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	if *o.format != "npy" {
		return p.run(threads, e.stdout)
	}
	kept, err := newSpool()
	if err != nil {
		return err
	}
	defer kept.close()
	if err := p.run(threads, &output{w: bufio.NewWriterSize(kept, 64<<10)}); err != nil {
		return err
	}
	e.stdout.Write(npy.AppendHeader(nil, p.written, int64(p.writer.width())))
	return kept.copyTo(e.stdout)
}

// pipeline predicts the rows of a source in blocks: one goroutine reads and encodes, as many as there are threads
// predict and turn results into text, and the caller's writes the blocks in their order. A fixed number of blocks goes
// round, which bounds memory.
type pipeline struct {
	src     *dataset.Reader
	encoder *dataset.Encoder
	shard   *shard
	batch   int
	width   int
	ids     []int // columns to copy
	model   *net.Model
	writer  *rowWriter
	written int64 // rows
}

// block is some rows on their way.
type block struct {
	rows int
	x, y []float32
	ids  []string
	out  []byte
	err  error         // what ended the rows after this block's; io.EOF at their end
	done chan struct{} // receives when out is ready
}

func (p *pipeline) run(threads int, out *output) error {
	var (
		free  = make(chan *block, threads+2)
		work  = make(chan *block, threads+2)
		order = make(chan *block, threads+2)
		quit  = make(chan struct{})
	)
	for range cap(free) {
		free <- &block{done: make(chan struct{}, 1)}
	}
	defer close(quit) // if writing fails, the reader must not wait for ever
	go p.read(free, work, order, quit)
	for range threads {
		go p.predict(work)
	}
	header := p.writer.appendHeader(nil)
	for b := range order {
		<-b.done
		if header != nil && (b.rows > 0 || b.err == io.EOF) {
			out.Write(header)
			header = nil
		}
		out.Write(b.out)
		p.written += int64(b.rows)
		if b.err != nil && b.err != io.EOF {
			return b.err
		}
		if len(order) == 0 {
			out.Flush() // nothing more is ready: let what there is be seen
		}
		if out.err != nil {
			return out.err
		}
		free <- b
	}
	return out.Flush()
}

// read fills blocks and sends them to work and, in order, to the writer.
func (p *pipeline) read(free, work, order chan *block, quit chan struct{}) {
	defer close(work)
	defer close(order)
	var row int64 // rows read
	for {
		var b *block
		select {
		case b = <-free:
		case <-quit:
			return
		}
		p.fill(b, &row)
		last := b.err != nil
		work <- b // never blocks: there are as many places as blocks
		order <- b
		if last {
			return
		}
	}
}

// fill reads a block's rows: as many as a block may have, or as have come.
func (p *pipeline) fill(b *block, row *int64) {
	b.rows, b.x, b.ids, b.err = 0, b.x[:0], b.ids[:0], nil
	for b.rows < p.batch && (b.rows == 0 || p.src.Ready()) {
		r, err := p.src.Next()
		if err == io.EOF && *row == 0 {
			err = &dataset.Error{File: p.src.File(), Msg: "no rows"}
		}
		if err != nil {
			b.err = err
			return
		}
		*row++
		if !p.shard.has(*row - 1) {
			continue
		}
		n := len(b.x)
		b.x = slices.Grow(b.x, p.width)[:n+p.width]
		if err := p.encoder.EncodeRow(b.x[n:], r); err != nil {
			b.x, b.err = b.x[:n], p.src.At(err)
			return
		}
		for _, i := range p.ids {
			b.ids = append(b.ids, p.src.Text(i))
		}
		b.rows++
	}
}

// predict works on blocks until there are no more.
func (p *pipeline) predict(work chan *block) {
	predictor := p.model.NewPredictor()
	outputs, values := predictor.Outputs(), make([]float32, p.writer.width())
	for b := range work {
		b.y = slices.Grow(b.y[:0], b.rows*outputs)[:b.rows*outputs]
		b.out = b.out[:0]
		if err := predictor.Predict(b.y, b.x); err != nil {
			b.err = err
		} else {
			for i := range b.rows {
				b.out = p.writer.appendRow(b.out, b.ids[i*len(p.ids):][:len(p.ids)], b.y[i*outputs:][:outputs], values)
			}
		}
		b.done <- struct{}{}
	}
}
