// Rules: the reason codes of a bundle, read from the rules' names and METADATA.
// A code is a function of one row, named in capitals, in a package below annona.policies; it is false where the row is
// proved clean, and anything else, undefined included, is a hit.
package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

const policyPrefix = "annona.policies."

// The host's own code, which it shares with the row library: no policy may define it.
const malformedCode = "POLICY_INPUT_INVALID"

var codePattern = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

type rule struct {
	Code        string         `json:"code"`
	Policy      string         `json:"policy"`
	Title       string         `json:"title"`
	Description string         `json:"description,omitempty"`
	Owner       string         `json:"owner"`
	Mode        string         `json:"mode"`
	Severity    string         `json:"severity"`
	Field       string         `json:"field"`
	Remedy      string         `json:"remedy"`
	Obligation  map[string]any `json:"obligation,omitempty"`
	// Fields of the row, sorted; none: the rule is asked about whole rows.
	Reads []string `json:"reads,omitempty"`
}

func collectRules(sources []source) ([]rule, []constraint, error) {
	seen := map[string]*ast.Rule{}
	var rules []rule
	var constraints []constraint
	var found problems
	for _, s := range sources {
		policy := strings.TrimPrefix(packageName(s.module), policyPrefix)
		for _, r := range s.module.Rules {
			code := string(r.Head.Name)
			if !isPolicy(s.module) || !codePattern.MatchString(code) {
				continue
			}
			if other, ok := seen[code]; ok {
				if isConstraint(r) && isConstraint(other) && other.Module == r.Module {
					// Further clauses of one set: the METADATA is above the first.
					found = append(found, literalProblems(constraints, r)...)
					continue
				}
				found = append(found, problemAt(r.Location, "annona_code", fmt.Sprintf("%s: already defined at %v", code, other.Location),
					"A code is one rule: join the two with `else` branches."))
				continue
			}
			seen[code] = r
			if isConstraint(r) {
				read, wrong := readConstraint(s, r, policy)
				found = append(found, wrong...)
				constraints = append(constraints, read)
				found = append(found, literalProblems(constraints, r)...)
				continue
			}
			if problem := shapeProblem(r); problem != nil {
				found = append(found, *problem)
				continue
			}
			read, metadata := readRule(s.module, r, policy)
			found = append(found, metadata...)
			rules = append(rules, read)
		}
	}
	if len(rules) == 0 && len(found) == 0 {
		found = append(found, problem{Path: firstPath(sources), Line: 1, Column: 1, Code: "annona_no_codes",
			Message: fmt.Sprintf("no reason codes below %s*: such a bundle would allow everything", policyPrefix),
			Remedy:  "Name a rule in capitals, a function of one row, in `package annona.policies.NAME`; `annona policy init` writes one."})
	}
	slices.SortFunc(rules, func(a, b rule) int { return strings.Compare(a.Code, b.Code) })
	slices.SortFunc(constraints, func(a, b constraint) int { return strings.Compare(a.Code, b.Code) })
	stateReads(sources, rules)
	return rules, constraints, found.orNil()
}

// firstPath: the first file that is not of the library, which has no codes by nature.
func firstPath(sources []source) string {
	for _, s := range sources {
		if !strings.HasPrefix(packageName(s.module), "annona.library.") {
			return s.name
		}
	}
	return ""
}

func isPolicy(module *ast.Module) bool {
	return strings.HasPrefix(packageName(module), policyPrefix)
}

// shapeProblem: a code that is no function of one row would be asked nothing, or not be asked at all.
func shapeProblem(r *ast.Rule) *problem {
	code := string(r.Head.Name)
	var wrong string
	switch {
	case len(r.Head.Args) != 1:
		wrong = "a reason code is a function of one row"
	case strings.HasPrefix(code, "POLICY_") || strings.HasPrefix(code, "OBLIGATION_"):
		found := problemAt(r.Location, "annona_code", code+": codes that begin with POLICY_ and OBLIGATION_ are the host's own",
			"Give the rule another name.")
		return &found
	default:
		return nil
	}
	found := problemAt(r.Location, "annona_code", code+": "+wrong,
		fmt.Sprintf("Write `%s(row) := false if { … }`: false where the row is proved clean; anything else is a hit.", code))
	return &found
}

func packageName(module *ast.Module) string {
	return strings.TrimPrefix(module.Package.Path.String(), "data.")
}

