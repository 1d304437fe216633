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
	sources := []sourceText{{Path: "sample/sample.rego", Text: text}}
	for _, name := range []string{"proof.rego", "rows.rego"} {
		read, err := os.ReadFile(filepath.Join(library, name))
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, sourceText{Path: "library/" + name, Text: string(read)})
	}
	bundle, err := readBundle(requestMessage{Name: "sample", Out: "sample", Sources: sources})
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
	first, err := bundle.build(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	second, err := bundle.build(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Wasm, second.Wasm) {
		t.Fatal("the same sources gave different modules")
	}
}

func TestAcceptsEveryWayToReadTheOrganisation(t *testing.T) {
	_, err := sample(t, header+`SAMPLE(row) := false if {
	data.organisation.departments.research.clearanceCeiling > row.quantities.gpu
	data.organisation.departments[row.department].limits.gpu > row.quantities["cpu"]
	some id, department in data.organisation.departments
	department.clearanceCeiling > 1
	data.organisation.agents[row.agent].department == id
	listed(row)
}

listed(row) if row.class in data.organisation.departments[row.department].classes
`)
	if err != nil {
		t.Fatal(err)
	}
}

func TestListsTheCasesOfATest(t *testing.T) {
	bundle, err := sample(t, header+`SAMPLE(row) := false if row.purpose != ""`)
	if err != nil {
		t.Fatal(err)
	}
	test, err := parseSource("sample/sample_test.rego", []byte(`package annona.sample_test

import data.annona.verdict

test_one if verdict.clean_SAMPLE({"purpose": "x"})

test_many[tc.name] if {
	some tc in data.cases
	asked := {"purpose": tc.purpose}
	verdict.clean_SAMPLE(asked)
}
`))
	if err != nil {
		t.Fatal(err)
	}
	bundle.tests = []source{test}
	built, err := bundle.buildTests(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(built.Tests) != 2 || built.Tests[0].Cases != "" || built.Tests[1].Cases != "annona/sample_test/cases_of_test_many" {
		t.Fatalf("tests are %+v", built.Tests)
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
		"input in a policy":         {header + `SAMPLE(row) := false if input.tick == row.purpose`, "of the whole batch"},
		"a misspelt field":          {header + `SAMPLE(row) := false if row.porpose == "x"`, "row.porpose"},
		"one in a helper":           {header + "SAMPLE(row) := false if f(row)\n\nf(asked) if asked.porpose == \"x\"", "row.porpose"},
		"one of the organisation":   {header + `SAMPLE(row) := false if data.organisation.departments[row.department].ceiling > 1`, "ceiling"},
		"one behind a constant key": {header + `SAMPLE(row) := false if data.organisation.departments.research.ceiling > count(row.purpose)`, "ceiling"},
		"one behind a variable":     {header + "SAMPLE(row) := false if {\n\tid := row.department\n\tdata.organisation.departments[id].ceiling > 1\n}", "ceiling"},
		"a field of another type":   {header + `SAMPLE(row) := false if trim_space(row.clearance) == ""`, "trim_space"},
		"a row named twice":         {header + `SAMPLE(row) := false if count([1 | some row in row.roles]) == 0`, "assigned before"},
		"recursion":                 {header + "SAMPLE(row) := false if f(row.purpose)\n\nf(x) if f(x)", "recursive"},
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
