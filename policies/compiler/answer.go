// One request, one answer, both JSON: what is asked of the compiler and what it says.
// An answer with problems has nothing else: what does not check is not compiled. Called by main.go and exports.go.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
)

type requestMessage struct {
	// check, build, tests or coverage.
	Command string `json:"command"`
	// Of the bundle, in its manifest.
	Name string `json:"name"`
	// Prefix of the module's path in the manifest, and of the generated verdict's name.
	Out     string       `json:"out"`
	Sources []sourceText `json:"sources"`
	// What tests see as `data`; for coverage alone.
	Data json.RawMessage `json:"data,omitempty"`
}

type sourceText struct {
	Path string `json:"path"`
	Text string `json:"text"`
}

type answerMessage struct {
	Problems problems `json:"problems"`
	Rules    []rule   `json:"rules,omitempty"`
	// Of check; a manifest has its own.
	Constraints []constraint    `json:"constraints,omitempty"`
	Bundle      *builtBundle    `json:"bundle,omitempty"`
	Tests       *testModule     `json:"tests,omitempty"`
	Coverage    *coverageReport `json:"coverage,omitempty"`
}

func answerBytes(request []byte) []byte {
	var asked requestMessage
	decoder := json.NewDecoder(bytes.NewReader(request))
	decoder.DisallowUnknownFields()
	var answered answerMessage
	err := decoder.Decode(&asked)
	if err == nil {
		answered, err = answerTo(context.Background(), asked)
	}
	if err != nil {
		answered = answerMessage{Problems: problemsOf(err)}
	}
	if answered.Problems == nil {
		answered.Problems = problems{}
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answered); err != nil {
		panic(err)
	}
	return text.Bytes()
}

func answerTo(ctx context.Context, asked requestMessage) (answerMessage, error) {
	b, err := checkedBundle(asked)
	if err != nil {
		return answerMessage{}, err
	}
	answered := answerMessage{Rules: b.rules, Constraints: b.constraints}
	switch asked.Command {
	case "check":
	case "build":
		answered.Bundle, err = b.build(ctx)
	case "tests":
		answered.Tests, err = b.buildTests(ctx)
	case "coverage":
		answered.Coverage, err = b.coverage(ctx, asked.Data)
	default:
		err = fmt.Errorf("unknown command %q", asked.Command)
	}
	return answered, err
}
