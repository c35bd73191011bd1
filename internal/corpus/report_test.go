package corpus

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// report is the file whose parts between "<!-- NAME -->" and "<!-- end -->" the tests write.
const report = "CORPUS.md"

// checkReport compares a part of the report, or writes it.
func checkReport(t *testing.T, part, want string) {
	t.Helper()
	text, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), "<!-- "+part+" -->\n")
	got, after, ok2 := strings.Cut(rest, "<!-- end -->\n")
	if !ok || !ok2 {
		t.Fatalf("%s has no part %s", report, part)
	}
	if *write {
		whole := before + "<!-- " + part + " -->\n" + want + "<!-- end -->\n" + after
		if err := os.WriteFile(report, []byte(whole), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got == want {
		return
	}
	old, new := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i, line := range new {
		if i >= len(old) || old[i] != line {
			t.Fatalf("%s, part %s, is not what it would be now (-write writes it); from this line on:\n%s", report, part, line)
		}
	}
	t.Fatalf("%s, part %s, has more lines than it would have now (-write writes it)", report, part)
}

// cell makes a text fit for a cell of a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", "\\|") }

// modelTables returns a summary by framework and way, and for each of them the models.
func modelTables(results []result) string {
	way := func(r result) string { return r.Framework + ", " + r.Exporter }
	var ways []string
	for _, r := range results {
		if !slices.Contains(ways, way(r)) {
			ways = append(ways, way(r))
		}
	}
	slices.Sort(ways)
	var summary, tables strings.Builder
	summary.WriteString("| by | models | largest difference, ULP | median | with |\n|---|---|---|---|---|\n")
	row := func(title string, of []result, with string) {
		ulps := make([]float64, len(of))
		for i, r := range of {
			ulps[i] = r.ulp
		}
		slices.Sort(ulps)
		fmt.Fprintf(&summary, "| %s | %d | %.2f | %.2f | %s |\n", title, len(of), ulps[len(of)-1], ulps[len(of)/2], with)
	}
	for _, w := range ways {
		of := slices.Clone(results)
		of = slices.DeleteFunc(of, func(r result) bool { return way(r) != w })
		row(w, of, versions(of[0].Versions))
		fmt.Fprintf(&tables, "\n### %s\n\n| model | network | opset, batch | largest difference, ULP | shows |\n", w)
		tables.WriteString("|---|---|---|---|---|\n")
		for _, r := range of {
			form := ""
			if r.Opset != 0 {
				form = fmt.Sprintf("%d, %v", r.Opset, r.Batch)
			}
			fmt.Fprintf(&tables, "| %s | %s | %s | %.2f | %s |\n", r.Name, r.shape, form, r.ulp, cell(r.Shows))
		}
	}
	row("all", results, "")
	return summary.String() + tables.String()
}

func versions(of map[string]string) string {
	var texts []string
	for name, version := range of {
		texts = append(texts, name+" "+version)
	}
	slices.Sort(texts)
	return strings.Join(texts, ", ")
}
