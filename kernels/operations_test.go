package kernels

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// What the tests of all tiers share: the table's operations in a form that a loop can call, and numbers that are hard
// on them.

// productOperation is a matrix product of the table. a and b give the number of rows and columns of A and B.
type productOperation struct {
	name string
	bias bool
	run  func(t *table, c, a, b, bias []float32, s productShape)
	a, b func(m, n, k int) (rows, columns int)
}

// productShape is a product's sizes and strides.
type productShape struct{ m, n, k, lda, ldb, ldc int }

func productOperations() []productOperation {
	mk := func(m, n, k int) (rows, columns int) { return m, k }
	km := func(m, n, k int) (rows, columns int) { return k, m }
	kn := func(m, n, k int) (rows, columns int) { return k, n }
	nk := func(m, n, k int) (rows, columns int) { return n, k }
	nn := func(t *table, c, a, b, bias []float32, s productShape) {
		t.gemmNN(c, a, b, bias, s.m, s.n, s.k, s.lda, s.ldb, s.ldc)
	}
	packed := func(t *table, c, a, b, bias []float32, s productShape) {
		p := &Packed{b: b, n: s.n, k: s.k, ldb: s.ldb, kernels: t}
		t.pack(p)
		t.gemmPacked(c, a, p, bias, s.m, s.lda, s.ldc)
	}
	return []productOperation{
		{"gemmNN", false, nn, mk, kn},
		{"gemmNN with bias", true, nn, mk, kn},
		{"gemmPacked", false, packed, mk, kn},
		{"gemmPacked with bias", true, packed, mk, kn},
		{"gemmReLU", true, func(t *table, c, a, b, bias []float32, s productShape) {
			t.training().gemmReLU(c, a, b, bias, s.m, s.n, s.k, s.lda, s.ldb, s.ldc)
		}, mk, kn},
		{"gemmTN", false, func(t *table, c, a, b, _ []float32, s productShape) {
			t.training().gemmTN(c, a, b, s.m, s.n, s.k, s.lda, s.ldb, s.ldc)
		}, km, kn},
		{"gemmNT", false, func(t *table, c, a, b, _ []float32, s productShape) {
			t.training().gemmNT(c, a, b, s.m, s.n, s.k, s.lda, s.ldb, s.ldc)
		}, mk, nk},
	}
}

// withGaps returns a shape of the product whose strides are as many elements longer than the rows.
func (p *productOperation) withGaps(m, n, k, gapA, gapB, gapC int) productShape {
	_, columnsA := p.a(m, n, k)
	_, columnsB := p.b(m, n, k)
	return productShape{m, n, k, columnsA + gapA, columnsB + gapB, n + gapC}
}

// lengths returns the elements from the first to the last of each operand. The bias has n, or none.
func (p *productOperation) lengths(s productShape) (c, a, b, bias int) {
	rowsA, columnsA := p.a(s.m, s.n, s.k)
	rowsB, columnsB := p.b(s.m, s.n, s.k)
	if p.bias {
		bias = s.n
	}
	return (s.m-1)*s.ldc + s.n, (rowsA-1)*s.lda + columnsA, (rowsB-1)*s.ldb + columnsB, bias
}

// vectorOperation is an operation of the table over vectors of one length. It writes v[:writes] and only reads the
// reads vectors after them; f are its factors.
type vectorOperation struct {
	name          string
	field         string // in the table
	writes, reads int
	run           func(t *table, v [][]float32, f factors) (result float32)
}

type factors [8]float32

// usualFactors are of the sizes that training has.
var usualFactors = factors{0.01, 0.9, 0.1, 1e-7, 0.8, 0.7, 0.4, 3}

