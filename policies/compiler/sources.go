// Sources: which files make a bundle, in which order, under which names.
// Sources are sorted by name, so that neither a folder's order nor the caller's shows in the module.
package main

import (
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

const generatedSuffix = ".verdict.rego"

type source struct {
	name   string // as given, with forward slashes: it is embedded in the module
	text   []byte
	module *ast.Module
}

type bundleSources struct {
	name    string
	out     string
	sources []source
	tests   []source
	rules   []rule
	// Sums, weights and separations for the integer program.
	constraints []constraint
	verdict     source
}

func readBundle(asked requestMessage) (*bundleSources, error) {
	b := &bundleSources{name: asked.Name, out: asked.Out}
	var found problems
	for _, given := range asked.Sources {
		read, err := parseSource(given.Path, []byte(given.Text))
		if err != nil {
			found = append(found, problemsOf(err)...)
			continue
		}
		if read.module == nil {
			found = append(found, problem{Path: given.Path, Line: 1, Column: 1, Code: ast.ParseErr, Message: "the file is empty",
				Remedy: "Begin with METADATA and `package annona.policies.NAME`, or remove the file."})
			continue
		}
		if strings.HasSuffix(given.Path, "_test.rego") {
			b.tests = append(b.tests, read)
		} else {
			b.sources = append(b.sources, read)
		}
	}
	if err := found.orNil(); err != nil {
		return nil, err
	}
	byName := func(a, b source) int { return strings.Compare(a.name, b.name) }
	slices.SortFunc(b.sources, byName)
	slices.SortFunc(b.tests, byName)
	return b, b.generate()
}

func (b *bundleSources) generate() error {
	rules, constraints, err := collectRules(b.sources)
	if err != nil {
		return err
	}
	b.rules, b.constraints = rules, constraints
	text, err := verdictText(rules, constraints)
	if err != nil {
		return err
	}
	b.verdict, err = parseSource(b.out+generatedSuffix, text)
	return err
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

func modulesOf(lists ...[]source) map[string]*ast.Module {
	modules := map[string]*ast.Module{}
	for _, list := range lists {
		for _, s := range list {
			modules[s.name] = s.module.Copy()
		}
	}
	return modules
}
