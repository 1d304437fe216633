// Conformance: OPA's own cases, of the pinned module, each compiled to WebAssembly by its query, for Node to run and compare.
// Run by test/policies/conformance.long.ts, which says where to write; without that it does nothing.
package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/test/cases"
)

type conformanceCase struct {
	Note         string            `json:"note"`
	Wasm         string            `json:"wasm,omitempty"`
	CompileError string            `json:"compileError,omitempty"`
	Data         *map[string]any   `json:"data,omitempty"`
	Input        *any              `json:"input,omitempty"`
	InputTerm    *string           `json:"inputTerm,omitempty"`
	WantDefined  *bool             `json:"wantDefined,omitempty"`
	WantResult   *[]map[string]any `json:"wantResult,omitempty"`
	WantsError   bool              `json:"wantsError,omitempty"`
	SortBindings bool              `json:"sortBindings,omitempty"`
	StrictError  bool              `json:"strictError,omitempty"`
}

func TestConformanceCases(t *testing.T) {
	folder, out := os.Getenv("ANNONA_CONFORMANCE_CASES"), os.Getenv("ANNONA_CONFORMANCE_OUT")
	if folder == "" || out == "" {
		t.Skip("run by test/policies/conformance.long.ts")
	}
	set, err := cases.Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(out)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewWriter(file)
	defer lines.Flush()
	encoder := json.NewEncoder(lines)
	for _, one := range set.Sorted().Cases {
		written := conformanceCase{
			Note: one.Note, Data: one.Data, Input: one.Input, InputTerm: one.InputTerm,
			WantDefined: one.WantDefined, WantResult: one.WantResult,
			WantsError:   one.WantError != nil || one.WantErrorCode != nil,
			SortBindings: one.SortBindings, StrictError: one.StrictError,
		}
		options := []func(*rego.Rego){rego.Query(one.Query), rego.SetRegoVersion(ast.RegoV1)}
		for i, text := range one.Modules {
			options = append(options, rego.Module(fmt.Sprintf("test-%d.rego", i), text))
		}
		compiled, err := compileCase(options)
		if err != nil {
			written.CompileError = err.Error()
		} else {
			written.Wasm = base64.StdEncoding.EncodeToString(compiled)
		}
		if err := encoder.Encode(written); err != nil {
			t.Fatalf("%s: %v", one.Note, err)
		}
	}
}

// The planner panics on some queries that no WebAssembly can be made of.
func compileCase(options []func(*rego.Rego)) (wasm []byte, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("the planner panicked: %v", panicked)
		}
	}()
	result, err := rego.New(options...).Compile(context.Background())
	if err != nil {
		return nil, err
	}
	return result.Bytes, nil
}
