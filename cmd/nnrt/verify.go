package main

import (
	"errors"
	"fmt"

	"nnrt/serialize"
	"nnrt/serialize/signature"
)

// errCheck says that verify found something wrong.
var errCheck = errors.New("the model is bad")

func verifyCommand() *command {
	f := &flagSet{}
	trust := f.trust()
	isGolden := f.boolean("golden", false, "check this machine instead of a model, by trainings that nnrt has with it")
	short := f.boolean("short", false, "with --golden: leave out the larger networks, which take an emulator minutes")
	asJSON := f.boolean("json", false, "with --golden: print a JSON object with the sums in full")
	return &command{
		name:    "verify",
		args:    "model.bin|--golden",
		summary: "check a model file, and this machine's kernels with it",
		details: "Checks structure and checksums, that the weights are finite, that the schema fits the model, and that " +
			"the self-test rows in the file have the stored outputs here, to the bit. A signature must fit the file; whose it " +
			"is, and that there is one, only --key can tell. Prints each check; the exit code is 3 if one fails.\n\n" +
			"--golden trains and predicts a fixed set of cases and compares the SHA-256 of each one's model, history and " +
			"predictions with those that every machine gives. It needs no file; the exit code is 1 if one differs. All " +
			"optimizers, losses, layers and activations are among the cases, with one and three threads, rows alone and in " +
			"batches.",
		examples: []string{"nnrt verify model.bin", "nnrt verify model.bin --key public.pem --min-version 7",
			"nnrt verify --golden"},
		maxArgs: 1,
		flags:   f,
		run: func(e *env, args []string) error {
			switch {
			case *isGolden && (*trust.key != "" || *trust.minVersion > 0):
				return usagef("--golden checks the machine, without a model and its --key")
			case *isGolden && len(args) > 0:
				return usagef("unexpected argument %q: --golden checks the machine, without a model", args[0])
			case *isGolden:
				set, leftOut := goldenSet(*short)
				return verifyGolden(e, set, leftOut, *asJSON)
			case *short || *asJSON:
				return usagef("--short and --json go with --golden")
			case len(args) == 0:
				return usagef("what is missing: model.bin, or --golden")
			}
			policy, err := trust.policy()
			if err != nil {
				return err
			}
			return verify(e, args[0], &signatureCheck{file: *trust.key, policy: policy})
		},
	}
}

// signatureCheck is what verify finds of a model's signature.
type signatureCheck struct {
	file   string            // of the key
	policy *signature.Policy // nil if any key will do, or no signature
	detail string
	err    error
}

// look is for serialize.Loader's Trust. It refuses nothing, so that the other checks are made too.
func (c *signatureCheck) look(s *serialize.Signed) error {
	g := s.Signature
	switch {
	case c.policy != nil:
		if c.err = c.policy.Check(s); c.err == nil {
			c.detail = fmt.Sprintf("version %d, by the key in %s", g.Version, c.file)
		}
	case g == nil:
		c.detail = "none"
	default:
		c.err = signature.Verify(s)
		c.detail = fmt.Sprintf("version %d, by the key %s (--key tells whether that is the right one)", g.Version,
			signature.KeyText(g.Key[:]))
	}
	return nil
}

func verify(e *env, path string, trust *signatureCheck) error {
	print := func(name, detail string, err error) {
		verdict := "ok  "
		if err != nil {
			verdict, detail = "FAIL", err.Error()
		}
		fmt.Fprintf(e.stdout, "%s  %-10s %s\n", verdict, name, printable(detail))
	}
	file, err := readModelAs(path, serialize.Loader{Trust: trust.look})
	if err != nil {
		if exitCode(err) == exitModel {
			print("structure", "", err)
		}
		return err
	}
	size, sum, err := fileSum(path)
	if err != nil {
		return err
	}
	print("structure", fmt.Sprintf("%d bytes, all checksums right, sha256 %s", size, sum), nil)
	checks := append(file.Verify(), serialize.Check{Name: "signature", Detail: trust.detail, Err: trust.err})
	failed := 0
	for _, c := range checks {
		print(c.Name, c.Detail, c.Err)
		if c.Err != nil {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%s: %w", path, errCheck)
	}
	return nil
}
