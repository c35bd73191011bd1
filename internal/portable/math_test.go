package portable

import (
	"go/ast"
	"strings"
	"testing"
)

// differing are the functions of package math that are rounded more than once, in ways that depend on the architecture.
const differing = " Acos Acosh Asin Asinh Atan Atan2 Atanh Cbrt Cos Cosh Erf Erfc Erfcinv Erfinv Exp Exp2 Expm1 " +
	"Gamma Hypot J0 J1 Jn Lgamma Log Log10 Log1p Log2 Pow Pow10 Sin Sincos Sinh Tan Tanh Y0 Y1 Yn "

// TestNoMathFunctionThatDiffers: math.Exp and its like are assembly on some architectures, and fused on others.
func TestNoMathFunctionThatDiffers(t *testing.T) {
	uses := 0
	for path, source := range readSources(t, moduleRoot(t)).parsed {
		if strings.HasPrefix(source.path, "nnrt/bench") || source.path == "nnrt/internal/ulp" {
			continue // they measure
		}
		ast.Inspect(source.ast, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "math" {
				uses++
				if strings.Contains(differing, " "+s.Sel.Name+" ") {
					t.Errorf("%s uses math.%s, which is not the same on every architecture", path, s.Sel.Name)
				}
			}
			return true
		})
	}
	if uses < 100 {
		t.Errorf("only %d uses of package math found", uses)
	}
}
