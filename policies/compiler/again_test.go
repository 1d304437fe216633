// What the compiler keeps from one request to the next shows in no answer.
package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func forget() {
	lastParsed, lastChecked, lastVerdict = nil, nil, parsedVerdict{}
}

func requestOf(t *testing.T, command, text string) []byte {
	t.Helper()
	asked := requestMessage{Command: command, Name: "sample", Out: "sample", Sources: []sourceText{{Path: "sample/sample.rego", Text: text}}}
	for _, name := range []string{"proof.rego", "rows.rego"} {
		read, err := os.ReadFile(filepath.Join(library, name))
		if err != nil {
			t.Fatal(err)
		}
		asked.Sources = append(asked.Sources, sourceText{Path: "library/" + name, Text: string(read)})
	}
	message, err := json.Marshal(asked)
	if err != nil {
		t.Fatal(err)
	}
	return message
}

func TestAnswersAlikeWhateverWasAskedBefore(t *testing.T) {
	first := header + `SAMPLE(row) := false if row.purpose != ""`
	var requests [][]byte
	for _, text := range []string{first, strings.Replace(first, "purpose !=", "class !=", 1), first + " # edited", header + `SAMPLE(row) := false if row.porpose`, "package"} {
		for _, command := range []string{"check", "build", "tests", "coverage"} {
			requests = append(requests, requestOf(t, command, text))
		}
	}
	var wanted [][]byte
	for _, request := range requests {
		forget()
		wanted = append(wanted, answerBytes(request))
	}
	for _, step := range []int{1, 3, 7} {
		forget()
		for i := range len(requests) * step {
			at := i * step % len(requests)
			if got := answerBytes(requests[at]); !bytes.Equal(got, wanted[at]) {
				t.Fatalf("request %d of step %d: %s, want %s", at, step, got, wanted[at])
			}
		}
	}
}

func TestPoliciesNeverGetTheBuiltinOfTheTestRunner(t *testing.T) {
	text := header + `SAMPLE(row) := false if internal.test_case([row.purpose])`
	answerBytes(requestOf(t, "coverage", header+`SAMPLE(row) := false if row.purpose != ""`))
	forget()
	if answered := answerBytes(requestOf(t, "check", text)); !strings.Contains(string(answered), "undefined function internal.test_case") {
		t.Fatalf("the answer is %s", answered)
	}
}
