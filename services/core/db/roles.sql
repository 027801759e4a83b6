-- name: roles(names)
SELECT
    rolname AS name,
    rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls AS too_powerful
FROM pg_roles
WHERE rolname = ANY(:names);

-- name: is_superuser()
SELECT rolsuper
FROM pg_roles
WHERE rolname = current_user;
