#!/bin/bash
# Does what docker-compose.yml relies on of the official image: POSTGRES_*, initdb.d, the extension in each database.
set -eu
[ "$1" = postgres ] || exec "$@"

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    if [ -z "${POSTGRES_PASSWORD:-}${POSTGRES_PASSWORD_FILE:-}" ]; then
        echo "error: neither POSTGRES_PASSWORD nor POSTGRES_PASSWORD_FILE is given" >&2
        exit 1
    fi
    password=${POSTGRES_PASSWORD:-$(cat "$POSTGRES_PASSWORD_FILE")}
    export POSTGRES_USER=${POSTGRES_USER:-postgres}
    export POSTGRES_DB=${POSTGRES_DB:-$POSTGRES_USER}
    # shellcheck disable=SC2086 # several words on purpose
    initdb --username="$POSTGRES_USER" --pwfile=<(echo "$password") --auth-local=trust \
        --auth-host=scram-sha-256 ${POSTGRES_INITDB_ARGS:-}
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    cat >>"$PGDATA/postgresql.conf" <<-CONF
	listen_addresses = '*'
	unix_socket_directories = '/run/postgresql'
	shared_preload_libraries = 'timescaledb'
	timescaledb.telemetry_level = 'off'
	max_locks_per_transaction = 256
	CONF
    pg_ctl -o "-c listen_addresses=''" -w start
    psql=(psql -v ON_ERROR_STOP=1 --no-password -U "$POSTGRES_USER")
    [ "$POSTGRES_DB" = postgres ] || "${psql[@]}" -d postgres -c "CREATE DATABASE \"$POSTGRES_DB\""
    for name in postgres template1 "$POSTGRES_DB"; do
        "${psql[@]}" -d "$name" -c "CREATE EXTENSION IF NOT EXISTS timescaledb CASCADE"
    done
    for script in /docker-entrypoint-initdb.d/*.sh; do
        if [ -x "$script" ]; then "$script"; else . "$script"; fi
    done
    pg_ctl -m fast -w stop
fi
exec "$@"
