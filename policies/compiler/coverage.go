// Coverage: which lines the Rego tests touch, told by OPA's own interpreter, which answers each test a second time.
// The module cannot tell lines; that both engines pass every test is a check of each by the other.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
)

type coverageReport struct {
	Passed int           `json:"passed"`
	Failed []string      `json:"failed"`
	Files  []coveredFile `json:"files"`
}

type lineCount struct {
	Covered    int `json:"covered"`
	NotCovered int `json:"notCovered"`
}

type coveredFile struct {
	Path       string     `json:"path"`
	Lines      lineCount  `json:"lines"`
	NotCovered []rowRange `json:"notCovered"`
}

type rowRange struct {
	From int `json:"from"`
	To   int `json:"to"`
}

func (b *bundleSources) coverage(ctx context.Context, data json.RawMessage) (*coverageReport, error) {
	limited, err := limitedCapabilities()
	if err != nil {
		return nil, err
	}
	// The test runner rewrites test cases to calls of it; policies never see it.
	own := *limited
	own.Builtins = append(slices.Clone(limited.Builtins), ast.InternalTestCase)
	capabilities := &own
	base := map[string]any{}
	if len(data) > 0 {
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber()
		if err := decoder.Decode(&base); err != nil {
			return nil, err
		}
	}
	store := inmem.NewFromObject(base)
	transaction, err := store.NewTransaction(ctx)
	if err != nil {
		return nil, err
	}
	defer store.Abort(ctx, transaction)
	touched := cover.New()
	results, err := tester.NewRunner().
		SetCompiler(ast.NewCompiler().WithCapabilities(capabilities).WithStrict(true)).
		SetStore(store).
		SetModules(modulesOf(b.compiled(), b.tests)).
		SetCoverageQueryTracer(touched).
		RaiseBuiltinErrors(true).
		RunTests(ctx, transaction)
	if err != nil {
		return nil, err
	}
	report := &coverageReport{Failed: []string{}}
	for result := range results {
		if result.Pass() {
			report.Passed++
			continue
		}
		report.Failed = append(report.Failed, strings.TrimPrefix(result.Package, "data.")+"."+result.Name)
	}
	slices.Sort(report.Failed)
	covered := touched.Report(modulesOf(b.compiled()))
	if len(covered.Files) == 0 {
		return nil, errors.New("OPA reported no files")
	}
	// The generated verdict is nobody's to test line by line.
	for _, s := range b.sources {
		file := covered.Files[s.name]
		if file == nil {
			continue
		}
		read := coveredFile{Path: s.name, Lines: lineCount{file.CoveredLines, file.NotCoveredLines}, NotCovered: []rowRange{}}
		for _, gap := range file.NotCovered {
			read.NotCovered = append(read.NotCovered, rowRange{gap.Start.Row, gap.End.Row})
		}
		read.NotCovered = slices.Compact(read.NotCovered)
		report.Files = append(report.Files, read)
	}
	return report, nil
}
