#!/usr/bin/env bash
# Runs Schemathesis, which reads /openapi.json and tries to prove it wrong, against a server of its own: embedded PostgreSQL, the
# sample organisation, a fresh directory. Needs Python 3.10 and the package index; nothing of it is part of `npm test`.
# Usage: deploy/schemathesis.sh [seconds, 180 by default]; PORT and AGENT change where and as whom.
# Invariant: what it started it stops, by process id, and what it wrote lies in one directory under TMPDIR that it takes away.
set -euo pipefail

seconds="${1:-180}"
port="${PORT:-7480}"
agent="${AGENT:-analyst-01}"
root="$(cd "$(dirname "$0")/.." && pwd)"
place="$(mktemp -d)"
server=''
stop() {
  if [ -n "$server" ]; then
    kill -INT "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$place"
}
trap stop EXIT

python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet schemathesis==4.32.5

export PATH="$root/node_modules/.bin:$PATH"
cd "$root"
node api/cli/annona.js start --directory "$place/data" --port "$port" --sample-seconds 0 >"$place/server.log" 2>&1 &
server=$!
url=''
for _ in $(seq 120); do
  # The port is the first free one from there on.
  url="$(grep -oE 'http://127\.0\.0\.1:[0-9]+' "$place/server.log" | head -1 || true)"
  if [ -n "$url" ] && curl -fsS "$url/readyz" >/dev/null 2>&1; then break; fi
  kill -0 "$server" 2>/dev/null || { cat "$place/server.log" >&2; exit 1; }
  sleep 1
done
token="$(node api/cli/annona.js token --agent "$agent" --directory "$place/data")"

# Left out: the event stream, which never ends; and two opinions that the API does not share: that an unknown method is 405 (it is
# 404 ROUTE_NOT_FOUND), and that what fits the schema is accepted (which pools exist is no matter of the schema).
# It writes a folder of its own where it runs.
cd "$place"
venv/bin/schemathesis run "$url/openapi.json" --url "$url" \
  --header "Authorization: Bearer $token" \
  --exclude-operation-id followEvents \
  --exclude-checks unsupported_method,positive_data_acceptance \
  --max-time "$seconds" --workers 1 --request-timeout 20 --continue-on-failure
