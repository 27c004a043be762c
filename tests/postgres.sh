#!/bin/sh
# Runs the store's contract on a PostgreSQL of its own: a new cluster in a folder that is
# removed afterwards, on a free port of the loopback interface. Needs initdb and postgres;
# root hands them to the user `postgres`, because the server refuses to run as root.
set -eu

bin=${PORTNER_POSTGRES_BIN:-}
for candidate in "$bin" /usr/lib/postgresql/*/bin; do
    [ -x "$candidate/initdb" ] && bin=$candidate
done
[ -n "$bin" ] || { echo "no PostgreSQL server found: set PORTNER_POSTGRES_BIN" >&2; exit 1; }

folder=$(mktemp -d)
port=${PORTNER_POSTGRES_PORT:-54329}
if [ "$(id -u)" = 0 ]; then
    chown postgres "$folder"
    as_owner() { exec setpriv --reuid postgres --regid postgres --init-groups "$@"; }
else
    as_owner() { exec "$@"; }
fi

server=
finish() {
    [ -z "$server" ] || { kill -INT "$server" 2>/dev/null && wait "$server" || true; }
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 1' INT TERM

cd "$folder"
(as_owner "$bin/initdb" --pgdata "$folder/data" --username portner --auth trust --encoding UTF8 \
    --locale C --no-sync) >"$folder/log"
# `exec` in the background makes $! the server itself, which is what must be stopped.
as_owner "$bin/postgres" -D "$folder/data" -p "$port" -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories="$folder" -c max_connections=300 >"$folder/log" 2>&1 &
server=$!

tries=0
until "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 150 ] || ! kill -0 "$server" 2>/dev/null; then
        cat "$folder/log" >&2
        exit 1
    fi
    sleep 0.2
done

cd "$OLDPWD"
PORTNER_TEST_POSTGRES="postgres://portner@127.0.0.1:$port/postgres" \
    cargo test --test main contract "$@"
