-- name: try_lead(key)
SELECT pg_try_advisory_lock(:key);

-- name: try_share(key)
SELECT pg_try_advisory_lock_shared(:key);

-- name: led_by(key)
-- A key of one number is shown in two halves.
SELECT activity.application_name
FROM pg_locks AS held
JOIN pg_stat_activity AS activity USING (pid)
WHERE held.locktype = 'advisory'
    AND held.granted
    AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND held.classid::bigint = :key ::bigint >> 32
    AND held.objid::bigint = :key ::bigint & 4294967295
    AND held.objsubid = 1;

-- name: hold(key)
SELECT pg_advisory_xact_lock(:key);
