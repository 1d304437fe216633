// Reads: which fields of a row each reason code can depend on, so that the host asks it once for all rows that are alike in them.
// Invariant: never too few. What is not seen through counts as the whole row, and a bundle where the batch itself could be
// read has no such statement at all. Called by rules.go.
package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

const rowsPackage = "annona.library.rows"

// A function's clauses, each with the module whose imports it was written under.
type clause struct {
	module *ast.Module
	rule   *ast.Rule
}

type reader struct {
	clauses map[string][]clause
	known   map[parameter]map[string]bool
}

// stateReads gives every rule the fields that it reads, sorted, or none to any of them.
func stateReads(sources []source, rules []rule) {
	if readsBatch(sources) {
		return
	}
	r := reader{clauses: map[string][]clause{}, known: map[parameter]map[string]bool{}}
	for _, s := range sources {
		for _, one := range s.module.Rules {
			path := functionPath(s.module, one)
			for at := one; at != nil; at = at.Else {
				r.clauses[path] = append(r.clauses[path], clause{s.module, at})
			}
		}
	}
	for i := range rules {
		fields := r.fieldsOf(parameter{"data." + policyPrefix + rules[i].Policy + "." + rules[i].Code, 0})
		if len(fields) == 0 {
			// One that reads none is asked once for each department: a list of rows needs a column.
			fields = map[string]bool{"department": true}
		}
		rules[i].Reads = slices.Sorted(maps.Keys(fields))
	}
}

// What depends on the whole batch: the library's loop over rows, and the generated module.
var batchPaths = [][]string{{"data", "annona", "library", "rows", "all"}, {"data", "annona", "verdict"}}

// readsBatch: whether anything but the library's loop over rows reads `input`, or anything at all reads what that loop gives.
func readsBatch(sources []source) bool {
	found := false
	for _, s := range sources {
		resolve := resolverOf(s.module)
		isLoop := packageName(s.module) == rowsPackage
		check := func(path []string) {
			if len(path) == 0 {
				return
			}
			found = found || path[0] == "input" && !isLoop
			for _, batch := range batchPaths {
				// Also a reference to something that has it in it, or that could be it.
				shared := min(len(path), len(batch))
				found = found || slices.Equal(path[:shared], batch[:shared])
			}
		}
		var visitor *ast.GenericVisitor
		visitor = ast.NewGenericVisitor(func(x any) bool {
			switch x := x.(type) {
			case ast.Ref:
				check(resolve(x))
				for _, term := range x[1:] {
					visitor.Walk(term)
				}
				return true
			case ast.Var:
				check(resolve(ast.Ref{ast.NewTerm(x)}))
			}
			return found
		})
		for _, r := range s.module.Rules {
			for at := r; at != nil; at = at.Else {
				// Not its name, which would be a use of it.
				visitor.Walk(at.Body)
				for _, term := range []*ast.Term{at.Head.Key, at.Head.Value} {
					if term != nil {
						visitor.Walk(term)
					}
				}
			}
		}
	}
	return found
}

// resolverOf gives the constant beginning of a reference with its import put in, as `data` has it.
func resolverOf(module *ast.Module) func(ast.Ref) []string {
	imported := map[string]ast.Ref{}
	for _, i := range module.Imports {
		if ref, ok := i.Path.Value.(ast.Ref); ok {
			imported[string(i.Name())] = ref
		}
	}
	return func(ref ast.Ref) []string {
		head, ok := ref[0].Value.(ast.Var)
		if !ok {
			return nil
		}
		path := []string{string(head)}
		if to, ok := imported[string(head)]; ok {
			path = constantsOf(to)
		} else if len(ref) == 1 && head != "data" && head != "input" {
			path = append(constantsOf(module.Package.Path), string(head))
		}
		return append(path, constantsOf(ref[1:])...)
	}
}

func constantsOf(terms []*ast.Term) []string {
	var names []string
	for _, term := range terms {
		switch value := term.Value.(type) {
		case ast.String:
			names = append(names, string(value))
		case ast.Var:
			if len(names) > 0 {
				return names
			}
			names = append(names, string(value))
		default:
			return names
		}
	}
	return names
}

func (r reader) fieldsOf(asked parameter) map[string]bool {
	if fields, ok := r.known[asked]; ok {
		return fields
	}
	fields := map[string]bool{}
	// Rego has no recursion; what a refused one would find here, nobody sees.
	r.known[asked] = fields
	for _, one := range r.clauses[asked.function] {
		if asked.position >= len(one.rule.Head.Args) {
			return everyField(fields)
		}
		name, isVar := one.rule.Head.Args[asked.position].Value.(ast.Var)
		if !isVar {
			// A pattern takes the row apart where it is given.
			everyField(fields)
			continue
		}
		r.walk(one, name, fields)
	}
	return fields
}

func everyField(fields map[string]bool) map[string]bool {
	for _, field := range rowFields() {
		fields[field] = true
	}
	return fields
}

// walk adds what one clause reads of the argument `name`. The row itself may only be passed on to functions of the sources.
func (r reader) walk(one clause, name ast.Var, fields map[string]bool) {
	resolve := resolverOf(one.module)
	var visitor *ast.GenericVisitor
	call := func(terms []*ast.Term) bool {
		function := ""
		if ref, ok := terms[0].Value.(ast.Ref); ok {
			function = strings.Join(resolve(ref), ".")
		}
		for position, operand := range terms[1:] {
			if _, isOurs := r.clauses[function]; isOurs && operand.Value.Compare(name) == 0 {
				maps.Copy(fields, r.fieldsOf(parameter{function, position}))
				continue
			}
			visitor.Walk(operand)
		}
		return true
	}
	visitor = ast.NewGenericVisitor(func(x any) bool {
		switch x := x.(type) {
		case *ast.Expr:
			if terms, ok := x.Terms.([]*ast.Term); ok {
				for _, with := range x.With {
					visitor.Walk(with)
				}
				return call(terms)
			}
		case ast.Call:
			return call(x)
		case ast.Ref:
			if x[0].Value.Compare(name) != 0 {
				return false
			}
			field, ok := ast.String(""), false
			if len(x) > 1 {
				field, ok = x[1].Value.(ast.String)
			}
			if !ok {
				everyField(fields)
				return true
			}
			fields[string(field)] = true
			for _, term := range x[2:] {
				visitor.Walk(term)
			}
			return true
		case ast.Var:
			if x == name {
				everyField(fields)
			}
		}
		return false
	})
	visitor.Walk(one.rule.Body)
	if one.rule.Head.Value != nil {
		visitor.Walk(one.rule.Head.Value)
	}
}
