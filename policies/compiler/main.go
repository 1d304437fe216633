// Compiles Rego policies to one WebAssembly module, natively, through OPA's public packages.
// The same sources always give the same bytes: file names inside the module are the relative paths given here.
// Called by build.sh; nothing at run time needs Go.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
)

const usage = `usage:
  compiler build -name NAME -out PREFIX DIRECTORY...   test, then write PREFIX.wasm, .manifest.json and .verdict.rego
  compiler test  -name NAME -out PREFIX DIRECTORY...   run the *_test.rego files with coverage, write nothing
  compiler capabilities OPA_MODULE_DIRECTORY           print the builtins that OPA compiles to WebAssembly itself
Directories hold .rego sources; in tests, .json files beside them are loaded as data by their file name.
`

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("%s", usage)
	}
	command, rest := args[0], args[1:]
	if command == "capabilities" {
		if len(rest) != 1 {
			return fmt.Errorf("%s", usage)
		}
		return printCapabilities(os.Stdout, rest[0])
	}
	flags := flag.NewFlagSet(command, flag.ContinueOnError)
	name := flags.String("name", "", "name of the bundle")
	out := flags.String("out", "", "prefix of the files to write")
	vectors := flags.String("vectors", "", "JSON file that tests see as data.vectors")
	floor := flags.Float64("coverage", 0, "least coverage of the policies by their Rego tests, in percent")
	if err := flags.Parse(rest); err != nil {
		return err
	}
	if *name == "" || *out == "" || flags.NArg() == 0 {
		return fmt.Errorf("%s", usage)
	}
	bundle, err := readBundle(*name, *out, flags.Args())
	if err != nil {
		return err
	}
	if err := bundle.check(); err != nil {
		return err
	}
	if err := bundle.unitTest(ctx, testOptions{vectors: *vectors, coverageFloor: *floor}); err != nil {
		return err
	}
	switch command {
	case "test":
		return nil
	case "build":
		return bundle.build(ctx)
	}
	return fmt.Errorf("unknown command %q\n%s", strings.TrimSpace(command), usage)
}
