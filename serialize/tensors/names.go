package tensors

import (
	"slices"
	"strconv"
	"strings"
)

// role is what a tensor is of its layer.
type role uint8

const (
	kernel         role = iota // [inputs, units]
	weight                     // PyTorch's: [units, inputs], or gamma
	bias                       // or PyTorch's beta
	gamma                      // [width], like the rest
	beta                       //
	movingMean                 //
	movingVariance             //
	unused                     // has no part in predictions
)

// roles are the last parts of names.
var roles = map[string]role{
	"kernel": kernel, "bias": bias, "gamma": gamma, "beta": beta,
	"moving_mean": movingMean, "moving_variance": movingVariance,
	"weight": weight, "running_mean": movingMean, "running_var": movingVariance,
	"num_batches_tracked": unused, "seed_generator_state": unused,
}

// parseName takes a name apart into the layer's part and the tensor's role. For names with "/" or "." between their
// parts the layer's part is what stands before the last; that of scikit-learn's intercepts_3 is coefs_3.
func parseName(name string) (layer string, r role, ok bool) {
	for _, s := range []struct {
		prefix string
		role   role
	}{{"coefs_", kernel}, {"intercepts_", bias}} {
		if number, cut := strings.CutPrefix(name, s.prefix); cut && isNumber(number) {
			return "coefs_" + number, s.role, true
		}
	}
	name = strings.TrimSuffix(name, ":0")
	i := strings.LastIndexAny(name, "/.")
	r, ok = roles[name[i+1:]]
	return name[:max(i, 0)], r, ok
}

// positional are the names that NumPy gives to arrays without names: arr_0 and so on.
func positional(tensors []Tensor) bool {
	return len(tensors) > 0 && !slices.ContainsFunc(tensors, func(t Tensor) bool {
		number, cut := strings.CutPrefix(t.Name, "arr_")
		return !cut || !isNumber(number)
	})
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// pattern is a layer's name with its numbers taken out: two names of one pattern are in the order of their numbers,
// fc2 before fc10.
type pattern struct {
	text    string   // with a NUL in the place of each number
	numbers []string // without leading zeros
}

// patternOf takes a name apart. In Keras's names a part that ends without a number has _0 there, in a way: dense comes
// before dense_1.
func patternOf(name string, keras bool) pattern {
	var p pattern
	var b strings.Builder
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '/' || r == '.' })
	for _, part := range parts {
		b.WriteByte('/')
		for i := 0; i < len(part); {
			n := len(part[i:]) - len(strings.TrimLeft(part[i:], "0123456789"))
			if n == 0 {
				b.WriteByte(part[i])
				i++
				continue
			}
			b.WriteByte(0)
			p.numbers = append(p.numbers, strings.TrimLeft(part[i:][:n], "0"))
			i += n
		}
		if last := part[len(part)-1]; keras && (last < '0' || last > '9') {
			b.WriteString("_\x00")
			p.numbers = append(p.numbers, "")
		}
	}
	p.text = b.String()
	return p
}

// compareNumbers compares the numbers of two names of one pattern, in order, by value. They may have any length.
func compareNumbers(a, b []string) int {
	for i := range min(len(a), len(b)) {
		if len(a[i]) != len(b[i]) {
			return len(a[i]) - len(b[i])
		}
		if c := strings.Compare(a[i], b[i]); c != 0 {
			return c
		}
	}
	return 0
}

// kerasName returns the name of a layer's tensor as Keras gives it.
func kerasName(layer, tensor string) string { return layer + "/" + tensor }

// torchName returns the name of the tensor of a module of a Sequential in PyTorch.
func torchName(module int, tensor string) string { return strconv.Itoa(module) + "." + tensor }
