-- name: holder_of(key)
-- The process that changes the schema. A key of one number is shown in two halves.
SELECT pid
FROM pg_locks
WHERE locktype = 'advisory'
    AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid::bigint = :key ::bigint >> 32
    AND objid::bigint = :key ::bigint & 4294967295
    AND objsubid = 1;

-- name: longest()
-- The three transactions of this database that have been open longest, besides those of the upgrade.
SELECT
    concat(
        coalesce(nullif(application_name, ''), usename),
        ' (process ', pid, ', ', state, ') since ', round(extract(EPOCH FROM now() - xact_start)), ' s'
    )
FROM pg_stat_activity
WHERE datname = current_database() AND xact_start IS NOT NULL AND application_name <> 'enermon-migrate'
ORDER BY xact_start
LIMIT 3;
