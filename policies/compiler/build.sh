#!/bin/sh
# Rebuilds the policy modules from their Rego sources: needs Go, and the pinned OPA module once from the module proxy.
# Running and testing Annona needs neither: the modules are committed, and test/policies/artefact.test.ts finds a stale one.
# `build.sh capabilities` first rewrites capabilities.json, after a change of the OPA version in go.mod.
set -eu
cd "$(dirname "$0")/../.."
compiler_dir=policies/compiler
bin="$(mktemp -d)"
trap 'rm -rf "$bin"' EXIT

build_compiler() {
  # No VCS stamp and no paths: the module's bytes must depend on the sources alone.
  (cd "$compiler_dir" && go build -buildvcs=false -trimpath -o "$bin/compiler" .)
}

(cd "$compiler_dir" && go test .)
build_compiler
if [ "${1:-}" = capabilities ]; then
  opa="$(cd "$compiler_dir" && go list -m -f '{{.Dir}}' github.com/open-policy-agent/opa)"
  "$bin/compiler" capabilities "$opa" >"$bin/capabilities.json"
  cp "$bin/capabilities.json" "$compiler_dir/capabilities.json"
  # The digest in a manifest is of the file as committed, so it is formatted before it is embedded.
  node_modules/.bin/biome format --write "$compiler_dir/capabilities.json"
  build_compiler
fi

"$bin/compiler" build -name default -out policies/rego/default \
  -vectors test/policies/vectors.json -coverage 98 policies/rego
"$bin/compiler" build -name hostile -out test/policies/hostile/hostile \
  policies/rego/library test/policies/hostile

# Go's JSON is not the repository's: one style for what a reviewer reads.
node_modules/.bin/biome format --write policies/rego/default.manifest.json test/policies/hostile/hostile.manifest.json
