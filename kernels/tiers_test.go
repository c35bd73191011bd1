package kernels

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// forEachTier runs a test on every tier that this machine has, as a subtest of the tier's name. The environment
// variable NNRT_REQUIRE_KERNELS (names with commas) makes it fail where one of those is missing, so that a machine
// or an emulator cannot quietly test less.
func forEachTier(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	have := Tiers()
	for _, name := range tierNames {
		if !slices.Contains(have, name) {
			t.Logf("kernels %s: not on this machine, not tested", name)
		}
	}
	if required := os.Getenv("NNRT_REQUIRE_KERNELS"); required != "" {
		for _, name := range strings.Split(required, ",") {
			if !slices.Contains(have, name) {
				t.Errorf("kernels %s are required and this machine has only %v", name, have)
			}
		}
	}
	before := Active()
	defer Use(before)
	for _, name := range have {
		if err := Use(name); err != nil {
			t.Fatal(err)
		}
		t.Run(name, test)
	}
}

func TestUseNamesWhatIsWrong(t *testing.T) {
	before := Active()
	for _, c := range []struct{ name, want string }{
		{"avx1024", "no kernels are called"},
		{"", "no kernels are called"},
	} {
		if err := Use(c.name); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Use(%q): %v, want an error with %q", c.name, err, c.want)
		}
	}
	for _, name := range tierNames {
		if slices.Contains(Tiers(), name) {
			continue
		}
		if err := Use(name); err == nil || !strings.Contains(err.Error(), "cannot run here") {
			t.Errorf("Use(%q) on a machine without it: %v", name, err)
		}
	}
	if Active() != before {
		t.Errorf("a failed Use changed the tier from %s to %s", before, Active())
	}
}

func TestTiersEndWithTheReference(t *testing.T) {
	tiers := Tiers()
	if tiers[len(tiers)-1] != "generic" {
		t.Errorf("Tiers() = %v, want generic last", tiers)
	}
	for _, name := range tiers {
		if !slices.Contains(tierNames, name) {
			t.Errorf("tier %s is missing from tierNames", name)
		}
	}
}