type metadata struct {
	title, description string
	custom             map[string]any
}

// metadataOf merges the package's METADATA under the rule's own, so that an owner is stated once a policy.
func metadataOf(module *ast.Module, r *ast.Rule) (metadata, problems) {
	read := metadata{custom: map[string]any{}}
	set, errs := ast.BuildAnnotationSet([]*ast.Module{module})
	if len(errs) > 0 {
		return read, problemsOf(errs)
	}
	if annotations := set.GetPackageScope(module.Package); annotations != nil {
		maps.Copy(read.custom, annotations.Custom)
	}
	for _, annotations := range set.GetRuleScope(r) {
		read.title = annotations.Title
		read.description = annotations.Description
		maps.Copy(read.custom, annotations.Custom)
	}
	return read, nil
}

func readRule(module *ast.Module, r *ast.Rule, policy string) (rule, problems) {
	read := rule{Code: string(r.Head.Name), Policy: policy, Mode: "enforce"}
	wrong := func(what, remedy string) problem {
		return problemAt(r.Location, "annona_metadata", fmt.Sprintf("%s: METADATA %s", read.Code, what), remedy)
	}
	merged, errs := metadataOf(module, r)
	if len(errs) > 0 {
		return read, errs
	}
	read.Title, read.Description = merged.title, merged.description
	known := map[string]*string{
		"owner": &read.Owner, "mode": &read.Mode, "severity": &read.Severity, "field": &read.Field, "remedy": &read.Remedy,
	}
	var found problems
	for _, key := range slices.Sorted(maps.Keys(merged.custom)) {
		if key == "obligation" {
			obligation, ok := merged.custom[key].(map[string]any)
			if !ok {
				found = append(found, wrong("custom.obligation must be a map with a kind", "Write `obligation:` and below it `kind: approval`."))
			}
			read.Obligation = obligation
			continue
		}
		field, ok := known[key]
		if !ok {
			found = append(found, wrong(fmt.Sprintf("custom.%s is not known", key), "The keys are owner, mode, severity, field, remedy and obligation."))
			continue
		}
		text, ok := merged.custom[key].(string)
		if !ok {
			found = append(found, wrong(fmt.Sprintf("custom.%s must be text", key), "Put it in quotes."))
		}
		*field = strings.TrimSpace(text)
	}
	for _, one := range read.missing(merged.custom) {
		found = append(found, wrong(one.what, one.remedy))
	}
	return read, found
}

type lack struct{ what, remedy string }

func (r rule) missing(stated map[string]any) []lack {
	var lacks []lack
	for _, one := range []struct{ key, value, remedy string }{
		{"title", r.Title, "Say in a sentence what the rule denies: `# title: …` above the rule."},
		{"custom.owner", r.Owner, "Name who answers for the policy: `# custom:` and `#   owner: …` above the package."},
		{"custom.field", r.Field, "Name the field of the row that the rule judges: `#   field: purpose`."},
		{"custom.remedy", r.Remedy, "Tell whoever is denied what to do: `#   remedy: …`."},
	} {
		if one.value == "" {
			lacks = append(lacks, lack{one.key + " is missing", one.remedy})
		}
	}
	if fields := rowFields(); r.Field != "" && !slices.Contains(fields, r.Field) {
		lacks = append(lacks, lack{fmt.Sprintf("custom.field is %q, which no row has", r.Field), "The fields of a row are " + strings.Join(fields, ", ") + "."})
	}
	if !slices.Contains([]string{"low", "medium", "high", "critical"}, r.Severity) {
		lacks = append(lacks, lack{fmt.Sprintf("custom.severity is %q, want low, medium, high or critical", r.Severity), "Write `#   severity: medium`."})
	}
	if _, hasObligation := stated["obligation"]; hasObligation {
		if kind, ok := r.Obligation["kind"].(string); r.Obligation != nil && (!ok || kind == "") {
			lacks = append(lacks, lack{"custom.obligation.kind is missing", "Write `kind: approval` below `obligation:`."})
		}
		return lacks
	}
	if _, ok := stated["mode"]; !ok || !slices.Contains([]string{"enforce", "warn", "dryrun"}, r.Mode) {
		mode, _ := stated["mode"].(string)
		lacks = append(lacks, lack{fmt.Sprintf("custom.mode is %q, want enforce, warn or dryrun", mode), "Write `#   mode: warn` until the rule is trusted, then `enforce`."})
	}
	return lacks
}
