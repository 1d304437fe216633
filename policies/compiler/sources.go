// Sources: which files make a bundle, in which order, under which names.
// A source is every .rego file below the given directories but tests and generated verdicts, sorted by name.
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

const generatedSuffix = ".verdict.rego"

type source struct {
	name   string // path as given, with forward slashes: it is embedded in the module
	text   []byte
	module *ast.Module
}

type bundleSources struct {
	name    string
	out     string
	sources []source
	tests   []source
	rules   []rule
	verdict source
}

func readBundle(name, out string, directories []string) (*bundleSources, error) {
	bundle := &bundleSources{name: name, out: out}
	for _, directory := range directories {
		err := filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".rego") {
				return err
			}
			if strings.HasSuffix(path, generatedSuffix) {
				return nil
			}
			read, err := readSource(path)
			if err != nil {
				return err
			}
			if strings.HasSuffix(path, "_test.rego") {
				bundle.tests = append(bundle.tests, read)
			} else {
				bundle.sources = append(bundle.sources, read)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	byName := func(a, b source) int { return strings.Compare(a.name, b.name) }
	slices.SortFunc(bundle.sources, byName)
	slices.SortFunc(bundle.tests, byName)
	if err := bundle.generate(); err != nil {
		return nil, err
	}
	return bundle, nil
}

func (b *bundleSources) generate() error {
	rules, err := collectRules(b.sources)
	if err != nil {
		return err
	}
	b.rules = rules
	text, err := verdictText(rules)
	if err != nil {
		return err
	}
	b.verdict, err = parseSource(filepath.ToSlash(b.out)+generatedSuffix, text)
	return err
}

func readSource(path string) (source, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return source{}, err
	}
	return parseSource(filepath.ToSlash(path), text)
}

func parseSource(name string, text []byte) (source, error) {
	capabilities, err := limitedCapabilities()
	if err != nil {
		return source{}, err
	}
	module, err := ast.ParseModuleWithOpts(name, string(text), ast.ParserOptions{
		Capabilities:      capabilities,
		ProcessAnnotation: true,
		RegoVersion:       ast.RegoV1,
	})
	if err != nil {
		return source{}, err
	}
	return source{name: name, text: text, module: module}, nil
}

// compiled are the sources that end up in the module: what people wrote and the generated verdict.
func (b *bundleSources) compiled() []source {
	return append(slices.Clone(b.sources), b.verdict)
}

// check compiles in strict mode and refuses two constructs that strict mode lets through.
func (b *bundleSources) check() error {
	capabilities, err := limitedCapabilities()
	if err != nil {
		return err
	}
	modules := map[string]*ast.Module{}
	for _, s := range b.compiled() {
		modules[s.name] = s.module.Copy()
		if err := refuseTraps(s.module); err != nil {
			return err
		}
	}
	compiler := ast.NewCompiler().WithStrict(true).WithCapabilities(capabilities)
	compiler.Compile(modules)
	if compiler.Failed() {
		return compiler.Errors
	}
	return nil
}

// refuseTraps: `with` would let a rule judge something that the host never sent. A negated call whose argument is itself
// a call, a reference or a collection fails open: OPA evaluates the argument outside the negation, so where it is
// undefined the negated expression does not hold, as if the call had succeeded.
func refuseTraps(module *ast.Module) error {
	var found error
	ast.WalkExprs(module, func(e *ast.Expr) bool {
		if len(e.With) > 0 {
			found = fmt.Errorf("%v: `with` is for tests only", e.Location)
		}
		terms, isCall := e.Terms.([]*ast.Term)
		if !e.Negated || !isCall {
			return false
		}
		for _, argument := range terms[1:] {
			if _, isVar := argument.Value.(ast.Var); !isVar && !ast.IsScalar(argument.Value) {
				found = fmt.Errorf("%v: the arguments of a negated call must be variables or constants, %v is neither; "+
					"name the condition in a rule and negate that", e.Location, argument)
			}
		}
		return false
	})
	return found
}
