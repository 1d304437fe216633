// Fields: a misspelt field of a row or of the organisation is an error, not an undefined value that denies for ever.
// OPA types `input` by a schema but the arguments of functions not at all. So a copy of the policies, as the strict compilation has
// it once every variable is known to be safe, is typed in which each argument that is always given a row reads `input.row`, and
// data.organisation reads `input.organisation`. Called by check.go.
package main

import (
	_ "embed"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
)

//go:embed input.schema.json
var inputSchema []byte

// rowFields: what custom.field may name, sorted.
var rowFields = sync.OnceValue(func() []string {
	var schema struct {
		Properties struct {
			Row struct {
				Properties map[string]any `json:"properties"`
			} `json:"row"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(inputSchema, &schema); err != nil {
		panic(err)
	}
	return slices.Sorted(maps.Keys(schema.Properties.Row.Properties))
})

var organisationMaps = []string{`"departments"`, `"classes"`, `"agents"`}

// parameter is one argument of a function, the function by its full path.
type parameter struct {
	function string
	position int
}

type call struct {
	from     string
	function string
	operands []*ast.Term
	caller   *ast.Rule
}

// What is left to do with a copy of modules whose references are resolved and whose bodies are in safe order. The whole compilation
// a second time took a tenth of a build.
var typingStages = []ast.StageID{
	ast.StageInitLocalVarGen, ast.StageSetModuleTree, ast.StageSetRuleTree, ast.StageSetGraph,
	ast.StageRewriteEquals, ast.StageRewriteDynamicTerms, ast.StageCheckTypes,
}

// checkFields types modules by the schema, which it rewrites; names: what variables of theirs are called in the sources.
func checkFields(modules map[string]*ast.Module, names map[ast.Var]ast.Var) (problems, error) {
	rows := rowParameters(modules)
	for _, module := range modules {
		readsInput(module, rows)
	}
	var schema any
	if err := json.Unmarshal(inputSchema, &schema); err != nil {
		return nil, err
	}
	schemas := ast.NewSchemaSet()
	schemas.Put(ast.SchemaRootRef, schema)
	capabilities, err := limitedCapabilities()
	if err != nil {
		return nil, err
	}
	others := slices.DeleteFunc(ast.AllStages(), func(stage ast.StageID) bool { return slices.Contains(typingStages, stage) })
	compiler := ast.NewCompiler().WithCapabilities(capabilities).WithSchemas(schemas).SetErrorLimit(0).WithSkipStages(others...)
	compiler.RewrittenVars = maps.Clone(names)
	compiler.Compile(modules)
	var found problems
	for _, one := range problemsOf(compiler.Errors) {
		one.Message = strings.NewReplacer("input.row", "row", "input.organisation", "data.organisation").Replace(one.Message)
		found = append(found, one)
	}
	return found, nil
}

// readsInput rewrites in place what a module reads of rows, of the organisation and of the batch.
func readsInput(module *ast.Module, rows map[parameter]bool) {
	for _, r := range module.Rules {
		for at := r; at != nil; at = at.Else {
			readsRows(at, functionPath(module, r), rows)
		}
	}
	ast.WalkTerms(module, func(t *ast.Term) bool {
		ref, ok := t.Value.(ast.Ref)
		switch {
		case !ok || len(ref) < 2:
		case ref[0].Equal(ast.DefaultRootDocument) && ref[1].Value.Compare(ast.String("organisation")) == 0:
			t.Value = inputRef(t, "organisation", anyEntry(ref[2:]))
		case ref[0].Equal(ast.InputRootDocument) && !isPolicy(module):
			// The library alone reads the columns of the batch, which have no types here.
			t.Value = inputRef(t, "batch", ref[1:])
			return true
		}
		return false
	})
}

// rowParameters: the one argument of each reason code, and whatever else is given such an argument by every caller.
func rowParameters(modules map[string]*ast.Module) map[parameter]bool {
	rows := map[parameter]bool{}
	var calls []call
	for _, module := range modules {
		for _, r := range module.Rules {
			if isPolicy(module) && codePattern.MatchString(string(r.Head.Name)) {
				rows[parameter{functionPath(module, r), 0}] = true
			}
			calls = append(calls, callsOf(module, r)...)
		}
	}
	for grown := true; grown; {
		grown = false
		given := map[parameter]bool{}
		for _, c := range calls {
			for i, operand := range c.operands {
				to := parameter{c.function, i}
				name, isVar := operand.Value.(ast.Var)
				isRow := isVar && slices.ContainsFunc(c.rowNames(rows), func(row ast.Var) bool { return row == name })
				earlier, seen := given[to]
				given[to] = isRow && (earlier || !seen)
			}
		}
		for to, isRow := range given {
			if isRow && !rows[to] {
				rows[to], grown = true, true
			}
		}
	}
	return rows
}

func (c call) rowNames(rows map[parameter]bool) []ast.Var {
	var names []ast.Var
	for i, argument := range c.caller.Head.Args {
		if name, ok := argument.Value.(ast.Var); ok && rows[parameter{c.from, i}] {
			names = append(names, name)
		}
	}
	return names
}

func callsOf(module *ast.Module, r *ast.Rule) []call {
	var calls []call
	for at := r; at != nil; at = at.Else {
		add := func(terms []*ast.Term) {
			// References are resolved: a function is called by its whole path.
			calls = append(calls, call{from: functionPath(module, r), function: terms[0].String(), operands: terms[1:], caller: at})
		}
		own := *at
		own.Else = nil
		ast.WalkExprs(&own, func(e *ast.Expr) bool {
			if terms, ok := e.Terms.([]*ast.Term); ok {
				add(terms)
			}
			return false
		})
		ast.WalkTerms(&own, func(t *ast.Term) bool {
			if terms, ok := t.Value.(ast.Call); ok {
				add(terms)
			}
			return false
		})
	}
	return calls
}

// readsRows rewrites one branch of a function in place. OPA has given every variable a name of its own.
func readsRows(branch *ast.Rule, function string, rows map[parameter]bool) {
	for i, argument := range branch.Head.Args {
		name, ok := argument.Value.(ast.Var)
		if !ok || !rows[parameter{function, i}] {
			continue
		}
		replace := func(t *ast.Term) bool {
			switch value := t.Value.(type) {
			case ast.Var:
				if value == name {
					t.Value = inputRef(t, "row", nil)
				}
			case ast.Ref:
				if value[0].Value.Compare(name) == 0 {
					t.Value = inputRef(t, "row", value[1:])
				}
			}
			return false
		}
		ast.WalkTerms(branch.Body, replace)
		if branch.Head.Value != nil {
			ast.WalkTerms(branch.Head.Value, replace)
		}
	}
}

func inputRef(at *ast.Term, first string, rest []*ast.Term) ast.Ref {
	head := &ast.Term{Value: ast.InputRootDocument.Value, Location: at.Location}
	return append(ast.Ref{head, {Value: ast.String(first), Location: at.Location}}, rest...)
}

// anyEntry: OPA types no open map, so the schema gives each map of the organisation one entry, "*"; a constant key is that
// one, and every other key is a text, which is any of them.
func anyEntry(rest []*ast.Term) []*ast.Term {
	if len(rest) < 2 || !slices.Contains(organisationMaps, rest[0].Value.String()) {
		return rest
	}
	if _, isConstant := rest[1].Value.(ast.String); !isConstant {
		return rest
	}
	entry := &ast.Term{Value: ast.String("*"), Location: rest[1].Location}
	return append([]*ast.Term{rest[0], entry}, rest[2:]...)
}

func functionPath(module *ast.Module, r *ast.Rule) string {
	return module.Package.Path.String() + "." + r.Head.Ref().String()
}
