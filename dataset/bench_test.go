package dataset

import (
	"io"
	"testing"
)

// BenchmarkEncode reads a stream of rows of eight numbers and turns them into inputs.
func BenchmarkEncode(b *testing.B) {
	table, err := Learn(openData(b, "pima.csv", "diabetes"), Config{Target: "diabetes"})
	if err != nil {
		b.Fatal(err)
	}
	s := table.Schema
	for _, c := range []struct{ name, header, row string }{
		{"format=csv", "pregnancies,glucose,pressure,triceps,insulin,bmi,pedigree,age\n", "6,148,72,35,0,33.6,0.627,50\n"},
		{"format=jsonl", "", `{"pregnancies":6,"glucose":148,"pressure":72,"triceps":35,"insulin":0,"bmi":33.6,` +
			`"pedigree":0.627,"age":50}` + "\n"},
	} {
		b.Run(c.name, func(b *testing.B) {
			r, err := NewReader("x", &lines{rest: c.header, row: c.row, count: 1 << 30}, Options{Names: s.Names()})
			if err != nil {
				b.Fatal(err)
			}
			e, err := s.Encoder(r)
			if err != nil {
				b.Fatal(err)
			}
			x := make([]float32, s.Width())
			b.SetBytes(int64(len(c.row)))
			b.ReportAllocs()
			for b.Loop() {
				row, err := r.Next()
				if err == io.EOF {
					b.Fatal("too few rows")
				}
				if err == nil {
					err = e.EncodeRow(x, row)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
