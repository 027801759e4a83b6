-- name: sharing(key)
-- Those who share a role, and whether one is this connection. A key of one number is shown in two halves.
SELECT held.pid = pg_backend_pid() AS is_own
FROM pg_locks AS held
WHERE held.locktype = 'advisory'
    AND held.granted
    AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND held.classid::bigint = :key ::bigint >> 32
    AND held.objid::bigint = :key ::bigint & 4294967295
    AND held.objsubid = 1
ORDER BY held.pid;

-- name: take_parts(family, parts)
-- Those of the parts that nobody had.
SELECT wanted.part
FROM unnest(:parts ::integer[]) AS wanted (part)
WHERE pg_try_advisory_lock(:family, part);

-- name: give_back_parts(family, parts)
SELECT pg_advisory_unlock(:family, part)
FROM unnest(:parts ::integer[]) AS left_over (part);
