// Capabilities: the builtins that a policy may call, which are those that OPA compiles to WebAssembly itself.
// Anything the host would have to supply (time, randomness, http, crypto, sprintf) is refused at build.
package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
)

//go:embed capabilities.json
var committedCapabilities []byte

// limitedCapabilities reads the list once: it was read anew for every source, which took 40 % of a build. Nobody writes to it.
var limitedCapabilities = sync.OnceValues(func() (*ast.Capabilities, error) {
	capabilities, err := ast.LoadCapabilitiesJSON(bytes.NewReader(committedCapabilities))
	if err != nil {
		return nil, err
	}
	// An absent list means that any host may be fetched from for JSON schemas; JSON drops the empty one.
	capabilities.AllowNet = []string{}
	return capabilities, nil
})

// printCapabilities reads which builtins are native from the metadata that ships in OPA's module: OPA keeps the
// compiler's own table in an internal package.
func printCapabilities(out io.Writer, moduleDirectory string) error {
	text, err := os.ReadFile(filepath.Join(moduleDirectory, "builtin_metadata.json"))
	if err != nil {
		return err
	}
	var metadata map[string]json.RawMessage
	if err := json.Unmarshal(text, &metadata); err != nil {
		return err
	}
	all := ast.CapabilitiesForThisVersion()
	limited := &ast.Capabilities{
		WasmABIVersions: all.WasmABIVersions,
		Features:        []string{ast.FeatureRegoV1, ast.FeatureTemplateStrings},
	}
	for _, builtin := range all.Builtins {
		var entry struct {
			Wasm bool `json:"wasm"`
		}
		if raw, ok := metadata[builtin.Name]; ok {
			if err := json.Unmarshal(raw, &entry); err != nil {
				return fmt.Errorf("%s: %w", builtin.Name, err)
			}
		}
		if entry.Wasm && !builtin.Nondeterministic && !builtin.IsDeprecated() {
			limited.Builtins = append(limited.Builtins, builtin)
		}
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", " ")
	return encoder.Encode(limited)
}