func vectorOperations() []vectorOperation {
	rmsprop := func(f factors) RMSpropStep { return RMSpropStep{f[0], f[1], f[2], f[3], f[4]} }
	adam := func(f factors) AdamStep { return AdamStep{f[0], f[2], f[4], f[3], f[1], f[5], f[6], f[7]} }
	nothing := func(update func(t *table, v [][]float32, f factors)) func(*table, [][]float32, factors) float32 {
		return func(t *table, v [][]float32, f factors) float32 {
			update(t, v, f)
			return 0
		}
	}
	return []vectorOperation{
		{"sum", "sum", 0, 1, func(t *table, v [][]float32, _ factors) float32 { return t.sum(v[0]) }},
		{"dot", "dot", 0, 2, func(t *table, v [][]float32, _ factors) float32 { return t.dot(v[0], v[1]) }},
		{"dot of a vector and itself", "dot", 0, 1,
			func(t *table, v [][]float32, _ factors) float32 { return t.dot(v[0], v[0]) }},
		{"multiplyAdd", "multiplyAdd", 1, 3,
			nothing(func(t *table, v [][]float32, _ factors) { t.multiplyAdd(v[0], v[1], v[2], v[3]) })},
		{"multiplyAdd in place", "multiplyAdd", 1, 2,
			nothing(func(t *table, v [][]float32, _ factors) { t.multiplyAdd(v[0], v[0], v[1], v[2]) })},
		{"multiplyAdd to sums", "multiplyAdd", 1, 2,
			nothing(func(t *table, v [][]float32, _ factors) { t.multiplyAdd(v[0], v[1], v[2], v[0]) })},
		{"sumAbs", "sumAbs", 0, 1, func(t *table, v [][]float32, _ factors) float32 { return t.training().sumAbs(v[0]) }},
		{"binaryHits", "binaryHits", 0, 2, func(t *table, v [][]float32, _ factors) float32 {
			p, y := slices.Clone(v[0]), make([]float32, len(v[1])) // many a hit, and many a p at the border
			for i, x := range v[1] {
				y[i] = x
				b := math.Float32bits(x) >> 8
				if b&3 < 3 {
					y[i] = []float32{0, neg0, 1}[b&3]
				}
				if b&12 == 0 {
					p[i] = 0.5
				}
			}
			return float32(t.training().binaryHits(p, y))
		}},
		{"binaryHits within the slices", "binaryHits", 0, 2,
			func(t *table, v [][]float32, _ factors) float32 { return float32(t.training().binaryHits(v[0], v[1])) }},
		{"sigmoidCrossEntropy", "sigmoidCrossEntropy", 1, 2, nothing(func(t *table, v [][]float32, _ factors) {
			t.training().sigmoidCrossEntropy(v[0], v[1], v[2])
		})},
		{"crossEntropyGradient", "crossEntropyGradient", 1, 2, nothing(func(t *table, v [][]float32, f factors) {
			t.training().crossEntropyGradient(v[0], v[1], v[2], f[7], f[4])
		})},
		{"crossEntropyGradient in place, without a divisor", "crossEntropyGradient", 1, 1,
			nothing(func(t *table, v [][]float32, f factors) {
				t.training().crossEntropyGradient(v[0], v[0], v[1], 1, f[4])
			})},
		{"crossEntropyGradient without targets", "crossEntropyGradient", 1, 1,
			nothing(func(t *table, v [][]float32, f factors) {
				t.training().crossEntropyGradient(v[0], v[1], nil, f[7], f[4])
			})},
		{"sgd", "sgd", 1, 1, nothing(func(t *table, v [][]float32, f factors) { t.training().sgd(v[0], v[1], f[0]) })},
		{"momentum", "momentum", 2, 1, nothing(func(t *table, v [][]float32, f factors) {
			t.training().momentum(v[0], v[2], v[1], f[0], f[1], false)
		})},
		{"nesterov", "momentum", 2, 1, nothing(func(t *table, v [][]float32, f factors) {
			t.training().momentum(v[0], v[2], v[1], f[0], f[1], true)
		})},
		{"rmsprop", "rmsprop", 2, 1, nothing(func(t *table, v [][]float32, f factors) {
			t.training().rmsprop(v[0], v[2], v[1], nil, nil, rmsprop(f))
		})},
		{"rmsprop centered", "rmsprop", 3, 1, nothing(func(t *table, v [][]float32, f factors) {
			t.training().rmsprop(v[0], v[3], v[1], v[2], nil, rmsprop(f))
		})},
		{"rmsprop with momentum", "rmsprop", 3, 1, nothing(func(t *table, v [][]float32, f factors) {
			t.training().rmsprop(v[0], v[3], v[1], nil, v[2], rmsprop(f))
		})},
		{"rmsprop centered with momentum", "rmsprop", 4, 1, nothing(func(t *table, v [][]float32, f factors) {
			t.training().rmsprop(v[0], v[4], v[1], v[2], v[3], rmsprop(f))
		})},
		{"adam", "adam", 3, 1, nothing(func(t *table, v [][]float32, f factors) {
			t.training().adam(v[0], v[3], v[1], v[2], nil, adam(f))
		})},
		{"amsgrad", "adam", 4, 1, nothing(func(t *table, v [][]float32, f factors) {
			t.training().adam(v[0], v[4], v[1], v[2], v[3], adam(f))
		})},
		{"nadam", "nadam", 3, 1, nothing(func(t *table, v [][]float32, f factors) {
			t.training().nadam(v[0], v[3], v[1], v[2], adam(f))
		})},
		{"adamax", "adamax", 3, 1, nothing(func(t *table, v [][]float32, f factors) {
			t.training().adamax(v[0], v[3], v[1], v[2], adam(f))
		})},
		{"adagrad", "adagrad", 2, 1, nothing(func(t *table, v [][]float32, f factors) {
			t.training().adagrad(v[0], v[2], v[1], f[0], f[3])
		})},
		{"lion", "lion", 2, 1, nothing(func(t *table, v [][]float32, f factors) {
			t.training().lion(v[0], v[2], v[1], LionStep{f[0], f[1], f[2], f[4], f[6]})
		})},
		{"decay", "decay", 1, 0, nothing(func(t *table, v [][]float32, f factors) { t.training().decay(v[0], f[0]) })},
		{"clipValue", "clipValue", 1, 0, nothing(func(t *table, v [][]float32, f factors) { t.training().clipValue(v[0], f[1]) })},
		{"scale", "scale", 1, 0, nothing(func(t *table, v [][]float32, f factors) { t.training().scale(v[0], f[1], f[4]) })},
		{"addPenalty", "addPenalty", 1, 1,
			nothing(func(t *table, v [][]float32, f factors) { t.training().addPenalty(v[0], v[1], f[0], f[2]) })},
	}
}

