package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// parameter is one parameter of a specification such as adam:beta_1=0.8. Exactly one of number, truth, whole and list
// says where the value goes.
type parameter struct {
	name   string // Keras's
	alias  string // a shorter name, or ""
	number *float64
	bounds bounds // of number and of the elements of list
	truth  *bool
	whole  *int64 // a number of steps
	list   *[]float64
}

// splitSpec cuts NAME:KEY=VALUE,… in two. Names are taken with hyphens or underscores.
func splitSpec(spec string) (name, parameters string) {
	name, parameters, _ = strings.Cut(spec, ":")
	return strings.ReplaceAll(name, "-", "_"), parameters
}

// setParameters reads KEY=VALUE,… into the parameters of what is called name. It returns the keys that were given.
func setParameters(name, text string, parameters []parameter) (given map[string]bool, err error) {
	given = make(map[string]bool)
	if text == "" {
		return given, nil
	}
	for _, pair := range strings.Split(text, ",") {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, fmt.Errorf("%s: %q is not of the form KEY=VALUE", name, pair)
		}
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		p := findParameter(parameters, key)
		if p == nil {
			var names []string
			for _, p := range parameters {
				names = append(names, p.name)
			}
			if len(names) == 0 {
				return nil, fmt.Errorf("%s has no parameters, so no %s", name, key)
			}
			return nil, fmt.Errorf("%s has no parameter %s%s; there are %s", name, key, didYouMean(key, names, ""),
				strings.Join(names, ", "))
		}
		if given[p.name] {
			return nil, fmt.Errorf("%s: %s is given twice", name, p.name)
		}
		given[p.name] = true
		if err := p.setTo(value); err != nil {
			return nil, fmt.Errorf("%s: %s %q: %w", name, p.name, value, err)
		}
	}
	return given, nil
}

func findParameter(parameters []parameter, key string) *parameter {
	for i := range parameters {
		if p := &parameters[i]; key == p.name || p.alias != "" && key == p.alias {
			return p
		}
	}
	return nil
}

func (p *parameter) setTo(value string) (err error) {
	switch {
	case p.number != nil:
		*p.number, err = p.bounds.parse(value)
	case p.truth != nil:
		if *p.truth, err = strconv.ParseBool(strings.ToLower(value)); err != nil {
			err = errors.New("it is true or false")
		}
	case p.whole != nil:
		var v int
		v, err = parseInteger(value, 1, math.MaxInt32)
		*p.whole = int64(v)
	default:
		*p.list = nil
		for _, item := range strings.Split(value, "/") {
			v, err := p.bounds.parse(strings.TrimSpace(item))
			if err != nil {
				return err
			}
			*p.list = append(*p.list, v)
		}
	}
	return err
}

// format returns NAME:KEY=VALUE,… with every parameter, whether given or not.
func formatSpec(name string, parameters []parameter) string {
	var parts []string
	for _, p := range parameters {
		switch {
		case p.number != nil:
			parts = append(parts, p.name+"="+formatNumber(*p.number))
		case p.truth != nil:
			parts = append(parts, p.name+"="+strconv.FormatBool(*p.truth))
		case p.whole != nil:
			parts = append(parts, p.name+"="+strconv.FormatInt(*p.whole, 10))
		default:
			var items []string
			for _, v := range *p.list {
				items = append(items, formatNumber(v))
			}
			parts = append(parts, p.name+"="+strings.Join(items, "/"))
		}
	}
	if len(parts) == 0 {
		return name
	}
	return name + ":" + strings.Join(parts, ",")
}

// formatNumber returns the shortest digits that read back to the same float64.
func formatNumber(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
