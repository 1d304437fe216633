// The generated module: the loops over rows that no policy author writes.
// It asks every code about every row and says of which rows each was not proved false.
package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/format"
)

// Entry points of the module, by their path. The host looks them up by these names.
var entrypoints = []string{"annona/verdict/batch", "annona/verdict/explain"}

// One more where every rule states the fields that it reads: the rows of a batch are asked there, each rule once for all that
// are alike in them.
const viewsEntrypoint = "annona/verdict/views"

// One more where a bundle has constraints: asked when policy or organisation change, and never about rows.
const constraintsEntrypoint = "annona/verdict/constraints"

const verdictHead = `# Generated from the reason codes of the policies by policies/compiler; do not edit.
package annona.verdict

import data.annona.library.rows
`

const verdictDocuments = `
batch := {
	"v": 1,
	"tick": input.tick,
	"n": count(rows.all),
	"data": data.organisation.revision,
	"allow": allow,
	"deny": deny,
	"obligations": obligations,
}

explain := {
	"v": 1,
	"tick": input.tick,
	"n": count(rows.all),
	"data": data.organisation.revision,
	"findings": findings,
}

allow := {i | some i, _ in rows.all} - union({hits | some hits in deny})

`

const verdictMalformed = `
findings contains {"row": i, "code": "MALFORMED", "policy": "rows", "field": null, "want": null, "limit": null} if {
	some i, row in rows.all
	not rows.well_formed(row)
}
`

// Each code gets a function that holds where the row is proved clean, so that a call that is undefined counts as a hit.
// `not policy.CODE(row) == false` would not do: OPA moves the inner call out of the negation, and a rule that is undefined
// (an unknown agent, a missing limit) then hits nothing and allows.
// A finding takes its field from METADATA and what was wanted from the row; the rule adds the limit where it knows one.
const verdictRule = `
clean_CODE(row) if POLICY.CODE(row) == false

findings contains {
	"row": i,
	"code": "CODE",
	"policy": "POLICY",
	"field": "FIELD",
	"want": object.get(detail, "want", object.get(row, "FIELD", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_CODE(row)
	detail := detail_CODE(row)
}

detail_CODE(row) := rows.detail(value) if {
	value := POLICY.CODE(row)
} else := {}
`

// A view is the rows of a batch as far as some rules read them, equal ones once. What it answers is which of them each rule
// proved clean, so that whatever is missing from an answer is a hit. A rule is given no field but those of its view. Its columns
// are looked up once and not for each row.
const verdictViews = `
views := {
	"v": 1,
	"tick": input.tick,
	"data": data.organisation.revision,
	"rows": {
ROWS	},
	"clean": {
CLEAN	},
}
`

const verdictView = `
view_NUMBER := [row |
	view := input.views["NAME"]
COLUMNS	some i, value in view.FIRST
	row := {"FIRST": valueREST}
]
`

const verdictConstraints = `
constraints := {
	"v": 1,
	"data": data.organisation.revision,
	"said": {
SAID	},
}
`

const verdictHits = `	"CODE": {i | some i, row in rows.all; not clean_CODE(row)},
`

// Filled in by replacement: text/template reaches methods by name, which keeps the linker from dropping unused code.
func verdictText(rules []rule, constraints []constraint) string {
	var policies []string
	var denials, obligations, findings strings.Builder
	for _, r := range rules {
		filled := strings.NewReplacer("CODE", r.Code, "POLICY", r.Policy, "FIELD", r.Field)
		if !slices.Contains(policies, r.Policy) {
			policies = append(policies, r.Policy)
		}
		list := &denials
		if r.Obligation != nil {
			list = &obligations
		}
		list.WriteString(filled.Replace(verdictHits))
		findings.WriteString(filled.Replace(verdictRule))
	}
	var said strings.Builder
	for _, c := range constraints {
		if !slices.Contains(policies, c.Policy) {
			policies = append(policies, c.Policy)
		}
		said.WriteString("\t\t\"" + c.Code + "\": " + c.Policy + "." + c.Code + ",\n")
	}
	slices.Sort(policies)
	var text strings.Builder
	text.WriteString(verdictHead)
	for _, policy := range policies {
		text.WriteString("import data." + policyPrefix + policy + "\n")
	}
	text.WriteString(verdictDocuments)
	text.WriteString("deny := {\n\t\"" + malformedCode + "\": {i | some i, row in rows.all; not rows.well_formed(row)},\n" + denials.String() + "}\n\n")
	text.WriteString("obligations := {\n" + obligations.String() + "}\n")
	text.WriteString(strings.ReplaceAll(verdictMalformed, "MALFORMED", malformedCode))
	text.WriteString(findings.String())
	if hasViews(rules) {
		text.WriteString(viewsText(rules))
	}
	if len(constraints) > 0 {
		text.WriteString(strings.Replace(verdictConstraints, "SAID", said.String(), 1))
	}
	return text.String()
}

// verdictSource formats and parses what was generated. Few edits of a policy change it.
func verdictSource(name, text string) (source, error) {
	if lastVerdict.name == name && lastVerdict.generated == text {
		return lastVerdict.source, nil
	}
	formatted, err := format.Source("verdict.rego", []byte(text))
	if err != nil {
		return source{}, err
	}
	read, err := parseSource(name, formatted)
	if err == nil {
		lastVerdict = parsedVerdict{read, text}
	}
	return read, err
}

type parsedVerdict struct {
	source
	generated string
}

var lastVerdict parsedVerdict

func hasViews(rules []rule) bool {
	return !slices.ContainsFunc(rules, func(r rule) bool { return len(r.Reads) == 0 })
}

func viewsText(rules []rule) string {
	var names []string
	var views, rows, clean strings.Builder
	for _, r := range rules {
		name := strings.Join(r.Reads, ",")
		number := slices.Index(names, name)
		if number < 0 {
			number = len(names)
			names = append(names, name)
			var columns, rest strings.Builder
			for _, field := range r.Reads[1:] {
				columns.WriteString("\t" + field + "_column := view." + field + "\n")
				rest.WriteString(`, "` + field + `": ` + field + `_column[i]`)
			}
			filled := strings.NewReplacer("NUMBER", strconv.Itoa(number), "NAME", name, "FIRST", r.Reads[0], "REST", rest.String(), "COLUMNS", columns.String())
			views.WriteString(filled.Replace(verdictView))
			rows.WriteString("\t\t\"" + name + "\": count(view_" + strconv.Itoa(number) + "),\n")
		}
		clean.WriteString("\t\t\"" + r.Code + "\": [i | some i, row in view_" + strconv.Itoa(number) + "; " + r.Policy + "." + r.Code + "(row) == false],\n")
	}
	return strings.NewReplacer("ROWS", rows.String(), "CLEAN", clean.String()).Replace(verdictViews) + views.String()
}
