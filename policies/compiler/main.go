//go:build !wasip1

// Compiles Rego policies to one WebAssembly module through OPA's public packages: one request in, one answer out.
// The same sources give the same bytes: the file names inside a module are those of the request. Nothing at run time
// needs this native form; build.sh uses it to hold the WebAssembly form of the same program to the same bytes.
package main

import (
	"fmt"
	"io"
	"os"
)

const usage = `usage:
  compiler < request.json > answer.json     as answer.go describes the two
  compiler capabilities OPA_MODULE_DIRECTORY   print the builtins that OPA compiles to WebAssembly itself
`

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 2 && args[0] == "capabilities" {
		return printCapabilities(os.Stdout, args[1])
	}
	if len(args) > 0 {
		return fmt.Errorf("%s", usage)
	}
	request, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(answerBytes(request))
	return err
}
