-- Logins that read the views of the schema `open`; by the owner of the database.

-- name: unknown_areas(codes)
SELECT listed.code
FROM unnest(:codes ::text[]) AS listed (code)
WHERE NOT EXISTS (SELECT FROM area WHERE area.code = listed.code)
ORDER BY listed.code;

-- name: add(login, areas, longest_s)
INSERT INTO open_reader (login, areas, longest_s) VALUES (:login, :areas ::text[], :longest_s);

-- name: remove(login)
DELETE FROM open_reader
WHERE login = :login;

-- name: readers()
SELECT
    login,
    areas,
    made_at,
    coalesce(rolcanlogin, FALSE) AS comes_in,
    coalesce(rolconnlimit, 0) AS connections
FROM open_reader
LEFT JOIN pg_roles ON rolname = login
ORDER BY login;

-- name: end_sessions(login)
SELECT pg_terminate_backend(pid)
FROM pg_stat_activity
WHERE usename = :login;
