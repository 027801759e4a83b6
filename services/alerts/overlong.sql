-- Readers of the schema `open` that take too long.

-- name: end_overlong(grace_s)
SELECT
    open_reader.login,
    pg_stat_activity.pid,
    extract(EPOCH FROM now() - pg_stat_activity.xact_start)::float8 AS seconds,
    pg_terminate_backend(pg_stat_activity.pid) AS ended
FROM pg_stat_activity
JOIN open_reader ON open_reader.login = pg_stat_activity.usename
WHERE pg_stat_activity.xact_start < now() - make_interval(secs => open_reader.longest_s + :grace_s)
    AND pg_has_role(pg_stat_activity.usename, 'MEMBER');
