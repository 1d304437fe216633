// Unit tests of the policies in OPA's own interpreter, before anything is written.
// The vectors that vitest runs through the module are run here too, so both engines answer the same cases.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
)

type testOptions struct {
	vectors       string
	coverageFloor float64
}

func (b *bundleSources) unitTest(ctx context.Context, options testOptions) error {
	capabilities, err := limitedCapabilities()
	if err != nil {
		return err
	}
	// The test runner rewrites test cases to calls of it; policies never see it.
	capabilities.Builtins = append(capabilities.Builtins, ast.InternalTestCase)
	modules := map[string]*ast.Module{}
	measured := map[string]*ast.Module{}
	for _, s := range b.compiled() {
		modules[s.name] = s.module.Copy()
		measured[s.name] = modules[s.name]
	}
	for _, s := range b.tests {
		modules[s.name] = s.module.Copy()
	}
	store, err := testData(options.vectors)
	if err != nil {
		return err
	}
	transaction, err := store.NewTransaction(ctx)
	if err != nil {
		return err
	}
	defer store.Abort(ctx, transaction)

	coverage := cover.New()
	results, err := tester.NewRunner().
		SetCompiler(ast.NewCompiler().WithCapabilities(capabilities).WithStrict(true)).
		SetStore(store).
		SetModules(modules).
		SetCoverageQueryTracer(coverage).
		RaiseBuiltinErrors(true).
		CapturePrintOutput(true).
		RunTests(ctx, transaction)
	if err != nil {
		return err
	}
	passed, failed := 0, 0
	for result := range results {
		if result.Pass() {
			passed++
			continue
		}
		failed++
		fmt.Fprintf(os.Stderr, "%s\n%s\n", result, result.Output)
	}
	covered := coverage.Report(measured)
	fmt.Printf("%s: %d Rego tests passed, %d failed, coverage %.1f %%\n", b.name, passed, failed, covered.Coverage)
	if failed > 0 {
		return fmt.Errorf("%s: Rego tests failed", b.name)
	}
	if covered.Coverage < options.coverageFloor {
		for name, file := range covered.Files {
			for _, gap := range file.NotCovered {
				fmt.Fprintf(os.Stderr, "not covered: %s:%d-%d\n", name, gap.Start.Row, gap.End.Row)
			}
		}
		return fmt.Errorf("%s: coverage is below %.1f %%", b.name, options.coverageFloor)
	}
	return nil
}

func testData(vectorsPath string) (storage.Store, error) {
	if vectorsPath == "" {
		return inmem.New(), nil
	}
	text, err := os.ReadFile(vectorsPath)
	if err != nil {
		return nil, err
	}
	var vectors any
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	if err := decoder.Decode(&vectors); err != nil {
		return nil, err
	}
	return inmem.NewFromObject(map[string]any{"vectors": vectors}), nil
}
