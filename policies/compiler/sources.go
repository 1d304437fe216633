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
	given   []sourceText
	sources []source
	tests   []source
	rules   []rule
	// Sums, weights and separations for the integer program.
	constraints []constraint
	verdict     source
}

// Of the last request, as the compiler stays loaded: an edit changes one file of many, and a build follows on its tests. Modules
// are copied before OPA, which rewrites them, gets to see them.
var (
	lastParsed  map[string]source
	lastChecked *bundleSources
)

// checkedBundle reads and checks the sources, unless they are those of the last request.
func checkedBundle(asked requestMessage) (*bundleSources, error) {
	if lastChecked.isOf(asked) {
		return lastChecked, nil
	}
	lastChecked = nil
	b, err := readBundle(asked)
	if err != nil {
		return nil, err
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	lastChecked = b
	return b, nil
}

func (b *bundleSources) isOf(asked requestMessage) bool {
	return b != nil && b.name == asked.Name && b.out == asked.Out && slices.Equal(b.given, asked.Sources)
}

func readBundle(asked requestMessage) (*bundleSources, error) {
	b := &bundleSources{name: asked.Name, out: asked.Out, given: asked.Sources}
	known := lastParsed
	lastParsed = map[string]source{}
	var found problems
	for _, given := range asked.Sources {
		read, isKnown := known[given.Path]
		if !isKnown || string(read.text) != given.Text {
			var err error
			if read, err = parseSource(given.Path, []byte(given.Text)); err != nil {
				found = append(found, problemsOf(err)...)
				continue
			}
		}
		lastParsed[given.Path] = read
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
	b.verdict, err = verdictSource(b.out+generatedSuffix, verdictText(rules, constraints))
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
