// Problems: what is wrong with the sources, where, and what to do about it.
// Every error that a person can mend has a file, a line and a column; one without is a fault of this program.
package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

type problem struct {
	Path    string `json:"path"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
}

type problems []problem

func (p problem) String() string {
	return fmt.Sprintf("%s:%d:%d: %s: %s", p.Path, p.Line, p.Column, p.Code, p.Message)
}

func (ps problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// orNil: an empty list is no error.
func (ps problems) orNil() error {
	if len(ps) == 0 {
		return nil
	}
	slices.SortStableFunc(ps, func(a, b problem) int {
		if a.Path != b.Path {
			return strings.Compare(a.Path, b.Path)
		}
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return slices.Compact(ps)
}

func problemAt(at *ast.Location, code, message, remedy string) problem {
	return problem{Path: at.File, Line: at.Row, Column: at.Col, Code: code, Message: message, Remedy: remedy}
}

func problemsOf(err error) problems {
	var found problems
	if errors.As(err, &found) {
		return found
	}
	var many ast.Errors
	if errors.As(err, &many) {
		for _, one := range many {
			found = append(found, opaProblem(one))
		}
		return found
	}
	var one *ast.Error
	if errors.As(err, &one) {
		return problems{opaProblem(one)}
	}
	return problems{{Code: "compiler_error", Message: err.Error()}}
}

func opaProblem(err *ast.Error) problem {
	found := problem{Code: err.Code, Message: err.Message}
	if at := err.Location; at != nil {
		// At the end of a file OPA counts the column from 0.
		found.Path, found.Line, found.Column = at.File, at.Row, max(at.Col, 1)
	}
	if err.Details != nil && err.Code == ast.TypeErr {
		// The lines carry their own indentation and a caret below the reference, which a one-line message has no use for.
		for _, line := range err.Details.Lines() {
			text := strings.TrimSpace(line)
			if text != "" && text != "^" && !strings.HasSuffix(err.Message, text) {
				found.Message += "; " + text
			}
		}
	}
	found.Remedy = opaRemedy(err)
	return found
}

func opaRemedy(err *ast.Error) string {
	name, isCall := strings.CutPrefix(err.Message, "undefined function ")
	switch {
	case isCall && ast.BuiltinMap[name] != nil:
		return "A rule may call only what the module computes itself, the same everywhere: no time, randomness, network or " +
			"other builtin of a host. Take the value from the row or from data.organisation."
	case isCall:
		return "Define the function, or import the package that has it (import data.annona.library.proof)."
	case err.Code == ast.ParseErr && strings.Contains(err.Message, "METADATA"),
		err.Code == ast.ParseErr && strings.Contains(err.Message, "yaml"):
		return "The comment below # METADATA is YAML: indent the keys of custom by two spaces."
	case err.Code == ast.ParseErr:
		return "Annona reads Rego v1: `if` before the body of a rule, `contains` for a set, `:=` to give a value."
	case err.Code == ast.RecursionErr:
		return "A rule may not depend on itself: walk what is given with `some` or `every`."
	case strings.Contains(err.Message, "unsafe"):
		return "Give the variable a value first: `some x in …` or `x := …`."
	case strings.Contains(err.Message, "unused"):
		return "Use it or take it away; an argument that is not used is written `_`."
	case err.Code == ast.TypeErr:
		return "The fields that a rule sees are listed in docs/policies.md."
	}
	return ""
}
