// Constraints: what a bundle adds to the integer program, read from the rules' METADATA and from what their literals say.
// A constraint is a set, `CODE contains {…}`, in a package below annona.policies; its form is in METADATA, so that a hard row
// that is no packing row is refused here, by file and line. What only the organisation can tell is judged by the host.
package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// What coefficients and right sides may be at most; policies/constraints.ts and scheduler/domain/policyRow.ts hold to the same.
const (
	amountMost = int64(1) << 40
	priceMost  = int64(1_000)
	weightMost = int64(1_000)
)

type constraint struct {
	Code        string `json:"code"`
	Policy      string `json:"policy"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Owner       string `json:"owner"`
	Mode        string `json:"mode"`
	Severity    string `json:"severity"`
	Remedy      string `json:"remedy"`
	// sum, weight or separation.
	Kind string `json:"kind"`
	// Of a sum.
	Op string `json:"op,omitempty"`
	// Of a soft sum, a unit over or under; absent: hard.
	Price int64 `json:"price,omitempty"`
	// file:line, for whoever is told what the host refuses.
	At string `json:"at"`
}

func isConstraint(r *ast.Rule) bool {
	return r.Head.RuleKind() == ast.MultiValue
}

// readConstraint: without a known form nothing further is said of it, for each form has keys of its own.
func readConstraint(s source, r *ast.Rule, policy string) (constraint, problems) {
	read := constraint{Code: string(r.Head.Name), Policy: policy, At: fmt.Sprintf("%s:%d", s.name, r.Location.Row)}
	wrong := func(what, remedy string) problem {
		return problemAt(r.Location, "annona_constraint", fmt.Sprintf("%s: METADATA %s", read.Code, what), remedy)
	}
	if strings.HasPrefix(read.Code, "POLICY_") || strings.HasPrefix(read.Code, "OBLIGATION_") {
		return read, problems{problemAt(r.Location, "annona_code",
			read.Code+": codes that begin with POLICY_ and OBLIGATION_ are the host's own", "Give the rule another name.")}
	}
	merged, errs := metadataOf(s.module, r)
	if len(errs) > 0 {
		return read, errs
	}
	read.Title, read.Description = merged.title, merged.description
	var found problems
	known := map[string]*string{"owner": &read.Owner, "mode": &read.Mode, "severity": &read.Severity, "remedy": &read.Remedy}
	for _, key := range slices.Sorted(maps.Keys(merged.custom)) {
		if key == "constraint" {
			continue
		}
		field, ok := known[key]
		if !ok {
			found = append(found, wrong(fmt.Sprintf("custom.%s is not known of a constraint", key),
				"The keys are owner, mode, severity, remedy and constraint."))
			continue
		}
		text, ok := merged.custom[key].(string)
		if !ok {
			found = append(found, wrong(fmt.Sprintf("custom.%s must be text", key), "Put it in quotes."))
		}
		*field = strings.TrimSpace(text)
	}
	for _, one := range read.missing(merged.custom["constraint"]) {
		found = append(found, wrong(one.what, one.remedy))
	}
	return read, found
}

func (c *constraint) missing(form any) []lack {
	var lacks []lack
	for _, one := range []struct{ key, value, remedy string }{
		{"title", c.Title, "Say in a sentence what it limits: `# title: …` above the rule."},
		{"custom.owner", c.Owner, "Name who answers for the policy: `# custom:` and `#   owner: …` above the package."},
		{"custom.remedy", c.Remedy, "Tell whoever waits because of it what to do: `#   remedy: …`."},
	} {
		if one.value == "" {
			lacks = append(lacks, lack{one.key + " is missing", one.remedy})
		}
	}
	if !slices.Contains([]string{"low", "medium", "high", "critical"}, c.Severity) {
		lacks = append(lacks, lack{fmt.Sprintf("custom.severity is %q, want low, medium, high or critical", c.Severity), "Write `#   severity: medium`."})
	}
	if !slices.Contains([]string{"enforce", "warn", "dryrun"}, c.Mode) {
		lacks = append(lacks, lack{fmt.Sprintf("custom.mode is %q, want enforce, warn or dryrun", c.Mode), "Write `#   mode: warn` until the constraint is trusted, then `enforce`."})
	}
	return append(lacks, c.readForm(form)...)
}

