// Build: sources to module and manifest.
// The manifest names every byte that the module came from, so that a test can tell a stale module without a compiler.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/compile"
)

type hashedFile struct {
	Path   string `json:"path"`
	Sha256 string `json:"sha256"`
}

type builtBundle struct {
	Manifest manifest `json:"manifest"`
	Wasm     []byte   `json:"wasm"`
	Verdict  string   `json:"verdict"`
}

type manifest struct {
	FormatVersion int          `json:"v"`
	Name          string       `json:"name"`
	Revision      string       `json:"revision"`
	Compiler      string       `json:"compiler"`
	Entrypoints   []string     `json:"entrypoints"`
	Wasm          hashedFile   `json:"wasm"`
	Capabilities  string       `json:"capabilitiesSha256"`
	Rules         []rule       `json:"rules"`
	Constraints   []constraint `json:"constraints,omitempty"`
	Sources       []hashedFile `json:"sources"`
}

func (b *bundleSources) build(ctx context.Context) (*builtBundle, error) {
	asked := slices.Clone(entrypoints)
	if hasViews(b.rules) {
		asked = append(asked, viewsEntrypoint)
	}
	if len(b.constraints) > 0 {
		asked = append(asked, constraintsEntrypoint)
	}
	module, err := compileModule(ctx, b.compiled(), asked)
	if err != nil {
		return nil, err
	}
	version, err := opaVersion()
	if err != nil {
		return nil, err
	}
	written := manifest{
		FormatVersion: 1,
		Name:          b.name,
		Compiler:      "opa " + version,
		Entrypoints:   asked,
		Wasm:          hashedFile{Path: b.out + ".wasm", Sha256: digest(module)},
		Capabilities:  digest(committedCapabilities),
		Rules:         b.rules,
		Constraints:   b.constraints,
	}
	var lines strings.Builder
	for _, s := range b.compiled() {
		file := hashedFile{Path: s.name, Sha256: digest(s.text)}
		written.Sources = append(written.Sources, file)
		fmt.Fprintf(&lines, "%s  %s\n", file.Sha256, file.Path)
	}
	written.Revision = digest([]byte(lines.String()))
	return &builtBundle{Manifest: written, Wasm: module, Verdict: string(b.verdict.text)}, nil
}

func compileModule(ctx context.Context, sources []source, paths []string) ([]byte, error) {
	capabilities, err := limitedCapabilities()
	if err != nil {
		return nil, err
	}
	input := &bundle.Bundle{Data: map[string]any{}}
	input.SetRegoVersion(ast.RegoV1)
	input.Manifest.Init()
	for _, s := range sources {
		input.Modules = append(input.Modules, bundle.ModuleFile{URL: s.name, Path: s.name, Raw: s.text, Parsed: s.module.Copy()})
	}
	compiler := compile.New().
		WithRegoVersion(ast.RegoV1).
		WithCapabilities(capabilities).
		WithTarget(compile.TargetWasm).
		WithEntrypoints(paths...).
		WithPruneUnused(true).
		WithBundle(input)
	if err := compiler.Build(ctx); err != nil {
		return nil, err
	}
	modules := compiler.Bundle().WasmModules
	if len(modules) != 1 {
		return nil, fmt.Errorf("%d modules came out of the compiler, want one", len(modules))
	}
	return modules[0].Raw, nil
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func opaVersion() (string, error) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", fmt.Errorf("this program was built without module information")
	}
	for _, dependency := range info.Deps {
		if dependency.Path == "github.com/open-policy-agent/opa" {
			return dependency.Version, nil
		}
	}
	return "", fmt.Errorf("this program was built without OPA")
}
