//go:build unix

package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// process returns a command line to be run as a process of its own.
func process(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self, args...)
	c.Env = append(os.Environ(), beCommand+"=1")
	probe := exec.Command(self, "version")
	probe.Env = c.Env
	if err := probe.Run(); err != nil {
		t.Skipf("this machine cannot start the test binary again (an emulator?): %v", err)
	}
	return c
}

func TestClosedPipeEndsQuietly(t *testing.T) {
	c := process(t, "run", handmadeModel(t))
	c.Stdin = strings.NewReader("a,b\n" + strings.Repeat("1,2\n", 500_000))
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "prediction\n" {
		t.Errorf("first line %q, %v", line, err)
	}
	out.Close()
	c.Wait() // by SIGPIPE, or with code 0
	if code := c.ProcessState.ExitCode(); code != -1 && code != 0 {
		t.Errorf("exit code %d", code)
	}
	if stderr.Len() > 0 {
		t.Errorf("standard error: %s", stderr.String())
	}
}

func TestInterruptedTrainingSavesNothing(t *testing.T) {
	folder := t.TempDir()
	c := process(t, "train", pimaCSV, "--target", "diabetes", "--epochs", "1000000", "-o", filepath.Join(folder, "m.bin"),
		"--log", filepath.Join(folder, "log"))
	var stdout bytes.Buffer
	c.Stdout = &stdout
	progress, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(progress)
	if line, err := lines.ReadString('\n'); err != nil || !strings.HasPrefix(line, "epoch 1/1000000 - ") {
		t.Errorf("first line %q, %v", line, err)
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(lines)
	if err != nil {
		t.Fatal(err)
	}
	c.Wait()
	if code := c.ProcessState.ExitCode(); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	if !bytes.Contains(rest, []byte("nnrt train: interrupted; no model is saved: ")) {
		t.Errorf("standard error ends %q", rest[max(0, len(rest)-200):])
	}
	if stdout.Len() > 0 {
		t.Errorf("standard output %q", stdout.String())
	}
	onlyFiles(t, folder)
}

func TestKernelsOfTheEnvironment(t *testing.T) {
	for name, code := range map[string]int{"avx9": exitUsage, "neonlight": exitUsage, "generic": exitDone} {
		c := process(t, "cpu")
		c.Env = append(c.Env, "NNRT_KERNELS="+name)
		out, _ := c.CombinedOutput()
		if got := c.ProcessState.ExitCode(); got != code || code == exitUsage && !bytes.Contains(out, []byte(name)) {
			t.Errorf("NNRT_KERNELS=%s: exit code %d: %s", name, got, out)
		}
		c = process(t, "help")
		c.Env = append(c.Env, "NNRT_KERNELS="+name)
		if err := c.Run(); err != nil {
			t.Errorf("NNRT_KERNELS=%s nnrt help: %v", name, err)
		}
	}
}
