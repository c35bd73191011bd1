package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// peer is a library as this program starts it. The worker's executable and argument are named by command; those
// whose instruction set is the compiler's choice have another executable for AVX2.
type peer struct {
	name     string
	command  []string
	compiled bool   // the instruction set was chosen when it was compiled
	once     string // the program that only predicts, where it is not the worker's own
}

var peers = []peer{
	{name: "nnrt", command: []string{"goworker", "nnrt"}},
	{name: onOne, command: []string{"goworker", "nnrt"}},
	{name: "OpenBLAS", command: []string{"openblas"}},
	{name: "MKL", command: []string{"mkl"}},
	{name: "oneDNN", command: []string{"onednn"}},
	{name: "oneDNN sgemm", command: []string{"onednn-sgemm"}},
	{name: "oneDNN 3.13", command: []string{"onednn-new"}},
	{name: "libxsmm", command: []string{"libxsmm"}},
	{name: "Eigen", command: []string{"eigen"}, compiled: true},
	{name: "SLEEF", command: []string{"sleef"}, compiled: true},
	{name: "libmvec", command: []string{"libmvec"}, compiled: true},
	{name: "gonum", command: []string{"goworker", "gonum"}},
	{name: "vek", command: []string{"goworker", "vek"}},
	{name: "gomlx", command: []string{"goworker", "gomlx"}},
}

// onOne is nnrt on one thread, measured where the others use more, to see what a second thread is worth.
const onOne = "nnrt on one"

var machine = peer{name: "machine", command: []string{"machine"}, compiled: true}

// worker is a running worker. It is stopped by a signal whenever it is not its turn, so that threads of one library
// that wait by spinning take no time from another.
type worker struct {
	peer
	file        string // its program
	o           options
	description string
	lost        error // why it no longer runs
	process     *exec.Cmd
	in          io.WriteCloser
	out         *bufio.Reader
}

// limit is how long a worker may take to answer.
const limit = 5 * time.Minute

func startWorker(o options, p peer, threads int, cpus string) (*worker, error) {
	file := filepath.Join(o.bin, p.command[0])
	if p.compiled && o.isa == "avx2" {
		file += "-avx2"
	}
	if _, err := os.Stat(file); err != nil {
		reason, err := os.ReadFile(file + ".absent")
		if err != nil {
			return nil, fmt.Errorf("no worker %s: run bench/peers/run.sh", file)
		}
		return nil, errors.New(strings.TrimSpace(string(reason)))
	}
	w := &worker{peer: p, file: file, o: o}
	w.process = exec.Command("taskset", append([]string{"-c", cpus, file}, p.command[1:]...)...)
	w.process.Env = environment(o, p, threads)
	w.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var err error
	if w.in, err = w.process.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := w.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	w.out = bufio.NewReader(out)
	if err := w.process.Start(); err != nil {
		return nil, err
	}
	w.description, err = w.line()
	return w, err
}

// program returns a process of the worker's program with further arguments, on one thread: of the program that only
// predicts, where there is one, if it is not to save.
func (w *worker) program(args ...string) *exec.Cmd {
	c := exec.Command(w.file, append(slices.Clone(w.command[1:]), args...)...)
	if w.once != "" && args[0] != "save" {
		c = exec.Command(filepath.Join(w.o.bin, w.once), args...)
	}
	c.Env = environment(w.o, w.peer, 1)
	return c
}

// environment tells each library its number of threads and, where asked, its instruction set.
func environment(o options, p peer, threads int) []string {
	var env []string
	for _, v := range os.Environ() {
		// Some machines set these for old versions of OpenBLAS; they choose slower kernels than the machine's.
		if !strings.HasPrefix(v, "OPENBLAS_CORETYPE=") && !strings.HasPrefix(v, "OPENBLAS_L2_SIZE=") {
			env = append(env, v)
		}
	}
	for _, name := range []string{
		"PEER_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "DPCPP_CPU_NUM_CUS",
	} {
		env = append(env, fmt.Sprintf("%s=%d", name, threads))
	}
	layer := "SEQUENTIAL"
	if threads > 1 {
		layer = "INTEL"
		env = append(env, "OMP_PROC_BIND=true") // without it GNU's OpenMP lets two threads share one processor
	}
	env = append(env, "MKL_THREADING_LAYER="+layer)
	if p.name == "MKL" || p.name == "oneDNN 3.13" {
		env = append(env, "LD_LIBRARY_PATH="+o.lib, "OCL_ICD_FILENAMES="+filepath.Join(o.lib, "libintelocl.so"))
	}
	if o.isa == "avx2" {
		env = append(env, "NNRT_KERNELS=avx2", "OPENBLAS_CORETYPE=Haswell", "MKL_ENABLE_INSTRUCTIONS=AVX2",
			"ONEDNN_MAX_CPU_ISA=AVX2", "LIBXSMM_TARGET=hsw")
	}
	return env
}

// line reads one line, then stops the worker until the next request.
func (w *worker) line() (string, error) {
	timer := time.AfterFunc(limit, func() { w.process.Process.Kill() })
	s, err := w.out.ReadString('\n')
	if err == nil {
		err = w.process.Process.Signal(syscall.SIGSTOP)
	}
	if err != nil {
		if !timer.Stop() {
			err = fmt.Errorf("no answer in %v", limit)
		}
		w.process.Process.Kill()
		if waited := w.process.Wait(); waited != nil {
			err = fmt.Errorf("%w (%w)", err, waited)
		}
		return "", err
	}
	timer.Stop()
	return strings.TrimSuffix(s, "\n"), nil
}

// ask sends a request and returns the answer; a worker that fails to answer is lost.
func (w *worker) ask(format string, args ...any) (string, error) {
	if w.lost != nil {
		return "", w.lost
	}
	if err := w.process.Process.Signal(syscall.SIGCONT); err != nil {
		w.lost = err
		return "", err
	}
	var answer string
	_, err := fmt.Fprintf(w.in, format+"\n", args...)
	if err == nil {
		answer, err = w.line()
	}
	w.lost = err
	return answer, err
}

func (w *worker) close() {
	if w.lost == nil {
		w.process.Process.Kill()
		w.process.Wait()
	}
}
