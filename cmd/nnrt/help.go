package main

import (
	"fmt"
	"io"
	"strings"
)

const overview = `nnrt trains a small neural network, saves it as one file, and runs it anywhere, the same to the bit.

Usage:

	nnrt COMMAND [arguments and flags, in any order]

Commands:

`

// writeOverview says what commands there are.
func writeOverview(w io.Writer) {
	var b strings.Builder
	b.WriteString(overview)
	for _, c := range commands() {
		fmt.Fprintf(&b, "\t%-8s %s\n", c.name, c.summary)
	}
	fmt.Fprintf(&b, "\t%-8s %s\n", "help", "explain a command: nnrt help COMMAND, or nnrt COMMAND -h")
	fmt.Fprintf(&b, "\t%-8s %s\n", "version", "the version of nnrt and of its arithmetic")
	b.WriteString(`
Results go to the standard output, everything else to the standard error. Exit codes: 0 done, 1 failed, 2 wrong usage,
3 bad model, 4 bad data. The environment variable NNRT_KERNELS chooses the kernels ("nnrt cpu" lists them).

Start with:

	nnrt demo
`)
	io.WriteString(w, b.String())
}

// help is the command help.
func help(e *env, all []*command, args []string) error {
	if len(args) > 1 {
		return usagef("help explains one command at a time")
	}
	if len(args) == 0 {
		writeOverview(e.stdout)
		return nil
	}
	switch args[0] {
	case "help", "version":
		writeOverview(e.stdout)
		return nil
	}
	c := findCommand(all, args[0])
	if c == nil {
		return unknownCommand(all, args[0])
	}
	c.flags.boolean("q", false, "no progress")
	c.writeHelp(e.stdout)
	return nil
}

// writeHelp explains a command.
func (c *command) writeHelp(w io.Writer) {
	var b strings.Builder
	b.WriteString("Usage:\n\n\tnnrt " + strings.TrimSpace(c.name+" "+c.args) + " [flags]\n\n")
	writeWrapped(&b, c.summaryAsSentence(), "")
	if c.details != "" {
		for _, paragraph := range strings.Split(c.details, "\n\n") {
			b.WriteString("\n")
			writeWrapped(&b, paragraph, "")
		}
	}
	b.WriteString("\nFlags:\n\n")
	for _, o := range c.flags.options {
		head := "-" + o.name
		if len(o.name) > 1 {
			head = "-" + head
		}
		if o.arg != "" {
			head += " " + o.arg
		}
		usage := o.usage
		if o.shown != "" {
			usage += " (default " + o.shown + ")"
		}
		if len(head) > 22 {
			b.WriteString("  " + head + "\n")
			head = ""
		}
		fmt.Fprintf(&b, "  %-22s ", head)
		var text strings.Builder
		writeWrapped(&text, usage, strings.Repeat(" ", 25))
		b.WriteString(strings.TrimLeft(text.String(), " "))
	}
	b.WriteString("\nExample:\n\n")
	for _, line := range c.examples {
		b.WriteString("\t" + line + "\n")
	}
	io.WriteString(w, b.String())
}

func (c *command) summaryAsSentence() string {
	return strings.ToUpper(c.summary[:1]) + c.summary[1:] + "."
}

// writeWrapped writes a text in lines of at most 100 bytes, each with an indent.
func writeWrapped(b *strings.Builder, text, indent string) {
	line := indent
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > 100 && line != indent {
			b.WriteString(line + "\n")
			line = indent
		}
		if line != indent {
			line += " "
		}
		line += word
	}
	b.WriteString(line + "\n")
}
