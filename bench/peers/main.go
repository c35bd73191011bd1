// Peers measures nnrt beside the libraries that it competes with, all in one session on the same processors, and
// writes what it found as Markdown and SVG. run.sh installs and builds all that it needs and starts it; README.md
// says how to read the results.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

type options struct {
	what         string // kernels, nets or all
	rounds       int
	milliseconds int // of one measurement
	threads      []int
	only, peers  *regexp.Regexp
	quick        bool
	isa          string // native or avx2
	bin, lib     string // folders of the workers, and of the shared libraries that some need
	out          string // folder of the results
	command      string // what was typed, for the results' head
}

func main() {
	runtime.LockOSThread() // workers end with the thread that started them
	var o options
	flag.StringVar(&o.what, "what", "all", "kernels, nets (whole networks) or all")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds in which all take turns; the median of them counts")
	flag.IntVar(&o.milliseconds, "ms", 20, "milliseconds of one measurement")
	threads := flag.String("threads", "1,2", "numbers of threads")
	only := flag.String("only", "", "measure only what this regular expression matches, such as op=nn/m=32/")
	peers := flag.String("peers", "", "run only the peers that this regular expression matches")
	flag.BoolVar(&o.quick, "quick", false, "leave out products of more than 2²⁵ multiply-adds")
	flag.StringVar(&o.isa, "isa", "native", "native, or avx2: everything limited to AVX2")
	flag.StringVar(&o.bin, "bin", "", "folder of the workers")
	flag.StringVar(&o.lib, "lib", "", "folder of shared libraries from wheels")
	flag.StringVar(&o.out, "out", ".", "folder of the results")
	flag.StringVar(&o.command, "command", "", "the command, for the results' head")
	flag.Parse()
	if err := o.parse(*threads, *only, *peers); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(2)
	}
	for _, part := range []struct {
		what    string
		measure func(options) error
	}{{"nets", measureNets}, {"kernels", measureKernels}} {
		if o.what != part.what && o.what != "all" {
			continue
		}
		if err := part.measure(o); err != nil {
			fmt.Fprintln(os.Stderr, "peers:", err)
			os.Exit(1)
		}
	}
}

func (o *options) parse(threads, only, peers string) (err error) {
	if flag.NArg() > 0 || o.rounds < 1 || o.milliseconds < 1 || o.isa != "native" && o.isa != "avx2" ||
		!slices.Contains([]string{"kernels", "nets", "all"}, o.what) {
		return fmt.Errorf("run with -h for the options")
	}
	for s := range strings.SplitSeq(threads, ",") {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > runtime.NumCPU() {
			return fmt.Errorf("cannot run on %q threads: there are %d processors", s, runtime.NumCPU())
		}
		o.threads = append(o.threads, n)
	}
	if o.only, err = regexp.Compile(only); err != nil {
		return err
	}
	o.peers, err = regexp.Compile(peers)
	return err
}

func measureKernels(o options) error {
	start := time.Now()
	var sessions []*session
	for _, threads := range o.threads {
		s, err := newSession(o, threads)
		if err != nil {
			return err
		}
		s.measure()
		s.close()
		sessions = append(sessions, s)
	}
	return o.write("RESULTS", markdown(o, sessions, start), "results", chart(sessions))
}

func measureNets(o options) error {
	start := time.Now()
	folder, err := writeReferences(o)
	if err != nil {
		return err
	}
	var sessions []*netSession
	for _, threads := range o.threads {
		s, err := newNetSession(o, threads, folder)
		if err != nil {
			return err
		}
		s.measure()
		s.close()
		sessions = append(sessions, s)
	}
	return o.write("NETS", netMarkdown(o, sessions, start), "nets", netChart(sessions))
}

// write prints a report and writes it and its picture into the folder of the results.
func (o options) write(reportName, report, pictureName, picture string) error {
	fmt.Print(report)
	suffix := ""
	if o.isa != "native" {
		suffix = "-" + o.isa
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(o.out, reportName+suffix+".md"), []byte(report), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(o.out, pictureName+suffix+".svg"), []byte(picture), 0o644)
}
