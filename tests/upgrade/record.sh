#!/usr/bin/env bash
# Records what upgrade_test starts from: record.sh CHECKOUT none|POSTGRES_URI FOLDER 'SECONDS PARALLEL'...
# Runs the jinqi of CHECKOUT (a worktree of an earlier commit) through 12 demands and cuts the demo off after each pair's
# seconds, so that orders stand in different states. FOLDER then holds the databases as SQL, the heads that the earlier
# programs' verify remembered, and the id of the run. Personal values are sealed under the harness's key: 64 times a.
# Needs sqlite3 and xz. What stands here was recorded at 787a3f3.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
checkout=$1 postgres=$2 folder=$3
shift 3
keepers=(intake routing policy_knowledge inspection_scheduling feedback)
JINQI_VAR=$(mktemp -d "${TMPDIR:-/tmp}/jinqi.XXXXXX")
export JINQI_VAR JINQI_HTTP=127.0.0.1:0
build=${JINQI_BUILD:-$checkout/build/release}
cd "$checkout"
trap './jinqi down >/dev/null 2>&1 || true; rm -rf "$JINQI_VAR"' EXIT

mkdir "$JINQI_VAR/keys"
printf 'k1 %064d\n' 0 | tr 0 a >"$JINQI_VAR/keys/vault.keys"
./jinqi up --postgres "$postgres"
http=$(sed -n 's/.*"http": *"\([^"]*\)".*/\1/p' "$JINQI_VAR/run/gateway.json")
what=(--input "$here/demands.csv")
for cut in "$@"; do
  read -r seconds parallel <<<"$cut"
  timeout "$seconds" "$build/bin/jinqi_cli" demo --gateway "http://$http" --state "$JINQI_VAR/demo" "${what[@]}" \
    --parallel "$parallel" >/dev/null || true
  what=(--resume)
  sleep 0.3
done
./jinqi down

mkdir -p "$folder"
head -n 1 "$JINQI_VAR/demo/run" >"$folder/run"
for service in "${keepers[@]}"; do
  rm -f "$folder/$service.anchors"
  "$build/bin/jinqi_$service" --config "$JINQI_VAR/config/$service.textproto" --verify "$folder/$service.anchors"
  database=$(sed -n 's/^ *database: "\(.*\)"$/\1/p' "$JINQI_VAR/config/$service.textproto")
  case $database in
    sqlite:*) sqlite3 "${database#sqlite:}" .dump ;;
    # Later versions of pg_dump frame the SQL with a word that earlier ones of psql do not know.
    *) pg_dump --no-owner --rows-per-insert=100 "$database" | sed '/^\\\(un\)\?restrict /d' ;;
  esac | xz -9e >"$folder/$service.sql.xz"
done