// TestOperationsAreTheTables: what is added to the table must be added to the tests of all tiers.
func TestOperationsAreTheTables(t *testing.T) {
	tested := map[string]bool{"gemmNN": true, "gemmTN": true, "gemmNT": true, "gemmReLU": true, "pack": true,
		"chain": true, "prepareChain": true, "chainRow": true, // by the tests of chain_test.go
		"gemmTNAdam": true,                    // by the tests of joined_test.go
		"turned":     true, "transpose": true, // by those of turned_test.go
		"dense":      true, // by the tests of packed_test.go
		"gemmPacked": true, "activate": true,
		"activateGradient": true, "columnSums": true, "gatherRows": true,
		"sparseCrossEntropy": true, "shuffle": true}
	for _, o := range vectorOperations() {
		tested[o.field] = true
	}
	for _, f := range slices.Concat(reflect.VisibleFields(reflect.TypeFor[table]()),
		reflect.VisibleFields(reflect.TypeFor[trainingTable]())) {
		if f.Type.Kind() == reflect.Func && !tested[f.Name] {
			t.Errorf("the parity and guard tests lack the operation %s", f.Name)
		}
	}
}

// reference runs f with the portable functions in use: some of them call others by way of the active table.
func reference(f func(t *table)) {
	before := active
	defer use(before)
	use(&generic)
	f(&generic)
}

