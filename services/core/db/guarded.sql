-- Functions of PostgreSQL itself that everybody may run unless it is taken back, and by which a login that only reads can hold up
-- others or write: locks by number, large objects, notices, entries in the WAL, numbers of transactions.

-- name: open_to_everybody()
SELECT pg_proc.oid::regprocedure::text AS function
FROM pg_proc
WHERE pg_proc.pronamespace = 'pg_catalog'::regnamespace
    AND (
        pg_proc.proname ~ '^(pg_(try_)?advisory_|lo_)'
        OR pg_proc.proname IN (
            'lowrite', 'loread', 'pg_notify', 'pg_logical_emit_message', 'pg_current_xact_id', 'txid_current'
        )
    )
    AND EXISTS (
        SELECT
        FROM aclexplode(coalesce(pg_proc.proacl, acldefault('f', pg_proc.proowner))) AS given
        WHERE given.grantee = 0
    )
ORDER BY function;

-- name: may_run_them(names)
SELECT rolname AS name
FROM pg_roles
WHERE rolname = ANY(:names)
    OR oid = (SELECT datdba FROM pg_database WHERE datname = current_database())
ORDER BY name;
