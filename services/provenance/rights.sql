-- name: raised(roles)
-- Roles of the services with rights over the whole server, or with those of another role.
SELECT rolname AS role, 'has rights over the whole server' AS what
FROM pg_roles
WHERE rolname = ANY (:roles)
    AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)
UNION ALL
SELECT member.rolname, 'has the rights of ' || given.rolname
FROM pg_auth_members
JOIN pg_roles AS member ON member.oid = pg_auth_members.member
JOIN pg_roles AS given ON given.oid = pg_auth_members.roleid
WHERE member.rolname = ANY (:roles)
ORDER BY 1, 2;
