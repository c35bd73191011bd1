package net

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

// TestPredictionDuringTraining predicts from 32 goroutines, some of several threads, with predictors made before, while
// the model trains on several threads, until somebody else cancels that. The predictors know nothing of it, and what is
// learned by then is what the same batches teach alone.
func TestPredictionDuringTraining(t *testing.T) {
	x, y := spirals(96)
	m := classifier(t, Dense(64, ReLU), Dropout(0.25), BatchNormalization(), Dense(32, Tanh), Dense(3, Softmax))
	alone := m.Clone()
	want := make([]float32, 3*96)
	if err := m.NewPredictor().Predict(want, x); err != nil {
		t.Fatal(err)
	}
	predictors := make([]*Predictor, 32)
	for i := range predictors {
		predictors[i] = m.NewPredictor()
		if i%4 == 0 {
			predictors[i].SetThreads(3)
		}
	}
	config := func(threads int, after func(batches int64)) FitConfig {
		var batches atomic.Int64
		return FitConfig{Loss: SparseCategoricalCrossEntropy, Epochs: 1 << 20, BatchSize: 16, Threads: threads,
			Callbacks: []Callback{CallbackFuncs{OnBatchEnd: func(*Run) error {
				after(batches.Add(1))
				return nil
			}}}}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	begun := make(chan struct{})
	var trained int64 // batches
	ended := make(chan error, 1)
	go func() {
		_, err := m.Fit(ctx, x, y, config(2, func(batches int64) {
			if trained = batches; batches == 2 {
				close(begun)
			}
		}))
		ended <- err
	}()
	<-begun
	var wait sync.WaitGroup
	for _, p := range predictors {
		wait.Add(1)
		go func() {
			defer wait.Done()
			got := make([]float32, len(want))
			for range 5 {
				if err := p.Predict(got, x); err != nil || !sameBits(got, want) {
					t.Errorf("error %v, same bits: %v", err, sameBits(got, want))
				}
			}
		}()
	}
	wait.Wait()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want context.Canceled", err)
	}
	again, stop := context.WithCancel(context.Background())
	defer stop()
	if _, err := alone.Fit(again, x, y, config(1, func(batches int64) {
		if batches == trained {
			stop()
		}
	})); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want context.Canceled", err)
	}
	if !sameBits(m.Parameters(), alone.Parameters()) {
		t.Errorf("after %d batches the parameters are not those of %d batches alone", trained, trained)
	}
}

// TestCancelledBeforeItBegins: nothing is trained.
func TestCancelledBeforeItBegins(t *testing.T) {
	x, y := spirals(30)
	m := classifier(t)
	before := m.Parameters()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := m.Fit(ctx, x, y, FitConfig{Loss: SparseCategoricalCrossEntropy, Epochs: 2})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	if !sameBits(before, m.Parameters()) {
		t.Error("it trained")
	}
}
