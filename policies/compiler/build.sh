#!/bin/sh
# Rebuilds the compiler of policies as WebAssembly: compiler.wasm.br, compiler.json (digests of it and of what it came from)
# and LICENSES.txt. Needs Go, and once the pinned modules from the module proxy. Nothing else does: policies compile in Node.
# `build.sh capabilities` first rewrites capabilities.json, after a change of the OPA version in go.mod.
# `build.sh compare DIR` writes into DIR, for the test that compares bytes, and the native compiler beside it.
set -eu
cd "$(dirname "$0")"
root="$(cd ../.. && pwd)"
out=.
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

if [ "${1:-}" = capabilities ]; then
  opa="$(go list -m -f '{{.Dir}}' github.com/open-policy-agent/opa)"
  go run . capabilities "$opa" >"$work/capabilities.json"
  cp "$work/capabilities.json" capabilities.json
  # The digest in a manifest is of the file as committed, so it is formatted before it is embedded.
  "$root/node_modules/.bin/biome" format --write capabilities.json
elif [ "${1:-}" = compare ]; then
  out="$2"
  go build -buildvcs=false -trimpath -o "$out/compiler" .
else
  go test .
fi

# OPA without what no policy may reach (HTTP, keys and signatures, GraphQL, protobuf) is 40 % smaller; _lean/ says what
# stands in for it. Nor does it write what nobody reads: the plan as text, and every source formatted anew. The native form keeps
# OPA whole, and gives the same bytes.
cp ./*.go go.mod go.sum capabilities.json input.schema.json "$work"
(
  cd "$work"
  rm -f ./*_test.go
  go mod vendor
  lean=vendor/github.com/open-policy-agent/opa
  rm -rf "$lean"/v1/topdown/graphql.go "$lean"/v1/topdown/tokens.go "$lean"/v1/topdown/http*.go \
    "$lean"/v1/topdown/providers.go "$lean"/v1/topdown/crypto.go "$lean"/v1/topdown/net.go \
    "$lean"/v1/util/read_gzip_body.go "$lean"/v1/bundle/keys.go "$lean"/v1/bundle/sign.go "$lean"/v1/bundle/verify.go \
    "$lean"/v1/bundle/proto.go "$lean"/v1/bundle/v1pb "$lean"/v1/ir/proto.go "$lean"/v1/ir/v1pb
)
cp -R _lean/github.com "$work/vendor/"
(
  cd "$work"
  (cd vendor/github.com/open-policy-agent/opa && git apply "$root/policies/compiler/_lean/opa.patch")
  # No VCS stamp, no paths, no symbols: the bytes must depend on the sources and on Go's version alone.
  GOOS=wasip1 GOARCH=wasm go build -mod=vendor -buildvcs=false -trimpath -buildmode=c-shared -ldflags='-s -w -buildid=' \
    -o compiler.wasm .
  {
    echo "Licences of what compiler.wasm.br is built from: Go's own library and the modules of go.mod that are linked in."
    printf '\n== Go %s\n\n' "$(go env GOVERSION)"
    cat "$(go env GOROOT)/LICENSE"
    GOOS=wasip1 GOARCH=wasm go list -mod=vendor -deps -f '{{with .Module}}{{.Path}} {{.Version}}{{end}}' . |
      grep ' v' | sort -u | while read -r module version; do
      for file in vendor/"$module"/LICENSE* vendor/"$module"/NOTICE* vendor/"$module"/COPYING*; do
        if [ -f "$file" ]; then
          printf '\n== %s %s: %s\n\n' "$module" "$version" "${file##*/}"
          cat "$file"
        fi
      done
    done
  } >LICENSES.txt
)
cp "$work/LICENSES.txt" "$out/LICENSES.txt"
node --input-type=module - "$work/compiler.wasm" "$out" "$(go env GOVERSION)" <<'EOF'
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';
const [wasmPath, out, go] = process.argv.slice(2);
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const wasm = readFileSync(wasmPath);
const packed = brotliCompressSync(wasm, {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_LGWIN]: 24,
    [constants.BROTLI_PARAM_SIZE_HINT]: wasm.length,
  },
});
const names = readdirSync('.', { recursive: true })
  .filter((name) => /(\.go|go\.mod|go\.sum|\.patch|capabilities\.json|schema\.json)$/.test(name) && !name.endsWith('_test.go'))
  .sort();
const about = {
  go,
  wasm: { bytes: wasm.length, sha256: sha256(wasm) },
  packed: { bytes: packed.length, sha256: sha256(packed) },
  sources: names.map((path) => ({ path, sha256: sha256(readFileSync(path)) })),
};
writeFileSync(`${out}/compiler.wasm.br`, packed);
writeFileSync(`${out}/compiler.json`, `${JSON.stringify(about, null, 2)}\n`);
console.log(`${go}: ${wasm.length} bytes, packed ${packed.length}`);
EOF
"$root/node_modules/.bin/biome" format --write "$out/compiler.json" >/dev/null 2>&1 || true
