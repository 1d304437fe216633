// Rules: the reason codes of a bundle, read from the rules' names and METADATA.
// A code is a function of one row, named in capitals, in a package below annona.policies; it is false where the row is
// proved clean, and anything else, undefined included, is a hit.
package main

import (
	"fmt"
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
}

func collectRules(sources []source) ([]rule, error) {
	seen := map[string]string{}
	var rules []rule
	for _, s := range sources {
		policy, isPolicy := strings.CutPrefix(packageName(s.module), policyPrefix)
		for _, r := range s.module.Rules {
			code := string(r.Head.Name)
			if !isPolicy || !codePattern.MatchString(code) {
				continue
			}
			where := fmt.Sprintf("%v: %s", r.Location, code)
			if len(r.Head.Args) != 1 {
				return nil, fmt.Errorf("%s: a reason code is a function of one row", where)
			}
			if other, ok := seen[code]; ok {
				return nil, fmt.Errorf("%s: already defined at %s; a code is one rule with else branches", where, other)
			}
			seen[code] = where
			read, err := readRule(s.module, r, policy)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", where, err)
			}
			rules = append(rules, read)
		}
	}
	if len(rules) == 0 {
		return nil, fmt.Errorf("no reason codes below %s*: such a bundle would allow everything", policyPrefix)
	}
	slices.SortFunc(rules, func(a, b rule) int { return strings.Compare(a.Code, b.Code) })
	return rules, nil
}

func packageName(module *ast.Module) string {
	return strings.TrimPrefix(module.Package.Path.String(), "data.")
}

// readRule merges the package's METADATA under the rule's own, so that an owner is stated once a policy.
func readRule(module *ast.Module, r *ast.Rule, policy string) (rule, error) {
	set, errs := ast.BuildAnnotationSet([]*ast.Module{module})
	if len(errs) > 0 {
		return rule{}, errs
	}
	merged := map[string]any{}
	if annotations := set.GetPackageScope(module.Package); annotations != nil {
		for key, value := range annotations.Custom {
			merged[key] = value
		}
	}
	read := rule{Code: string(r.Head.Name), Policy: policy, Mode: "enforce"}
	for _, annotations := range set.GetRuleScope(r) {
		read.Title = annotations.Title
		read.Description = annotations.Description
		for key, value := range annotations.Custom {
			merged[key] = value
		}
	}
	known := map[string]*string{
		"owner": &read.Owner, "mode": &read.Mode, "severity": &read.Severity, "field": &read.Field, "remedy": &read.Remedy,
	}
	for key, value := range merged {
		if key == "obligation" {
			obligation, ok := value.(map[string]any)
			if !ok {
				return rule{}, fmt.Errorf("METADATA custom.obligation must be a map with a kind")
			}
			read.Obligation = obligation
			continue
		}
		field, ok := known[key]
		if !ok {
			return rule{}, fmt.Errorf("METADATA custom.%s is not known", key)
		}
		text, ok := value.(string)
		if !ok {
			return rule{}, fmt.Errorf("METADATA custom.%s must be text", key)
		}
		*field = strings.TrimSpace(text)
	}
	return read, read.check(merged)
}

func (r rule) check(stated map[string]any) error {
	if r.Code == malformedCode || strings.HasPrefix(r.Code, "POLICY_") || strings.HasPrefix(r.Code, "OBLIGATION_") {
		return fmt.Errorf("codes that begin with POLICY_ and OBLIGATION_ are the host's own")
	}
	for field, value := range map[string]string{"title": r.Title, "custom.owner": r.Owner, "custom.field": r.Field, "custom.remedy": r.Remedy} {
		if strings.TrimSpace(value) == "" {
			return fmt.Errorf("METADATA %s is missing", field)
		}
	}
	if !slices.Contains([]string{"low", "medium", "high", "critical"}, r.Severity) {
		return fmt.Errorf("METADATA custom.severity is %q, want low, medium, high or critical", r.Severity)
	}
	if r.Obligation == nil {
		if _, ok := stated["mode"]; !ok || !slices.Contains([]string{"enforce", "warn", "dryrun"}, r.Mode) {
			return fmt.Errorf("METADATA custom.mode is %q, want enforce, warn or dryrun", stated["mode"])
		}
		return nil
	}
	if kind, ok := r.Obligation["kind"].(string); !ok || kind == "" {
		return fmt.Errorf("METADATA custom.obligation.kind is missing")
	}
	return nil
}
