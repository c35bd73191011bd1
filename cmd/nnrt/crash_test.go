//go:build unix

package main

import (
	"bufio"
	"bytes"
	"flag"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// kills is how often TestKilledTraining kills. The longer run:
//
//	go test ./cmd/nnrt -run TestKilledTraining -kills 200
var kills = flag.Int("kills", 4, "how often to kill a training in TestKilledTraining")

// killed is the training that is killed, its files in a folder.
func killed(folder string, flags ...string) []string {
	return append([]string{"train", pimaCSV, "--target", "diabetes", "--layers", "32:relu,16:relu", "--epochs", "60",
		"--val-split", "0.2", "--early-stop", "1000", "--optimizer", "adam:amsgrad=true", "--threads", "1", "-q",
		"-o", filepath.Join(folder, "m.bin")}, flags...)
}

// TestKilledTraining kills a training at random moments, by a signal that no program can catch, and lets it go on from
// its checkpoint, as often as it takes to come to the end: the model is that of a training that nobody has killed.
func TestKilledTraining(t *testing.T) {
	process(t, "version") // or skip
	whole := t.TempDir()
	begun := time.Now()
	if out, err := process(t, killed(whole)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	longest := max(time.Since(begun), 20*time.Millisecond)
	want := readFile(t, filepath.Join(whole, "m.bin"))
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d; the whole training takes %v", seed, longest)

	done, trainings, resumed, left := 0, 0, 0, 0
	for done < *kills {
		folder := t.TempDir()
		checkpoint := filepath.Join(folder, "c")
		for {
			flags := []string{"--checkpoint", checkpoint}
			if _, err := os.Stat(checkpoint); err == nil {
				flags = append(flags, "--resume", checkpoint)
				resumed++
			}
			c := process(t, killed(folder, flags...)...)
			var stderr bytes.Buffer
			c.Stderr = &stderr
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			timer := time.AfterFunc(time.Duration(random.Int64N(int64(longest))), func() { c.Process.Kill() })
			err := c.Wait()
			timer.Stop()
			if status := c.ProcessState.Sys().(syscall.WaitStatus); status.Signaled() && status.Signal() == syscall.SIGKILL {
				done++
				continue
			}
			if err != nil {
				t.Fatalf("after %d kills: %v: %s", done, err, stderr.String())
			}
			break
		}
		trainings++
		if readFile(t, filepath.Join(folder, "m.bin")) != want {
			t.Fatalf("after %d kills it is another model", done)
		}
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			switch name := e.Name(); {
			case name == "m.bin" || name == "c":
			case strings.HasPrefix(name, ".nnrt-") && strings.HasSuffix(name, ".tmp"):
				left++
			default:
				t.Errorf("%s is left in the folder", name)
			}
		}
	}
	t.Logf("%d kills in %d trainings, gone on from a checkpoint %d times, %d temporary files left behind", done, trainings,
		resumed, left)
}

// TestInterruptedTrainingGoesOn ends trainings by the signals that ask for it: the checkpoint has every batch.
func TestInterruptedTrainingGoesOn(t *testing.T) {
	folder := t.TempDir()
	model, checkpoint := filepath.Join(folder, "m.bin"), filepath.Join(folder, "c")
	args := func(epochs string, flags ...string) []string {
		return append([]string{"train", pimaCSV, "--target", "diabetes", "--layers", "8", "--epochs", epochs, "-o", model},
			flags...)
	}
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		c := process(t, args("1000000", "--checkpoint", checkpoint, "--checkpoint-every", "1000000")...)
		progress, err := c.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(progress)
		if line, err := lines.ReadString('\n'); err != nil || !strings.HasPrefix(line, "epoch 1/") {
			t.Errorf("first line %q, %v", line, err)
		}
		if err := c.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		rest, err := io.ReadAll(lines)
		if err != nil {
			t.Fatal(err)
		}
		c.Wait()
		if code := c.ProcessState.ExitCode(); code != exitFailed {
			t.Errorf("%v: exit code %d", signal, code)
		}
		if want := "interrupted; no model is saved, but --resume " + checkpoint; !bytes.Contains(rest, []byte(want)) {
			t.Errorf("%v: standard error ends %q", signal, rest[max(0, len(rest)-300):])
		}
		onlyFiles(t, folder, "c")
		file, err := readCheckpoint(checkpoint)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%v: %s", signal, stateOf(t, checkpoint))

		epochs := strconv.Itoa(file.state.Epoch + 2)
		nnrt(args(epochs, "--resume", checkpoint, "-q")...).must(t)
		got := readFile(t, model)
		nnrt(args(epochs, "-q")...).must(t)
		if readFile(t, model) != got {
			t.Errorf("%v: resumed it is another model", signal)
		}
		for _, path := range []string{model, checkpoint} {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
	}
}