const formRemedy = "Below `#   constraint:` write `kind: sum` and `op: \"<=\"`, or `kind: weight`, or `kind: separation`; a rule that judges single rows is a function, `CODE(row)`."

// readForm: hard is `<=` alone, so that the empty plan fits whatever a bundle says.
func (c *constraint) readForm(stated any) []lack {
	form, ok := stated.(map[string]any)
	if !ok {
		return []lack{{"custom.constraint must be a map with a kind", formRemedy}}
	}
	c.Kind, _ = form["kind"].(string)
	if !slices.Contains([]string{"sum", "weight", "separation"}, c.Kind) {
		return []lack{{fmt.Sprintf("custom.constraint.kind is %q, want sum, weight or separation", c.Kind), formRemedy}}
	}
	var lacks []lack
	for _, key := range slices.Sorted(maps.Keys(form)) {
		if key != "kind" && (c.Kind != "sum" || (key != "op" && key != "price")) {
			lacks = append(lacks, lack{fmt.Sprintf("custom.constraint.%s is not known of a %s", key, c.Kind), formRemedy})
		}
	}
	if c.Kind != "sum" {
		return lacks
	}
	c.Op, _ = form["op"].(string)
	if !slices.Contains([]string{"<=", ">=", "=="}, c.Op) {
		return append(lacks, lack{fmt.Sprintf("custom.constraint.op is %q, want \"<=\", \">=\" or \"==\"", c.Op), "Put it in quotes: `op: \"<=\"`."})
	}
	price, isSoft := form["price"]
	if isSoft {
		c.Price, ok = wholeOf(price)
		if !ok || c.Price < 1 || c.Price > priceMost {
			return append(lacks, lack{fmt.Sprintf("custom.constraint.price is %v, want a whole number from 1 to %d", price, priceMost),
				"A request is worth 1000: write `price: 50`, or leave it out for a hard limit."})
		}
		return lacks
	}
	if c.Op != "<=" {
		lacks = append(lacks, lack{fmt.Sprintf("custom.constraint: a hard %s could leave a tick without any plan", c.Op),
			"Write `op: \"<=\"`, or give it a `price`: then it is soft."})
	}
	return lacks
}

// wholeOf: YAML gives ints, JSON numbers or floats.
func wholeOf(value any) (int64, bool) {
	switch v := value.(type) {
	case int:
		return int64(v), true
	case int64:
		return v, true
	case uint64:
		return int64(v), v <= uint64(amountMost)
	case float64:
		return int64(v), v == float64(int64(v))
	case interface{ Int64() (int64, error) }:
		whole, err := v.Int64()
		return whole, err == nil
	}
	return 0, false
}

var keysOfKind = map[string][]string{
	"sum":        {"id", "over", "terms", "rhs"},
	"weight":     {"id", "over", "coef"},
	"separation": {"id", "first", "second"},
}

var selectorKeys = []string{"departments", "agents", "classes", "classifications", "kinds", "pools", "labels"}
var termKeys = []string{"over", "coef", "per"}

// literalProblems: what a clause says outright. What it computes is judged when it is evaluated, by the same rules.
func literalProblems(constraints []constraint, r *ast.Rule) problems {
	at := slices.IndexFunc(constraints, func(c constraint) bool { return c.Code == string(r.Head.Name) })
	if at < 0 || keysOfKind[constraints[at].Kind] == nil {
		return nil
	}
	j := literalJudge{code: constraints[at].Code}
	said := valueOf(r, r.Head.Key)
	object, ok := said.Value.(ast.Object)
	if !ok {
		if _, isVar := said.Value.(ast.Var); !isVar && !isComputed(said.Value) {
			j.wrong(said, "a constraint is an object", fmt.Sprintf("Write `%s contains {…}`.", j.code))
		}
		return j.found
	}
	kind := constraints[at].Kind
	j.keys(said, object, kind, keysOfKind[kind])
	for _, key := range []string{"over", "first", "second"} {
		j.selector(r, object.Get(ast.StringTerm(key)))
	}
	j.amount(object.Get(ast.StringTerm("rhs")), "rhs", 0, amountMost)
	if kind == "weight" {
		j.amount(object.Get(ast.StringTerm("coef")), "coef", -weightMost, weightMost)
	}
	j.terms(r, object.Get(ast.StringTerm("terms")))
	return j.found
}

