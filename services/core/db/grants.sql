-- What the roles, and everybody ('public'), may do as it stands in the database. Relations of an extension are its own
-- affair. Sequences of identity columns are used without a right of their own.

-- name: granted(roles)
WITH thing AS (
    SELECT
        CASE
            WHEN relnamespace = to_regnamespace('open') THEN 'open view'
            WHEN relkind = 'S' THEN 'sequence'
            ELSE 'table'
        END AS kind,
        relname AS name,
        relacl AS rights
    FROM pg_class
    WHERE relnamespace IN (current_schema()::regnamespace, to_regnamespace('open'))
        AND relkind IN ('r', 'p', 'v', 'S')
        AND NOT EXISTS (
            SELECT
            FROM pg_depend
            WHERE pg_depend.classid = 'pg_class'::regclass
                AND pg_depend.objid = pg_class.oid
                AND pg_depend.deptype = 'e'
        )
    UNION ALL
    SELECT 'function', proname, coalesce(proacl, acldefault('f', proowner))
    FROM pg_proc
    WHERE pronamespace = current_schema()::regnamespace
        AND prosecdef
        AND NOT EXISTS (
            SELECT
            FROM pg_depend
            WHERE pg_depend.classid = 'pg_proc'::regclass
                AND pg_depend.objid = pg_proc.oid
                AND pg_depend.deptype = 'e'
        )
    UNION ALL
    SELECT 'schema', nspname, coalesce(nspacl, acldefault('n', nspowner))
    FROM pg_namespace
    WHERE nspname IN (current_schema(), 'open')
    UNION ALL
    SELECT 'database', datname, coalesce(datacl, acldefault('d', datdba))
    FROM pg_database
    WHERE datname = current_database()
)
SELECT
    thing.kind,
    thing.name,
    CASE given.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(given.grantee) END AS role,
    lower(given.privilege_type) AS privilege
FROM thing
CROSS JOIN LATERAL aclexplode(thing.rights) AS given
WHERE given.grantee = 0
    OR pg_get_userbyid(given.grantee) = ANY(:roles);

-- name: views_as_their_owner()
-- They read with the rights of their owner, past what is held back from whoever asks.
SELECT relname
FROM pg_class
WHERE relnamespace = current_schema()::regnamespace
    AND relkind = 'v'
    AND NOT coalesce('security_invoker=true' = ANY(reloptions), false)
    AND NOT EXISTS (
        SELECT
        FROM pg_depend
        WHERE pg_depend.classid = 'pg_class'::regclass
            AND pg_depend.objid = pg_class.oid
            AND pg_depend.deptype = 'e'
    );

-- name: here()
SELECT current_database() AS database, current_schema() AS schema;
