// Check: strict compilation, and what strict mode lets through but would judge wrongly or not at all.
// Everything that is wrong is reported at once.
package main

import (
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
)

// What only evaluates, and refuses nothing.
var interpreterStages = []ast.StageID{
	ast.StageBuildRuleIndices, ast.StageBuildComprehensionIndices, ast.StageBuildRequiredCapabilities,
}

func (b *bundleSources) check() error {
	capabilities, err := limitedCapabilities()
	if err != nil {
		return err
	}
	var found problems
	for _, s := range b.compiled() {
		found = append(found, refuseTraps(s.module)...)
	}
	safe := map[string]*ast.Module{}
	keepSafe := func(c *ast.Compiler) *ast.Error {
		for _, s := range b.sources {
			safe[s.name] = c.Modules[s.name].Copy()
		}
		return nil
	}
	compiler := ast.NewCompiler().WithStrict(true).WithCapabilities(capabilities).SetErrorLimit(0).
		WithStageAfterID(ast.StageCheckSafetyRuleBodies, ast.CompilerStageDefinition{Name: "KeepSafe", MetricName: "keep_safe", Stage: keepSafe}).
		WithSkipStages(interpreterStages...)
	compiler.Compile(modulesOf(b.compiled(), b.tests))
	if compiler.Failed() {
		found = append(found, problemsOf(compiler.Errors)...)
	} else {
		typed, err := checkFields(safe, compiler.RewrittenVars)
		if err != nil {
			return err
		}
		found = append(found, typed...)
	}
	return found.orNil()
}

// refuseTraps: `with` would let a rule judge something that the host never sent, and a rule that reads `input` reads the
// columns of a whole batch. A negated call whose argument is itself a call, a reference or a collection fails open: OPA
// evaluates the argument outside the negation, so where it is undefined the negated expression does not hold, as if the
// call had succeeded.
func refuseTraps(module *ast.Module) problems {
	var found problems
	ast.WalkExprs(module, func(e *ast.Expr) bool {
		if len(e.With) > 0 {
			found = append(found, problemAt(e.Location, "annona_with", "`with` is for tests only",
				"Pass the value to a function, or move the expression to a _test.rego file."))
		}
		terms, isCall := e.Terms.([]*ast.Term)
		if !e.Negated || !isCall {
			return false
		}
		for _, argument := range terms[1:] {
			if _, isVar := argument.Value.(ast.Var); !isVar && !ast.IsScalar(argument.Value) {
				found = append(found, problemAt(e.Location, "annona_negated_call",
					fmt.Sprintf("the arguments of a negated call must be variables or constants, %v is neither", argument),
					"Name the condition in a rule and negate that."))
			}
		}
		return false
	})
	if !isPolicy(module) {
		return found
	}
	ast.WalkRefs(module, func(ref ast.Ref) bool {
		if ref[0].Equal(ast.InputRootDocument) {
			found = append(found, problemAt(ref[0].Location, "annona_input", fmt.Sprintf("%v is of the whole batch, not of one request", ref),
				"Read the row that the rule is given: row.purpose, not input.purpose."))
		}
		return false
	})
	return found
}