type literalJudge struct {
	code  string
	found problems
}

func (j *literalJudge) wrong(at *ast.Term, what, remedy string) {
	j.found = append(j.found, problemAt(at.Location, "annona_constraint", j.code+": "+what, remedy))
}

func (j *literalJudge) keys(at *ast.Term, object ast.Object, what string, known []string) {
	object.Foreach(func(key, _ *ast.Term) {
		name, ok := key.Value.(ast.String)
		if ok && !slices.Contains(known, string(name)) {
			j.wrong(key, fmt.Sprintf("%q is not known of a %s", string(name), what), "The keys are "+strings.Join(known, ", ")+".")
		}
	})
	if slices.Equal(known, selectorKeys) {
		return
	}
	for _, name := range known {
		if name != "id" && name != "over" && object.Get(ast.StringTerm(name)) == nil {
			j.wrong(at, fmt.Sprintf("%q is missing", name), "The keys are "+strings.Join(known, ", ")+".")
		}
	}
}

func (j *literalJudge) selector(r *ast.Rule, term *ast.Term) {
	if term == nil {
		return
	}
	if object, ok := valueOf(r, term).Value.(ast.Object); ok {
		j.keys(term, object, "selector", selectorKeys)
	}
}

func (j *literalJudge) terms(r *ast.Rule, term *ast.Term) {
	if term == nil {
		return
	}
	list, ok := valueOf(r, term).Value.(*ast.Array)
	if !ok {
		return
	}
	list.Foreach(func(one *ast.Term) {
		object, ok := valueOf(r, one).Value.(ast.Object)
		if !ok {
			return
		}
		j.keys(one, object, "term", termKeys)
		j.selector(r, object.Get(ast.StringTerm("over")))
		j.amount(object.Get(ast.StringTerm("coef")), "coef", 0, amountMost)
		per := object.Get(ast.StringTerm("per"))
		if per == nil {
			return
		}
		if text, ok := per.Value.(ast.String); ok && text != "unit" && text != "grant" {
			j.wrong(per, fmt.Sprintf("per is %q", string(text)), "Write \"unit\" to count units, or \"grant\" to count leases.")
		}
	})
}

func (j *literalJudge) amount(term *ast.Term, name string, least, most int64) {
	if term == nil || isComputed(term.Value) {
		return
	}
	if _, isVar := term.Value.(ast.Var); isVar {
		return
	}
	number, ok := term.Value.(ast.Number)
	whole, isWhole := number.Int64()
	if !ok || !isWhole || whole < least || whole > most {
		j.wrong(term, fmt.Sprintf("%s is %v, want a whole number from %d to %d", name, term, least, most),
			"A hard row must leave the empty plan possible, and a plan must be counted exactly.")
	}
}

func isComputed(value ast.Value) bool {
	switch value.(type) {
	case ast.Ref, ast.Call, *ast.ObjectComprehension, *ast.ArrayComprehension, *ast.SetComprehension, *ast.TemplateString:
		return true
	}
	return false
}

// valueOf: of a variable that the body gives a value outright, that value.
func valueOf(r *ast.Rule, term *ast.Term) *ast.Term {
	name, ok := term.Value.(ast.Var)
	if !ok {
		return term
	}
	for _, e := range r.Body {
		terms, isCall := e.Terms.([]*ast.Term)
		if isCall && len(terms) == 3 && e.IsAssignment() && terms[1].Value.Compare(name) == 0 {
			return terms[2]
		}
	}
	return term
}
