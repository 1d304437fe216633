// What the compiler must refuse, and that the same sources give the same bytes. Run by build.sh before every build.
package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const library = "../rego/library"

const header = `# METADATA
# title: Policy
# custom:
#   owner: tests
package annona.policies.sample

# METADATA
# title: Rule
# custom:
#   mode: enforce
#   severity: low
#   field: purpose
#   remedy: None.
`

func sample(t *testing.T, text string) (*bundleSources, error) {
	t.Helper()
	directory := t.TempDir()
	if err := os.WriteFile(filepath.Join(directory, "sample.rego"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	bundle, err := readBundle("sample", filepath.Join(directory, "sample"), []string{library, directory})
	if err != nil {
		return nil, err
	}
	return bundle, bundle.check()
}

func TestAccepts(t *testing.T) {
	bundle, err := sample(t, header+`SAMPLE(row) := false if row.purpose != ""`)
	if err != nil {
		t.Fatal(err)
	}
	if len(bundle.rules) != 1 || bundle.rules[0].Owner != "tests" || bundle.rules[0].Mode != "enforce" {
		t.Fatalf("rules are %+v", bundle.rules)
	}
	first, err := bundle.compileModule(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	second, err := bundle.compileModule(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Fatal("the same sources gave different modules")
	}
}

func TestRefuses(t *testing.T) {
	cases := map[string]struct{ text, want string }{
		"time":                      {header + `SAMPLE(row) := false if time.now_ns() > row.clearance`, "undefined function time.now_ns"},
		"randomness":                {header + `SAMPLE(row) := false if rand.intn(row.purpose, 2) == 1`, "undefined function rand.intn"},
		"http":                      {header + `SAMPLE(row) := false if http.send({"url": row.purpose})`, "undefined function http.send"},
		"a builtin of the host":     {header + `SAMPLE(row) := false if sprintf("%v", [row]) == ""`, "undefined function sprintf"},
		"an unused import":          {strings.Replace(header, "sample\n", "sample\n\nimport data.annona.library.proof\n", 1) + `SAMPLE(row) := false if row.purpose`, "unused"},
		"with outside tests":        {header + `SAMPLE(row) := false if input.tick == row.purpose with input as {}`, "for tests only"},
		"a negated call of a call":  {header + "SAMPLE(row) := false if not f(f(row))\n\nf(x) := x", "negated call"},
		"a negated call of a field": {header + "SAMPLE(row) := false if not f(row.purpose)\n\nf(x) := x", "negated call"},
		"a negated comparison":      {header + `SAMPLE(row) := false if not row.purpose == ""`, "negated call"},
		"one in a comprehension":    {header + "SAMPLE(row) := false if count([1 | not f(row.roles)]) == 0\n\nf(x) := x", "negated call"},
		"two rules of one code":     {header + "SAMPLE(row) := false if row.purpose\n\nSAMPLE(row) := true if row.class", "already defined"},
		"a code of no row":          {header + `SAMPLE := false`, "function of one row"},
		"a code of the host":        {header + `POLICY_ERROR(row) := false if row.purpose`, "the host's own"},
		"no codes":                  {"package annona.policies.sample", "would allow everything"},
		"no remedy":                 {strings.Replace(header, "#   remedy: None.\n", "", 1) + `SAMPLE(row) := false if row.purpose`, "custom.remedy is missing"},
		"no owner":                  {strings.Replace(header, "#   owner: tests\n", "#   severity: low\n", 1) + `SAMPLE(row) := false if row.purpose`, "custom.owner is missing"},
		"no mode":                   {strings.Replace(header, "#   mode: enforce\n", "", 1) + `SAMPLE(row) := false if row.purpose`, "custom.mode"},
		"an unknown mode":           {strings.Replace(header, "enforce", "advise", 1) + `SAMPLE(row) := false if row.purpose`, "custom.mode"},
		"an unknown severity":       {strings.Replace(header, "low", "grave", 1) + `SAMPLE(row) := false if row.purpose`, "custom.severity"},
		"a misspelt key":            {strings.Replace(header, "remedy", "remdy", 1) + `SAMPLE(row) := false if row.purpose`, "custom.remdy is not known"},
		"an obligation of no kind":  {strings.Replace(header, "#   remedy", "#   obligation: {}\n#   remedy", 1) + `SAMPLE(row) := false if row.purpose`, "obligation.kind is missing"},
		"a syntax of another Rego":  {header + "SAMPLE(row) = false { row.purpose }", "rego_parse_error"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := sample(t, test.text)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error is %v, want one with %q", err, test.want)
			}
		})
	}
}
