// Tests as a module: every test_ rule of the _test.rego files is an entry point, so that tests run on the engine that
// production runs. A rule of many cases, `test_name[case] if …`, gets a second entry point which lists its cases, for a
// case that fails is simply missing from the first.
package main

import (
	"context"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

type testModule struct {
	Wasm  []byte     `json:"wasm"`
	Tests []testRule `json:"tests"`
}

type testRule struct {
	Name       string `json:"name"`
	Path       string `json:"path"`
	Line       int    `json:"line"`
	Column     int    `json:"column"`
	Entrypoint string `json:"entrypoint"`
	// Entry point of the set of cases; absent where the rule is one test.
	Cases string `json:"cases,omitempty"`
}

const (
	testPrefix  = "test_"
	casesPrefix = "cases_of_"
)

func (b *bundleSources) buildTests(ctx context.Context) (*testModule, error) {
	built := &testModule{Tests: []testRule{}}
	var paths []string
	var found problems
	sources := b.compiled()
	for _, s := range b.tests {
		s.module = s.module.Copy()
		for _, r := range slices.Clone(s.module.Rules) {
			if !strings.HasPrefix(headName(r), testPrefix) {
				continue
			}
			test, cases, wrong := readTest(s.module, r)
			if wrong != nil {
				found = append(found, *wrong)
				continue
			}
			if slices.Contains(paths, test.Entrypoint) {
				found = append(found, problemAt(r.Location, "annona_test", test.Name+" is defined twice", "Give one of the two another name."))
				continue
			}
			paths = append(paths, test.Entrypoint)
			if cases != nil {
				s.module.Rules = append(s.module.Rules, cases)
				paths = append(paths, test.Cases)
			}
			built.Tests = append(built.Tests, test)
		}
		sources = append(sources, s)
	}
	if err := found.orNil(); err != nil || len(paths) == 0 {
		return built, err
	}
	var err error
	built.Wasm, err = compileModule(ctx, sources, paths)
	return built, err
}

func readTest(module *ast.Module, r *ast.Rule) (testRule, *ast.Rule, *problem) {
	name := headName(r)
	path := strings.ReplaceAll(packageName(module), ".", "/")
	test := testRule{Name: packageName(module) + "." + name, Path: r.Location.File, Line: r.Location.Row, Column: r.Location.Col, Entrypoint: path + "/" + name}
	ref := r.Head.Ref()
	if len(r.Head.Args) == 0 && len(ref) == 1 && r.Head.Key == nil {
		return test, nil, nil
	}
	cases := casesOf(r)
	if cases == nil {
		wrong := problemAt(r.Location, "annona_test", name+" is neither one test nor a test of named cases",
			"Write `test_name if { … }`, or `test_name[case.name] if { some case in cases; … }`.")
		return test, nil, &wrong
	}
	test.Cases = path + "/" + casesPrefix + name
	return test, cases, nil
}

// casesOf: the names of the cases, from those expressions of the body alone that give the name its value.
func casesOf(r *ast.Rule) *ast.Rule {
	ref := r.Head.Ref()
	if len(r.Head.Args) > 0 || len(ref) != 2 || r.Else != nil {
		return nil
	}
	wanted := varsIn(ref[1])
	var body ast.Body
	for i := len(r.Body) - 1; i >= 0; i-- {
		expr := r.Body[i]
		gives := givenBy(expr)
		if len(gives) == 0 || !slices.ContainsFunc(gives, func(name ast.Var) bool { return wanted.Contains(name) }) {
			continue
		}
		body = append(ast.Body{expr.Copy()}, body...)
		wanted.Update(varsIn(expr))
	}
	if len(body) == 0 {
		return nil
	}
	for i, expr := range body {
		expr.Index = i
	}
	name := ast.Var(casesPrefix + headName(r))
	head := ast.NewHead(name, ref[1].Copy())
	head.Location = r.Head.Location
	return &ast.Rule{Head: head, Body: body, Module: r.Module, Location: r.Location}
}

// headName: OPA leaves Head.Name empty where the head has a key.
func headName(r *ast.Rule) string {
	return string(r.Head.Ref()[0].Value.(ast.Var))
}

func varsIn(x any) ast.VarSet {
	names := ast.NewVarSet()
	ast.WalkVars(x, func(name ast.Var) bool {
		names.Add(name)
		return false
	})
	return names
}

// givenBy: the variables that an expression declares.
func givenBy(expr *ast.Expr) []ast.Var {
	var declared []*ast.Term
	switch terms := expr.Terms.(type) {
	case *ast.SomeDecl:
		declared = terms.Symbols
		if in, ok := terms.Symbols[0].Value.(ast.Call); ok {
			declared = in[1 : len(in)-1]
		}
	case []*ast.Term:
		if expr.IsAssignment() {
			declared = terms[1:2]
		}
	}
	var names []ast.Var
	for _, one := range declared {
		for name := range varsIn(one) {
			names = append(names, name)
		}
	}
	return names
}
