package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// flagSet is the flags of a command. Unlike package flag's, they may stand before, between and after the arguments.
type flagSet struct {
	options []*option
}

// option is one flag.
type option struct {
	name  string
	arg   string // what the value is called in the help; "" for a boolean, which needs no value
	usage string
	shown string // the default in the help, "" for none
	set   func(value string) error
	given bool
}

func (f *flagSet) add(o *option) { f.options = append(f.options, o) }

// text defines a flag that takes any text.
func (f *flagSet) text(name, arg, byDefault, usage string) *string {
	value := byDefault
	f.add(&option{name: name, arg: arg, usage: usage, shown: byDefault, set: func(s string) error {
		value = s
		return nil
	}})
	return &value
}

// file defines a flag that takes the name of a file. An empty one, which a script gives whose variable is not set, is
// refused: without its --key a model would not be checked, without its --resume a training would begin anew.
func (f *flagSet) file(name, arg, byDefault, usage string) *string {
	value := f.text(name, arg, byDefault, usage)
	f.options[len(f.options)-1].set = func(s string) error {
		if s == "" {
			return errors.New("the name of a file is missing")
		}
		*value = s
		return nil
	}
	return value
}

// boolean defines a flag that is true when it is given, unless as -name=false.
func (f *flagSet) boolean(name string, byDefault bool, usage string) *bool {
	value := byDefault
	f.add(&option{name: name, usage: usage, set: func(s string) error {
		switch s {
		case "true", "1":
			value = true
		case "false", "0":
			value = false
		default:
			return errors.New("it is true or false")
		}
		return nil
	}})
	return &value
}

// integer defines a flag that takes a whole number from least to most.
func (f *flagSet) integer(name, arg string, byDefault, least, most int, usage string) *int {
	value := byDefault
	f.add(&option{name: name, arg: arg, usage: usage, shown: strconv.Itoa(byDefault), set: func(s string) error {
		v, err := parseInteger(s, least, most)
		if err == nil {
			value = v
		}
		return err
	}})
	return &value
}

func parseInteger(s string, least, most int) (int, error) {
	v, err := strconv.ParseInt(s, 10, 64)
	switch {
	case errors.Is(err, strconv.ErrSyntax):
		return 0, errors.New("it is not a whole number")
	case err != nil || v < int64(least) || v > int64(most):
		if most == math.MaxInt32 {
			return 0, fmt.Errorf("it must be a whole number from %d", least)
		}
		return 0, fmt.Errorf("it must be a whole number from %d to %d", least, most)
	}
	return int(v), nil
}

// seed defines the flag --seed.
func (f *flagSet) seed() *uint64 {
	return f.whole("seed", "N", 1, 0, "of weights, order of rows and dropout")
}

// whole defines a flag that takes a whole number of up to 64 bits from least on. The default 0 is not shown.
func (f *flagSet) whole(name, arg string, byDefault, least uint64, usage string) *uint64 {
	value := byDefault
	o := &option{name: name, arg: arg, usage: usage, set: func(s string) error {
		v, err := strconv.ParseUint(s, 10, 64)
		if err != nil || v < least {
			return fmt.Errorf("it must be a whole number from %d to %d", least, uint64(math.MaxUint64))
		}
		value = v
		return nil
	}}
	if byDefault > 0 {
		o.shown = strconv.FormatUint(byDefault, 10)
	}
	f.add(o)
	return &value
}

// bounds are the numbers that a flag or parameter may have.
type bounds struct {
	least      float64
	open       bool // least itself is not allowed
	below      float64
	wholeRange string // in words
}

var (
	positive    = bounds{0, true, math.Inf(1), "a number above 0"}
	notNegative = bounds{0, false, math.Inf(1), "a number from 0"}
	fraction    = bounds{0, false, 1, "a number from 0, below 1"}
	between     = bounds{0, true, 1, "a number above 0 and below 1"}
)

// parse reads a number. Numbers that float32 cannot hold are out of bounds too, since that is what they become.
func (b bounds) parse(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) || strings.ContainsAny(s, "xX_") {
		return 0, errors.New("it is not a number")
	}
	rounded := float64(float32(v))
	ok := v > b.least || v == b.least && !b.open
	if !ok || !(rounded < b.below) || v != 0 && rounded == 0 {
		return 0, fmt.Errorf("it must be %s", b.wholeRange)
	}
	return v, nil
}

// number defines a flag that takes a number.
func (f *flagSet) number(name, arg string, byDefault float64, b bounds, usage string) *float64 {
	value := byDefault
	shown := strconv.FormatFloat(byDefault, 'g', -1, 64)
	f.add(&option{name: name, arg: arg, usage: usage, shown: shown, set: func(s string) error {
		v, err := b.parse(s)
		if err == nil {
			value = v
		}
		return err
	}})
	return &value
}

// choice defines a flag that takes one of some words.
func (f *flagSet) choice(name string, words []string, byDefault, usage string) *string {
	value := byDefault
	f.add(&option{name: name, arg: strings.Join(words, "|"), usage: usage, shown: byDefault, set: func(s string) error {
		if !slices.Contains(words, s) {
			return fmt.Errorf("it is one of %s%s", strings.Join(words, ", "), didYouMean(s, words, ""))
		}
		value = s
		return nil
	}})
	return &value
}

// list defines a flag that takes names with commas between them.
func (f *flagSet) list(name, arg, usage string) *[]string {
	var value []string
	f.add(&option{name: name, arg: arg, usage: usage, set: func(s string) error {
		value = nil
		for _, item := range strings.Split(s, ",") {
			if item = strings.TrimSpace(item); item == "" {
				return errors.New("an empty name in the list")
			}
			value = append(value, item)
		}
		return nil
	}})
	return &value
}

// given reports whether a flag was on the command line.
func (f *flagSet) given(name string) bool {
	for _, o := range f.options {
		if o.name == name {
			return o.given
		}
	}
	panic("no flag " + name)
}

// parse sets the flags and returns the arguments between them. Everything after "--" is an argument, and so is "-".
func (f *flagSet) parse(args []string) (positional []string, wantsHelp bool, err error) {
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if arg == "--" {
			return append(positional, args...), false, nil
		}
		if len(arg) < 2 || arg[0] != '-' {
			positional = append(positional, arg)
			continue
		}
		name, value, hasValue := strings.Cut(strings.TrimPrefix(arg[1:], "-"), "=")
		if name == "h" || name == "help" {
			return nil, true, nil
		}
		dashes := arg[:len(arg)-len(strings.TrimLeft(arg, "-"))]
		o, err := f.find(dashes, name)
		if err != nil {
			return nil, false, err
		}
		switch {
		case hasValue:
		case o.arg == "":
			value = "true"
		case len(args) == 0:
			return nil, false, usagef("%s%s needs a value: %s", dashes, name, o.arg)
		default:
			value, args = args[0], args[1:]
		}
		if err := o.set(value); err != nil {
			return nil, false, usagef("%s%s %q: %w", dashes, name, value, err)
		}
		o.given = true
	}
	return positional, false, nil
}

// find returns the flag of a name, or an error that suggests another.
func (f *flagSet) find(dashes, name string) (*option, error) {
	var names []string
	for _, o := range f.options {
		if o.name == name {
			return o, nil
		}
		names = append(names, o.name)
	}
	return nil, usagef("there is no flag %s%s%s", dashes, name, didYouMean(name, names, dashes))
}
