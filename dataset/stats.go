package dataset

import "math"

// stats are the statistics of a column: of the values that are there, in float64, summed in the order of the rows.
type stats struct {
	count    int
	min, max float32
	mean     float64
	squares  float64 // the sum of (x-mean)²
}

// measure computes the statistics of each column of a row-major matrix whose missing values are NaN, in two passes.
func measure(cells []float32, columns int) []stats {
	all := make([]stats, columns)
	for rest := cells; len(rest) > 0; rest = rest[columns:] {
		for i, v := range rest[:columns] {
			if v == v {
				all[i].add(v)
			}
		}
	}
	for i := range all {
		all[i].average()
	}
	for rest := cells; len(rest) > 0; rest = rest[columns:] {
		for i, v := range rest[:columns] {
			if v == v {
				d := float64(v) - all[i].mean
				all[i].squares += float64(d * d) // the conversion forbids fusing
			}
		}
	}
	return all
}

// add takes in a value; mean is the sum until average is called.
func (s *stats) add(v float32) {
	if s.count == 0 {
		s.min, s.max = v, v
	}
	s.count++
	s.min, s.max = min(s.min, v), max(s.max, v)
	s.mean += float64(v)
}

func (s *stats) average() {
	switch {
	case s.min == s.max:
		s.mean = float64(s.min) // exactly, whatever the sum was rounded to
	case s.count > 0:
		s.mean /= float64(s.count)
	}
}

// zscore returns the mean and the population standard deviation, 1 if that is 0.
func (s *stats) zscore() (mean, scale float32) {
	if scale = float32(math.Sqrt(s.squares / float64(s.count))); scale == 0 {
		scale = 1
	}
	return float32(s.mean), scale
}

// minmax returns the minimum and the range, 1 if that is 0.
func (s *stats) minmax() (mean, scale float32) {
	if scale = s.max - s.min; scale == 0 {
		scale = 1
	}
	return s.min, scale
}
