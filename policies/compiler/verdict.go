// The generated module: the loops over rows that no policy author writes.
// It asks every code about every row and says of which rows each was not proved false.
package main

import (
	"bytes"
	"slices"
	"text/template"

	"github.com/open-policy-agent/opa/v1/format"
)

// Entry points of the module, by their path. The host looks them up by these names.
var entrypoints = []string{"annona/verdict/batch", "annona/verdict/explain"}

// Each code gets a function that holds where the row is proved clean, so that a call that is undefined counts as a hit.
// `not policy.CODE(row) == false` would not do: OPA moves the inner call out of the negation, and a rule that is undefined
// (an unknown agent, a missing limit) then hits nothing and allows.
// A finding takes its field from METADATA and what was wanted from the row; the rule adds the limit where it knows one.
var verdictTemplate = template.Must(template.New("verdict").Parse(`# Generated from the reason codes of the policies by policies/compiler; do not edit.
package annona.verdict

import data.annona.library.rows
{{range .Policies}}import data.annona.policies.{{.}}
{{end}}
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

deny := {
	"{{.Malformed}}": {i | some i, row in rows.all; not rows.well_formed(row)},
{{range .Denials}}	"{{.Code}}": {i | some i, row in rows.all; not clean_{{.Code}}(row)},
{{end}}}

obligations := {
{{range .Obligations}}	"{{.Code}}": {i | some i, row in rows.all; not clean_{{.Code}}(row)},
{{end}}}

findings contains {"row": i, "code": "{{.Malformed}}", "policy": "rows", "field": null, "want": null, "limit": null} if {
	some i, row in rows.all
	not rows.well_formed(row)
}
{{range .All}}
clean_{{.Code}}(row) if {{.Policy}}.{{.Code}}(row) == false

findings contains {
	"row": i,
	"code": "{{.Code}}",
	"policy": "{{.Policy}}",
	"field": "{{.Field}}",
	"want": object.get(detail, "want", object.get(row, "{{.Field}}", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_{{.Code}}(row)
	detail := detail_{{.Code}}(row)
}

detail_{{.Code}}(row) := rows.detail(value) if {
	value := {{.Policy}}.{{.Code}}(row)
} else := {}
{{end}}`))

func verdictText(rules []rule) ([]byte, error) {
	var policies []string
	var denials, obligations []rule
	for _, r := range rules {
		if !slices.Contains(policies, r.Policy) {
			policies = append(policies, r.Policy)
		}
		if r.Obligation == nil {
			denials = append(denials, r)
		} else {
			obligations = append(obligations, r)
		}
	}
	slices.Sort(policies)
	var text bytes.Buffer
	err := verdictTemplate.Execute(&text, map[string]any{
		"Policies": policies, "All": rules, "Denials": denials, "Obligations": obligations, "Malformed": malformedCode,
	})
	if err != nil {
		return nil, err
	}
	return format.Source("verdict.rego", text.Bytes())
}
