#!/usr/bin/env bash
# What a newcomer types: up, status, demo, the README's walk-through, verify, down, and up again; then what goes wrong:
# killed processes, wrong words, two at once, a taken port, a Redis and a PostgreSQL of somebody else's.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
export JINQI_BUILD=$1 JINQI_HTTP=127.0.0.1:0
unset JINQI_POSTGRES JINQI_REDIS
work=$(mktemp -d "${TMPDIR:-/tmp}/jinqi.XXXXXX")
servers=$(mktemp -d "${TMPDIR:-/tmp}/jinqi.XXXXXX")
own=$work/own other=$work/other
export JINQI_VAR=$own

clean() {
  local folder pid
  for folder in "$own" "$other"; do JINQI_VAR=$folder ./jinqi down >/dev/null 2>&1 || true; done
  for pid in $(cat "$servers/redis.pid" 2>/dev/null) $(head -n 1 "$servers/data/postmaster.pid" 2>/dev/null); do
    kill -INT "$pid" 2>/dev/null || true
    while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
  done
  rm -rf "$work" "$servers"
}
trap clean EXIT

fail() { printf 'newcomer_test: %s\n' "$*" >&2; exit 1; }

# STATUS TEXT COMMAND...: ends with STATUS and says TEXT.
refused() {
  local status=$1 text=$2 got=0
  shift 2
  "$@" >"$work/said.txt" 2>&1 </dev/null || got=$?
  [ "$got" = "$status" ] || fail "status $got, not $status: $*: $(cat "$work/said.txt")"
  grep -qF -- "$text" "$work/said.txt" || fail "does not say “$text”: $*: $(cat "$work/said.txt")"
}

