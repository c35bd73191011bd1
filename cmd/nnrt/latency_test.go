package main

import (
	"encoding/json"
	"regexp"
	"runtime"
	"slices"
	"testing"
	"time"
)

func TestBenchLatency(t *testing.T) {
	args := []string{"bench", "--what", "latency", "--calls", "1000", "--count", "2", handmadeClasses(t)}
	form := regexp.MustCompile(`(?m)^Benchmark(Latency/net=[a-z]+/garbage=(?:no|yes))-1\t +1000\t +[\d.]+ ns/op\t +\S+ p50-ns` +
		`\t +\S+ p99-ns\t +\S+ p99\.9-ns\t +\S+ worst-ns\t +\d+ gc-cycles$`)
	var names []string
	for _, line := range form.FindAllStringSubmatch(nnrt(args...).must(t), -1) {
		names = append(names, line[1])
	}
	want := []string{"Latency/net=none/garbage=no", "Latency/net=none/garbage=no", "Latency/net=none/garbage=yes",
		"Latency/net=none/garbage=yes", "Latency/net=model/garbage=no", "Latency/net=model/garbage=no",
		"Latency/net=model/garbage=yes", "Latency/net=model/garbage=yes"}
	if !slices.Equal(names, want) {
		t.Errorf("results %q, want %q", names, want)
	}

	var report struct {
		Results []struct {
			Name       string
			Iterations int
			NsPerOp    float64 `json:"ns_per_op"`
			Metrics    map[string]float64
		}
	}
	if err := json.Unmarshal([]byte(nnrt(append(args, "--json")...).must(t)), &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Results) != len(want) {
		t.Fatalf("%d results", len(report.Results))
	}
	for i, r := range report.Results {
		m := r.Metrics
		if r.Name != "Benchmark"+want[i]+"-1" || r.Iterations != 1000 || !(r.NsPerOp > 0) || len(m) != 5 ||
			!(m["p50-ns"] <= m["p99-ns"] && m["p99-ns"] <= m["p99.9-ns"] && m["p99.9-ns"] <= m["worst-ns"]) ||
			!(m["worst-ns"] >= r.NsPerOp) || !(m["gc-cycles"] >= 0) {
			t.Errorf("result %d: %+v", i, r)
		}
	}
}

func TestBenchLatencyIsOfOneThread(t *testing.T) {
	nnrt("bench", "--what", "predict,latency", "--threads", "2", "--calls", "1").wants(t, exitUsage,
		"--threads 2: latency is that of one thread")
}

func TestTimeEach(t *testing.T) {
	const pause = time.Millisecond
	took := make([]uint32, 10)
	calls := 0
	total, _ := timeEach(took, func() {
		if calls++; calls == 5 {
			time.Sleep(pause)
		}
	})
	if calls != 11 { // one to warm up
		t.Errorf("%d calls", calls)
	}
	sum := time.Duration(0)
	for _, n := range took {
		sum += time.Duration(n)
	}
	if took[3] < uint32(pause) || sum != total {
		t.Errorf("%v took %v; the fourth was to take %v", took, total, pause)
	}
}

func TestLitterIsCollected(t *testing.T) {
	stop := litter()
	var before, now runtime.MemStats
	for runtime.ReadMemStats(&before); now.NumGC < before.NumGC+2; runtime.ReadMemStats(&now) {
		runtime.Gosched()
	}
	stop()
}
