#!/bin/sh
# Run once, when the database is created: the owner of the tables, which is no superuser. Only `migrate` comes as it.
set -eu
psql --set ON_ERROR_STOP=1 --no-password --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\set password `cat "$ENERMON_DATABASE_PASSWORD_FILE"`
CREATE ROLE enermon LOGIN PASSWORD :'password';
-- So that it can see whether TimescaleDB is loaded (shared_preload_libraries).
GRANT pg_read_all_settings TO enermon;
SELECT format('ALTER DATABASE %I OWNER TO enermon', current_database()) \gexec
SQL
