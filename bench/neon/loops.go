package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"nnrt/internal/disassembly"
)

// loop is an innermost loop of a kernel: the instructions from a backward branch's target to the branch.
type loop struct {
	function string
	source   string // the line that it begins at, of arm64's
	first    int    // its index in the function
	texts    []string
}

// label is where the loop begins, in the text that llvm-mca reads.
const label = "loop"

// innermost returns the innermost loops of a function, given for each instruction the index of the one that it may
// branch to, or −1: the backward branches between whose target and which there is no other.
func innermost(f disassembly.Function, texts []string, targets []int) []loop {
	var loops []loop
	for last, first := range targets {
		if first < 0 || first > last {
			continue
		}
		inner := true
		for i := first; i < last; i++ {
			inner = inner && (targets[i] < 0 || targets[i] > i || targets[i] < first)
		}
		if inner {
			loops = append(loops, loop{function: shortName(f), first: first, texts: texts[first : last+1]})
		}
	}
	return loops
}

// shortName returns a function's name without its package.
func shortName(f disassembly.Function) string { return f.Name[strings.LastIndex(f.Name, ".")+1:] }

// loopsARM64 returns the innermost loops of a function, whose source is in a folder, as LLVM writes them, their
// branches to the label.
func loopsARM64(f disassembly.Function, disassembler, folder string) ([]loop, error) {
	words, err := f.Words()
	if err != nil {
		return nil, err
	}
	texts, err := disassembly.Disassemble(disassembler, words)
	if err != nil {
		return nil, err
	}
	targets := make([]int, len(words))
	for i, w := range words {
		targets[i] = -1
		if offset, ok := branch(w); ok {
			targets[i] = i + offset
			operands, _, _ := strings.Cut(texts[i], " <")
			texts[i] = operands[:strings.LastIndexAny(operands, " ")+1] + label
		}
	}
	source, err := os.ReadFile(filepath.Join(folder, f.File))
	if err != nil {
		return nil, err
	}
	lines := strings.Split(string(source), "\n")
	loops := innermost(f, texts, targets)
	for i := range loops {
		if line := f.Instructions[loops[i].first].Line; line <= len(lines) {
			loops[i].source = strings.TrimSpace(lines[line-1])
		}
	}
	return loops, nil
}

// branch returns how many instructions away the one is that a branch within a function of arm64 goes to.
func branch(w uint32) (offset int, ok bool) {
	signed := func(shift, bits int) int { return int(int32(w<<(32-shift-bits)) >> (32 - bits)) }
	switch {
	case w>>24 == 0x54, w>>25&0x3f == 0x1a: // B.cond; CBZ, CBNZ
		return signed(5, 19), true
	case w>>25&0x3f == 0x1b: // TBZ, TBNZ
		return signed(5, 14), true
	case w>>26 == 0x05: // B
		return signed(0, 26), true
	}
	return 0, false
}

var branchAMD64 = regexp.MustCompile(`^j[a-z]+ (0x[0-9a-f]+)`)

// loopsAMD64 returns the innermost loops of a function as LLVM writes them.
func loopsAMD64(f disassembly.Function, disassembler string) ([]loop, error) {
	texts, offsets, err := f.DisassembleAMD64(disassembler)
	if err != nil {
		return nil, err
	}
	targets := make([]int, len(texts))
	for i, text := range texts {
		targets[i] = -1
		if match := branchAMD64.FindStringSubmatch(text); match != nil {
			offset, err := strconv.ParseUint(match[1], 0, 64)
			if err != nil {
				return nil, fmt.Errorf("%s: %q: %w", f.Name, text, err)
			}
			if target, ok := slices.BinarySearch(offsets, offset); ok {
				targets[i] = target
			}
		}
	}
	return innermost(f, texts, targets), nil
}

var (
	vectorFMA = regexp.MustCompile(`^fml[as] v\d+\.4s`)
	halfFMA   = regexp.MustCompile(`^fml[as] v\d+\.2s`)
	scalarFMA = regexp.MustCompile(`^(fml[as]|fn?m(add|sub)) s`)
	load      = regexp.MustCompile(`^(ld|prfm)`)
	writeBack = regexp.MustCompile(`(\]), (#-?\d+|x\d+)$|(\])!$`)
	store     = regexp.MustCompile(`^(?:st[rp] q.*\[(x\d+)|st1 \{.*\[(x\d+)|vmovups %ymm\d+, .*(\(.*\)))`)
)

// multiplyAdds returns how many fused multiply-adds of one element each an iteration has.
func (l loop) multiplyAdds() int {
	n := 0
	for _, text := range l.texts {
		switch {
		case vectorFMA.MatchString(text):
			n += 4
		case halfFMA.MatchString(text):
			n += 2
		case scalarFMA.MatchString(text):
			n++
		}
	}
	return n
}

// fused returns how many instructions of the loop are fused multiply-adds.
func (l loop) fused() int {
	n := 0
	for _, text := range l.texts {
		if vectorFMA.MatchString(text) || halfFMA.MatchString(text) || scalarFMA.MatchString(text) {
			n++
		}
	}
	return n
}

// memory returns the loop's loads and stores alone, which do not wait for one another's addresses, and how many of them
// are loads.
func (l loop) memory() (texts []string, loads int) {
	for _, text := range l.texts {
		if load.MatchString(text) {
			loads++
		} else if !store.MatchString(text) {
			continue
		}
		texts = append(texts, writeBack.ReplaceAllString(text, "$1$3"))
	}
	return texts, loads
}

// results returns how many vectors of results an iteration has: those that it stores by one register's address, the
// most if there are several.
func (l loop) results() int {
	stored := map[string]int{}
	for _, text := range l.texts {
		match := store.FindStringSubmatch(text)
		if match == nil {
			continue
		}
		base := match[1] + match[2] + match[3]
		switch {
		case strings.HasPrefix(text, "stp"):
			stored[base] += 2
		case strings.HasPrefix(text, "st1"):
			stored[base] += strings.Count(text, ".4s") + strings.Count(text, ".16b")
		default:
			stored[base]++
		}
	}
	most := 0
	for _, n := range stored {
		most = max(most, n)
	}
	return most
}
