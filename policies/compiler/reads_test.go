// Which fields a rule is said to read: all that it can depend on, through every function that it hands the row to.
package main

import (
	"slices"
	"strings"
	"testing"
)

func TestStatesWhatARuleReads(t *testing.T) {
	whole := strings.Join(rowFields(), " ")
	for name, one := range map[string]struct{ text, want string }{
		"fields":             {`SAMPLE(row) := false if row.costMinor < row.durationSeconds`, "costMinor durationSeconds"},
		"a field by a field": {`SAMPLE(row) := false if row.quantities[row.class] < 2`, "class quantities"},
		"every branch": {`SAMPLE(row) := false if {
	row.hour < 7
} else := false if {
	row.weekday > 4
} else := {"want": row.class}`, "class hour weekday"},
		"what a function reads": {`SAMPLE(row) := false if early(row)

early(row) if row.hour < late(row.class)

early(asked) if asked.agent == "a"

late(class) := count(class)`, "agent class hour"},
		"within every and within a comprehension": {`SAMPLE(row) := false if {
	every kind, _ in row.quantities {
		kind in [model | some model in row.models; model != row.purpose]
	}
}`, "models purpose quantities"},
		"a function given twice": {`SAMPLE(row) := false if alike(row, row)

alike(row, other) if row.class == other.agent`, "agent class"},
		"a constant of the package": {`SAMPLE(row) := false if row.hour < limit

limit := 7`, "hour"},
		"the row as a value":        {`SAMPLE(row) := false if object.get(row, "hour", 0) < 7`, whole},
		"the row under a new name":  {"SAMPLE(row) := false if {\n\tasked := row\n\tasked.hour < 7\n}", whole},
		"the row within a value":    {"SAMPLE(row) := false if {\n\tsome asked in [row]\n\tasked.hour < 7\n}", whole},
		"a field that is not named": {"SAMPLE(row) := false if {\n\tsome field\n\trow[field] == 7\n}", whole},
		"a pattern":                 {"SAMPLE(row) := false if early(row)\n\nearly({\"hour\": 7}) := true", whole},
		"nothing":                   {`SAMPLE(_) := false if data.organisation.purposeRequiredFrom == 2`, "department"},
	} {
		bundle, err := sample(t, header+one.text)
		if bundle == nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := strings.Join(bundle.rules[0].Reads, " "); got != one.want {
			t.Errorf("%s: reads %q, want %q", name, got, one.want)
		}
	}
}

func TestStatesNothingWhereTheBatchCanBeRead(t *testing.T) {
	for name, text := range map[string]string{
		"the loop over rows":   "SAMPLE(row) := false if {\n\trow.hour < count(data.annona.library.rows.all)\n}",
		"any rule there is":    "SAMPLE(row) := false if {\n\tsome name\n\trow.hour < count(data.annona.library[name].all)\n}",
		"everything there is":  "SAMPLE(row) := false if {\n\tdocument := data\n\trow.hour < count(document)\n}",
		"the library's import": "import data.annona.library.rows\n\nSAMPLE(row) := false if {\n\trow.hour < count(rows.all)\n}",
	} {
		source := strings.Replace(header, "package annona.policies.sample\n", "package annona.policies.sample\n\n"+importsOf(text), 1)
		bundle, _ := sample(t, source+withoutImports(text))
		if bundle == nil {
			// OPA refused it before, which is as good.
			continue
		}
		if slices.ContainsFunc(bundle.rules, func(r rule) bool { return len(r.Reads) > 0 }) {
			t.Errorf("%s: reads %v", name, bundle.rules[0].Reads)
		}
	}
}

func importsOf(text string) string {
	if before, _, ok := strings.Cut(text, "\n\nSAMPLE"); ok {
		return before + "\n"
	}
	return ""
}

func withoutImports(text string) string {
	return text[strings.Index(text, "SAMPLE"):]
}
