#!/bin/sh
# Rebuilds the committed policy modules from their Rego sources: tests first, and nothing is written unless all pass.
# Needs Node alone. test/policies/artefact.test.ts finds a module that is not of its sources.
set -eu
cd "$(dirname "$0")/../.."
policy() { node api/cli/annona.js policy "$@"; }

policy build policies/rego --vectors test/policies/vectors.json --coverage 98 -o policies/rego/default
policy build policies/rego/library test/policies/hostile -o test/policies/hostile/hostile

# JSON.stringify's form is not the repository's: one style for what a reviewer reads.
node_modules/.bin/biome format --write policies/rego/default.manifest.json test/policies/hostile/hostile.manifest.json
