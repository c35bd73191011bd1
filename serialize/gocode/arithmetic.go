package gocode

import (
	"io/fs"
	"strings"

	"nnrt/kernels"
)

// library is the source of the portable kernels, declaration by declaration. It is cut at lines, which can be told
// apart in what gofmt has formatted, and not parsed: go/parser and go/format would make nnrt a megabyte larger.
type library struct {
	declarations map[string]*declaration // by name
	order        []*declaration
}

// declaration is a function or a constant, with its comment.
type declaration struct {
	name, text string
	uses       []string // names in it that may be those of other declarations
}

// readLibrary takes the kernels' sources apart. They are a part of the program, so that an error is a mistake in it.
func readLibrary() *library {
	l := &library{declarations: map[string]*declaration{}}
	files, err := fs.ReadDir(kernels.Source, ".")
	for i := 0; err == nil && i < len(files); i++ {
		var text []byte
		text, err = fs.ReadFile(kernels.Source, files[i].Name())
		l.add(strings.Split(string(text), "\n"))
	}
	if err != nil {
		panic("gocode: the sources of the kernels: " + err.Error())
	}
	return l
}

// add takes a file's functions and constants.
func (l *library) add(lines []string) {
	begin := 0 // of a declaration with the comment before it
	for i := 0; i < len(lines); i++ {
		switch line := lines[i]; {
		case strings.HasPrefix(line, "//"):
			continue
		case strings.HasPrefix(line, "func "):
			for end := line; !strings.HasSuffix(line, "}") && end != "}"; end = lines[i] {
				i++
			}
			l.keep(firstWord(strings.TrimPrefix(line, "func ")), strings.Join(lines[begin:i+1], "\n"))
		case line == "const (":
			for i++; lines[i] != ")"; i++ {
				l.addConstant(lines[i])
			}
		case strings.HasPrefix(line, "const "):
			l.addConstant(strings.TrimPrefix(line, "const "))
		}
		begin = i + 1
	}
}

func (l *library) addConstant(line string) {
	line = strings.Join(strings.Fields(line), " ") // without what aligns it with others
	l.keep(firstWord(line), "const "+line)
}

func (l *library) keep(name, text string) {
	d := &declaration{name: name, text: text}
	words(text, func(word string, comment bool) string {
		if !comment {
			d.uses = append(d.uses, word)
		}
		return word
	})
	l.declarations[name] = d
	l.order = append(l.order, d)
}

// portable is the declaration that a name stands for: of an operation that tiers take over, the portable function.
func (l *library) portable(name string) *declaration {
	if d := l.declarations["generic"+name]; d != nil {
		return d
	}
	return l.declarations[name]
}

// source returns the source of functions and of all that they use, as it stands in package kernels but for the names,
// none of which is exported.
func (l *library) source(functions ...string) string {
	wanted := map[*declaration]bool{}
	renamed := map[string]string{}
	var want func(string)
	want = func(name string) {
		d := l.portable(name)
		if d == nil {
			return
		}
		renamed[name] = unexported(name)
		if wanted[d] {
			return
		}
		wanted[d] = true
		for _, used := range d.uses {
			want(used)
		}
	}
	for _, name := range functions {
		if l.portable(name) == nil {
			panic("gocode: package kernels has no function " + name)
		}
		want(name)
	}
	var b strings.Builder
	for _, d := range l.order {
		if !wanted[d] {
			continue
		}
		b.WriteString("\n" + words(d.text, func(word string, _ bool) string {
			if name, ok := renamed[word]; ok {
				return name
			}
			return word
		}) + "\n")
	}
	return b.String()
}

// words calls a function for each word of a text in Go that may be an identifier, but for those behind a point, and
// puts what it returns in the word's place.
func words(text string, replace func(word string, comment bool) string) string {
	var b strings.Builder
	comment := false
	for i := 0; i < len(text); {
		if n := wordLength(text[i:]); n > 0 {
			word := text[i : i+n]
			if word[0] > '9' && (i == 0 || text[i-1] != '.') {
				word = replace(word, comment)
			}
			b.WriteString(word)
			i += n
			continue
		}
		if text[i] == '\n' {
			comment = false
		} else if strings.HasPrefix(text[i:], "//") {
			comment = true
		}
		b.WriteByte(text[i])
		i++
	}
	return b.String()
}

// wordLength returns how many letters, digits and underscores a text begins with.
func wordLength(text string) int {
	n := 0
	for n < len(text) {
		if c := text[n]; c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			break
		}
		n++
	}
	return n
}

func firstWord(text string) string { return text[:wordLength(text)] }

// unexported returns a name for use within a package: genericDot becomes dot, TanhOf tanhOf, FMA fma.
func unexported(name string) string {
	name = strings.TrimPrefix(name, "generic")
	if strings.ToUpper(name) == name {
		return strings.ToLower(name)
	}
	return strings.ToLower(name[:1]) + name[1:]
}
