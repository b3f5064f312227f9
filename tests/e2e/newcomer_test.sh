#!/usr/bin/env bash
# What a newcomer types: up, status, demo, the README's walk-through, verify, down, and up again.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
export JINQI_BUILD=$1 JINQI_HTTP=127.0.0.1:0
JINQI_VAR=$(mktemp -d "${TMPDIR:-/tmp}/jinqi.XXXXXX")
export JINQI_VAR
trap './jinqi down >/dev/null 2>&1 || true; rm -rf "$JINQI_VAR"' EXIT

fail() { printf 'newcomer_test: %s\n' "$*" >&2; exit 1; }

./jinqi up
pids() { cat "$JINQI_VAR"/run/*.json | grep -o '"pid": *[0-9]*'; }
before=$(pids)
./jinqi up >/dev/null
[ "$before" = "$(pids)" ] || fail "a second up changed what runs"
./jinqi status || fail "not all is ready"
(flock -n 9 || fail "the lock of up is still held") 9>"$JINQI_VAR/run/lock"

./jinqi demo | tee "$JINQI_VAR/demo.txt"
grep -q ' 34  closed' "$JINQI_VAR/demo.txt" || fail "not 34 demands were closed"
grep -q ' 1  liaison' "$JINQI_VAR/demo.txt" || fail "no demand went to a liaison body"

# The walk-through of the README, as it stands there.
gateway=$(sed -n 's/.*"http": *"\([^"]*\)".*/\1/p' "$JINQI_VAR/run/gateway.json")
sed -n '/<!-- walk-through -->/,/<!-- end -->/p' README.md | sed -n '/^```sh/,/^```/p' | grep -v '^```' |
  sed "s#http://127.0.0.1:8080#http://$gateway#" >"$JINQI_VAR/walk.sh"
[ -s "$JINQI_VAR/walk.sh" ] || fail "the README has no walk-through"
bash -euo pipefail "$JINQI_VAR/walk.sh" | tee "$JINQI_VAR/walk.txt"
grep -q ORDER_STATE_DISPATCHED "$JINQI_VAR/walk.txt" || fail "the walk-through does not end with a dispatched order"

./jinqi deadletters list | grep -q 'no dead letters' || fail "messages were set aside"
./jinqi verify || fail "verify found something"
./jinqi down
./jinqi status && fail "something still runs after down"
./jinqi up >/dev/null
./jinqi demo --resume >/dev/null || fail "the finished demo cannot be looked at again after a restart"
./jinqi verify || fail "verify found something after the restart"

if ./jinqi up --bogus 2>/dev/null; then fail "an unknown option was taken"; fi
if ./jinqi demo --input /nonexistent.csv 2>/dev/null; then fail "a missing input file was taken"; fi
echo "newcomer_test: all as the README says"
