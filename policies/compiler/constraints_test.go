// Constraints: which forms are a program's, and that every other one is refused at its file and line.
package main

import (
	"context"
	"slices"
	"strings"
	"testing"
)

const oneRule = header + "SAMPLE(row) := false if row.purpose != \"\"\n\n"

const constraintHeader = `# METADATA
# title: Together at most so many
# custom:
#   mode: enforce
#   severity: low
#   remedy: Wait.
#   constraint:
#     kind: sum
#     op: "<="
`

const term = `"terms": [{"coef": 1, "per": "unit"}]`

func TestAcceptsConstraints(t *testing.T) {
	bundle, err := sample(t, oneRule+constraintHeader+`SUM contains {"over": {"kinds": ["gpu"]}, `+term+`, "rhs": 8}

SUM contains said if {
	some id, department in data.organisation.departments
	said := {"id": id, "over": {"departments": [id]}, `+term+`, "rhs": department.clearanceCeiling * 4}
}

`+strings.Replace(constraintHeader, `op: "<="`, "op: \">=\"\n#     price: 40", 1)+`LEAST contains {"over": {}, `+term+`, "rhs": 2}

`+strings.Replace(constraintHeader, "sum\n#     op: \"<=\"", "weight", 1)+`WORTH contains {"over": {"classes": ["batch"]}, "coef": -200}

`+strings.Replace(constraintHeader, "sum\n#     op: \"<=\"", "separation", 1)+`APART contains {"first": {"pools": ["a"]}, "second": {"pools": ["b"]}}
`)
	if err != nil {
		t.Fatal(err)
	}
	built, err := bundle.build(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := []constraint{
		{Code: "APART", Kind: "separation"},
		{Code: "LEAST", Kind: "sum", Op: ">=", Price: 40},
		{Code: "SUM", Kind: "sum", Op: "<="},
		{Code: "WORTH", Kind: "weight"},
	}
	for i, c := range built.Manifest.Constraints {
		if got := (constraint{Code: c.Code, Kind: c.Kind, Op: c.Op, Price: c.Price}); got != want[i] {
			t.Fatalf("constraint is %+v, want %+v", got, want[i])
		}
		if c.Owner != "tests" || !strings.HasPrefix(c.At, "sample/sample.rego:") {
			t.Fatalf("constraint is %+v", c)
		}
	}
	if len(built.Manifest.Constraints) != len(want) || !slices.Contains(built.Manifest.Entrypoints, constraintsEntrypoint) {
		t.Fatalf("manifest is %+v", built.Manifest)
	}
}

func TestABundleWithoutConstraintsHasNoEntrypointForThem(t *testing.T) {
	bundle, err := sample(t, oneRule)
	if err != nil {
		t.Fatal(err)
	}
	built, err := bundle.build(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(built.Manifest.Entrypoints, constraintsEntrypoint) || strings.Contains(built.Verdict, "constraints") {
		t.Fatalf("manifest is %+v", built.Manifest)
	}
}

func TestRefusesConstraints(t *testing.T) {
	sum := func(said string) string { return constraintHeader + "SUM contains " + said }
	said := `{` + term + `, "rhs": 8}`
	with := func(old, new string) string { return strings.Replace(sum(said), old, new, 1) }
	cases := map[string]struct{ text, want string }{
		"a hard sum of at least":     {with(`"<="`, `">="`), "a hard >= could leave a tick without any plan"},
		"a hard sum of exactly":      {with(`"<="`, `"=="`), "a hard == could leave a tick without any plan"},
		"another operator":           {with(`"<="`, `"<"`), `op is "<"`},
		"no operator":                {with("#     op: \"<=\"\n", ""), `op is ""`},
		"a price of nothing":         {with("op: \"<=\"", "op: \"<=\"\n#     price: 0"), "price is 0"},
		"a price beyond a request":   {with("op: \"<=\"", "op: \"<=\"\n#     price: 1001"), "price is 1001"},
		"a broken price":             {with("op: \"<=\"", "op: \"<=\"\n#     price: 1.5"), "price is 1.5"},
		"a price that is text":       {with("op: \"<=\"", "op: \"<=\"\n#     price: dear"), "price is dear"},
		"another kind":               {with("kind: sum", "kind: product"), `kind is "product"`},
		"no form":                    {with("#   constraint:\n#     kind: sum\n#     op: \"<=\"\n", ""), "must be a map with a kind"},
		"another key of the form":    {with("op: \"<=\"", "op: \"<=\"\n#     cost: 3"), "custom.constraint.cost is not known of a sum"},
		"a field":                    {with("#   severity", "#   field: class\n#   severity"), "custom.field is not known of a constraint"},
		"no mode":                    {with("#   mode: enforce\n", ""), "custom.mode"},
		"no remedy":                  {with("#   remedy: Wait.\n", ""), "custom.remedy is missing"},
		"a code of the host":         {strings.Replace(sum(said), "SUM", "POLICY_SUM", 1), "the host's own"},
		"a code that is a rule's":    {strings.Replace(sum(said), "SUM", "SAMPLE", 1), "already defined"},
		"a negative coefficient":     {with(`"coef": 1`, `"coef": -1`), "coef is -1"},
		"a broken coefficient":       {with(`"coef": 1`, `"coef": 0.5`), "coef is 0.5"},
		"a coefficient beyond 2^40":  {with(`"coef": 1`, `"coef": 1099511627777`), "coef is 1099511627777"},
		"a negative right side":      {with(`"rhs": 8`, `"rhs": -8`), "rhs is -8"},
		"a right side of text":       {with(`"rhs": 8`, `"rhs": "8"`), "rhs is \"8\""},
		"a right side in a variable": {sum("said if {\n\tsaid := {" + term + `, "rhs": -8}` + "\n}"), "rhs is -8"},
		"a misspelt key":             {with(`"rhs"`, `"rsh"`), `"rsh" is not known of a sum`},
		"a missing key":              {with(`, "rhs": 8`, ``), `"rhs" is missing`},
		"a misspelt selector":        {with(`"rhs": 8`, `"rhs": 8, "over": {"pool": ["a"]}`), `"pool" is not known of a selector`},
		"one of a term":              {with(`"coef": 1`, `"coef": 1, "over": {"pool": ["a"]}`), `"pool" is not known of a selector`},
		"another measure":            {with(`"unit"`, `"hour"`), `per is "hour"`},
		"no object":                  {sum(`8`), "a constraint is an object"},
		"a second clause":            {sum(said) + "\n\nSUM contains " + strings.Replace(said, "8", "-8", 1), "rhs is -8"},
		"a weight beyond a request":  {strings.Replace(constraintHeader, "sum\n#     op: \"<=\"", "weight", 1) + `W contains {"over": {}, "coef": -1001}`, "coef is -1001"},
		"a field that is not there":  {sum(`{` + term + `, "rhs": data.organisation.departments.research.ceiling}`), "ceiling"},
		"a builtin of the host":      {sum(`{` + term + `, "rhs": time.now_ns()}`), "undefined function time.now_ns"},
		"input":                      {sum(`{` + term + `, "rhs": count(input.department)}`), "of the whole batch"},
		"a separation of one":        {strings.Replace(constraintHeader, "sum\n#     op: \"<=\"", "separation", 1) + `S contains {"first": {}}`, `"second" is missing`},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := sample(t, oneRule+test.text)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "sample/sample.rego:") {
				t.Fatalf("error is %v, want one with %q", err, test.want)
			}
		})
	}
}
