package main

import (
	"fmt"
	"slices"

	"nnrt/bench"
)

// netItem is one thing to measure of whole networks: op is predict (a batch), train (one step of Adam on a batch), fit
// (the tutorial's whole fit for net A, an epoch of Fashion-MNIST for B and C) or start (a process that loads a net,
// predicts one row and ends).
type netItem struct {
	op, net string
	batch   int
}

func (i netItem) name() string { return fmt.Sprintf("op=%s/net=%s/batch=%d", i.op, i.net, i.batch) }

// rows returns how many rows one call works on.
func (i netItem) rows() int {
	switch {
	case i.op == "fit" && i.net == "A":
		return tutorialRows * tutorialEpochs
	case i.op == "fit":
		return fashionRows
	}
	return i.batch
}

const (
	tutorialEpochs = 10
	fashionRows    = 60000
)

var predictedBatches = []int{1, 32, 256, 1024}

// netItems lists what is measured with these options.
func netItems(o options, threads int) []netItem {
	var list []netItem
	for _, n := range bench.Nets() {
		for _, batch := range predictedBatches {
			list = append(list, netItem{"predict", n.Name, batch})
		}
		for _, batch := range trainedBatches {
			list = append(list, netItem{"train", n.Name, batch})
		}
	}
	if threads == 1 {
		list = append(list, netItem{"fit", "A", 32}, netItem{"start", "A", 1})
		if !o.quick {
			list = append(list, netItem{"fit", "B", 128}, netItem{"fit", "C", 128})
		}
	}
	return slices.DeleteFunc(list, func(i netItem) bool { return !o.only.MatchString(i.name()) })
}