pids() { cat "$JINQI_VAR"/run/*.json | grep -o '"pid": *[0-9]*'; }
pid_of() { cat "$JINQI_VAR/run/$1.pid"; }
http_of() { sed -n 's/.*"http": *"\([^"]*\)".*/\1/p' "$JINQI_VAR/run/gateway.json"; }

# Two at once: one wins, the other says so.
./jinqi up >"$work/first.txt" 2>&1 &
first=$!
./jinqi up >"$work/second.txt" 2>&1 &
second=$!
won=0
wait $first && won=$((won + 1))
wait $second && won=$((won + 1))
[ $won = 1 ] || fail "$won of two ups at once came up: $(cat "$work/first.txt" "$work/second.txt")"
cat "$work/first.txt" "$work/second.txt" | grep -q 'another ./jinqi is at work' || fail "the second up does not say why"

before=$(pids)
./jinqi up >/dev/null
[ "$before" = "$(pids)" ] || fail "a second up changed what runs"
./jinqi status || fail "not all is ready"
(flock -n 9 || fail "the lock of up is still held") 9>"$JINQI_VAR/run/lock"
[ -z "$(find "$own" -perm /077 -not -type s -print -quit)" ] || fail "others can read in var/"

./jinqi demo | tee "$work/demo.txt"
grep -q ' 34  closed' "$work/demo.txt" || fail "not 34 demands were closed"
grep -q ' 1  liaison' "$work/demo.txt" || fail "no demand went to a liaison body"
./jinqi demo --full >"$work/full.txt" || fail "an order did not go its hard way: $(cat "$work/full.txt")"
for shown in 'given back twice, then designated' extended 'decided on by a joint meeting' 'asked for again and merged' \
  'withdrawn too late' 'escalated after two bad ratings' supervised; do
  grep -q " 1  $shown\$" "$work/full.txt" || fail "no order of demo --full was $shown"
done
./jinqi demo --resume >/dev/null || fail "the hard ways cannot be looked at again"

# The walk-through of the README, as it stands there.
sed -n '/<!-- walk-through -->/,/<!-- end -->/p' README.md | sed -n '/^```sh/,/^```/p' | grep -v '^```' |
  sed "s#http://127.0.0.1:8080#http://$(http_of)#" >"$work/walk.sh"
[ -s "$work/walk.sh" ] || fail "the README has no walk-through"
bash -euo pipefail "$work/walk.sh" | tee "$work/walk.txt"
grep -q '^body SGCC$' "$work/walk.txt" || fail "the walk-through's first body is not the one the README names"
grep -q ORDER_STATE_DISPATCHED "$work/walk.txt" || fail "the walk-through does not end with a dispatched order"

# The operator's commands.
./jinqi token --role seat | grep -q '^[^.]*\.[^.]*\.[^.]*$' || fail "token gives none"
cat >"$work/2027.json" <<'JSON'
{"year": 2027, "papers": ["https://example.org/a-notice-for-this-test"],
 "days": [{"name": "元旦", "date": "2027-01-01", "isOffDay": true}]}
JSON
(cd "$work" && "$root/jinqi" calendar load 2027.json) | grep -q 'holds [0-9]* years' || fail "no calendar was loaded"
refused 124 '"service":"intake"' timeout 1 ./jinqi logs
refused 124 '"service":"routing"' timeout 1 ./jinqi logs routing
refused 1 'there is no service nobody' ./jinqi logs nobody
./jinqi deadletters list | grep -q 'no dead letters' || fail "messages were set aside"
refused 1 'no dead letters of nobody' ./jinqi deadletters retry nobody
./jinqi verify || fail "verify found something"

# Wrong words change nothing.
refused 2 'up does not know --bogus' ./jinqi up --bogus
refused 2 'there is no command bogus' ./jinqi bogus
for command in down status verify; do refused 2 'takes no arguments' ./jinqi $command now; done
for number in 0 -1 5x '' 99999999999; do refused 2 'orders' ./jinqi demo --orders "$number"; done
refused 2 'nonsense' ./jinqi demo --nonsense 1
refused 2 'input' ./jinqi demo --input
refused 1 'cannot read' ./jinqi demo --input nonexistent.csv
refused 1 'with the sample' ./jinqi demo --full --orders 3
refused 2 'bench does not know' ./jinqi bench --seconds 0
refused 1 'before it can be' ./jinqi up --redis 127.0.0.1:1
[ "$before" = "$(pids)" ] || fail "wrong words changed what runs"

# The port is another's: clear words, and nothing is lost.
taken=$(http_of)
JINQI_VAR=$other JINQI_HTTP=$taken refused 1 'JINQI_HTTP' ./jinqi up
JINQI_VAR=$other ./jinqi down >/dev/null

# Killed: up makes them live again, and nothing is lost.
kill -9 "$(pid_of redis)" "$(pid_of routing)"
refused 1 'stopped' ./jinqi status
refused 1 './jinqi up' ./jinqi demo
./jinqi up >/dev/null
./jinqi demo --resume >/dev/null || fail "the demo does not go on after a service and Redis were killed"
kill -9 "$(pid_of redis)"
./jinqi up >/dev/null
./jinqi demo --orders 3 >/dev/null || fail "no demo after Redis alone was killed"

./jinqi down
./jinqi status && fail "something still runs after down"
./jinqi up >/dev/null
./jinqi demo --resume >/dev/null || fail "the finished demo cannot be looked at again after a restart"
./jinqi verify || fail "verify found something after the restart"
./jinqi down >/dev/null

# Somebody else's Redis with a password, and somebody else's PostgreSQL.
cat >"$servers/redis.conf" <<CONF
unixsocket $servers/redis.sock
port 0
bind 127.0.0.1
save ""
requirepass s3cret:/
maxmemory-policy noeviction
CONF
redis-server "$servers/redis.conf" >"$servers/redis.log" 2>&1 &
echo $! >"$servers/redis.pid"
as_postgres=()
if [ "$(id -u)" = 0 ]; then
  chown postgres "$servers"
  as_postgres=(setpriv --reuid postgres --regid postgres --clear-groups)
fi
postgres=$(dirname "$(find /usr/lib/postgresql/*/bin/initdb | head -n 1)")
# Latin 1 by default, so that the databases have to ask for their encoding.
(cd / && "${as_postgres[@]}" "$postgres/initdb" -D "$servers/data" -U postgres -A trust --no-sync --no-locale \
  -E LATIN1) >"$work/initdb.txt"
(cd / && "${as_postgres[@]}" "$postgres/pg_ctl" -D "$servers/data" -w -s -l "$servers/data/log" \
  -o "-k $servers -c listen_addresses=''" start)

refused 1 'no answer' ./jinqi up --redis redis://:wrong@127.0.0.1:1
grep -q wrong "$work/said.txt" && fail "a password was shown"
refused 1 '--postgres takes' ./jinqi up --postgres mysql://u@h/db
refused 1 '--redis takes' ./jinqi up --redis rediss://h
refused 1 'PostgreSQL at' ./jinqi up --redis none --postgres "postgresql://postgres:wrong@/?host=$work"
grep -q wrong "$work/said.txt" && fail "a password was shown"
./jinqi up --redis none --postgres "postgresql:///?host=$servers&user=postgres" | tee "$work/up.txt"
grep -q 'The records in' "$work/up.txt" || fail "up does not say where the earlier records are"
./jinqi down >/dev/null
# Without a word: the same again.
./jinqi up >/dev/null
grep -q 'jinqi_routing?host=' "$own/config/routing.textproto" || fail "the choice of PostgreSQL is forgotten"
./jinqi demo --full >"$work/demo.txt" || fail "no demo on PostgreSQL: $(tail "$work/demo.txt")"
./jinqi verify || fail "verify found something on PostgreSQL"
./jinqi down >/dev/null

redis-cli -s "$servers/redis.sock" ping | grep -q NOAUTH || fail "the other Redis takes anybody"
refused 1 'no answer within 2 s from Redis' ./jinqi up --redis "unix:$servers/redis.sock"
port=0
set_port() { REDISCLI_AUTH=s3cret:/ redis-cli -s "$servers/redis.sock" config set port "$1" | grep -q OK; }
until [ $port != 0 ] && set_port $port; do port=$((20000 + RANDOM % 10000)); done
refused 1 'no answer within 2 s from Redis' ./jinqi up --redis "redis://:not-this@127.0.0.1:$port"
grep -q not-this "$work/said.txt" && fail "a password was shown"
./jinqi up --redis "redis://:s3cret%3A%2F@127.0.0.1:$port" >/dev/null
./jinqi demo --orders 5 >/dev/null || fail "no demo over another Redis"
grep -rq s3cret "$own/config" "$own/log" && fail "a password stands where it should not"
./jinqi down
echo "newcomer_test: all as the README says"