// numbers is a kind of operands: the left and the right one's draws, and those of what a sum begins with.
type numbers struct {
	name        string
	left, right func(r *rand.Rand) float32
	start       func(r *rand.Rand) float32
}

// kindsOfNumbers are the numbers that kernels get wrong.
func kindsOfNumbers() []numbers {
	same := func(name string, draw func(r *rand.Rand) float32) numbers { return numbers{name, draw, draw, draw} }
	normal := func(r *rand.Rand) float32 { return float32(r.NormFloat64()) }
	around := func(exponent, spread int) func(r *rand.Rand) float32 { // ±2ᵉ·[1, 2), e near the exponent
		return func(r *rand.Rand) float32 {
			e := uint32(127 + exponent + r.IntN(2*spread+1) - spread)
			return math.Float32frombits(e<<23 | r.Uint32N(1<<23) | r.Uint32()<<31)
		}
	}
	// nearly is a power of two times 1, 1 + 2⁻²³ or 1 − 2⁻²³, with either sign.
	nearly := func(r *rand.Rand, exponents ...int) float32 {
		x := math.Ldexp(1+float64(r.IntN(3)-1)*0x1p-23, exponents[r.IntN(len(exponents))])
		return float32(math.Copysign(x, r.Float64()-0.5))
	}
	oneAndMore := around(0, 0)
	return []numbers{
		same("normal", normal),
		same("with zeros and subnormals", func(r *rand.Rand) float32 {
			switch r.IntN(8) {
			case 0:
				return 0
			case 1:
				return neg0
			case 2:
				return math.Float32frombits(r.Uint32N(1<<23) | r.Uint32()<<31)
			}
			return normal(r)
		}),
		// Products round to subnormal numbers or to zero.
		same("tiny", around(-72, 4)),
		same("subnormal sums", around(-60, 20)),
		// Products overflow, and infinities of both signs meet.
		same("huge", around(63, 3)),
		same("of all sizes", around(0, 40)),
		// Sums lie half-way between two float32, or so near to it that float64 cannot tell: 1 + 2⁻²⁴·(1 − 2⁻⁴⁶).
		{"half-way", func(r *rand.Rand) float32 { return nearly(r, 0, 0, 0, 1) }, func(r *rand.Rand) float32 {
			if r.IntN(12) == 0 {
				return oneAndMore(r)
			}
			return nearly(r, -24, -24, -23, -25)
		}, oneAndMore},
		// The same between two subnormal numbers: 2⁻¹⁵⁰·(1 − 2⁻⁴⁶).
		{"half-way and subnormal", func(r *rand.Rand) float32 { return nearly(r, -75, -75, -74) },
			func(r *rand.Rand) float32 { return nearly(r, -75, -75, -74) },
			func(r *rand.Rand) float32 { return math.Float32frombits(r.Uint32N(1 << 23)) }},
		same("with NaN and infinities", func(r *rand.Rand) float32 {
			switch r.IntN(400) {
			case 0:
				return nan32
			case 1:
				return inf32
			case 2:
				return -inf32
			case 3, 4:
				return math.MaxFloat32
			case 5, 6, 7, 8, 9:
				return 0
			}
			return normal(r)
		}),
		same("any bits", func(r *rand.Rand) float32 { return math.Float32frombits(r.Uint32()) }),
		// Where activations bend.
		same("arguments", func(r *rand.Rand) float32 {
			switch r.IntN(4) {
			case 0:
				return float32(r.NormFloat64() * 4)
			case 1:
				return float32(r.IntN(4097)-2048) / 16
			}
			return float32(r.Float64()*208 - 112)
		}),
	}
}
