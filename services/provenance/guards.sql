-- name: only_built_in()
-- From here on names without a schema are those of PostgreSQL, and it shows all others with theirs.
SELECT set_config('search_path', 'pg_catalog, pg_temp', true);

-- name: ours()
SELECT set_config('search_path', 'public, pg_temp', true);

-- name: standing()
-- All by which the database itself guards its rows, as it stands: what is the affair of an extension, and the triggers of foreign keys
-- that are on, are left out. Owners are too, as each database has its own.
WITH of_extension AS (
    SELECT classid, objid
    FROM pg_depend
    WHERE deptype = 'e'
),
own_table AS (
    SELECT pg_class.*
    FROM pg_class
    WHERE relnamespace = 'public'::regnamespace
        AND relkind IN ('r', 'p')
        AND ('pg_class'::regclass, oid) NOT IN (SELECT classid, objid FROM of_extension)
),
own_function AS (
    SELECT pg_proc.*
    FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace
        AND ('pg_proc'::regclass, oid) NOT IN (SELECT classid, objid FROM of_extension)
)
SELECT 'schema' AS kind, 'revision ' || version_num AS name, '' AS said
FROM public.alembic_version
UNION ALL
SELECT 'row-level security', 'of ' || relname AS name, concat_ws(' ', relrowsecurity, relforcerowsecurity)
FROM own_table
WHERE relrowsecurity OR relforcerowsecurity
UNION ALL
SELECT
    'policy',
    polname || ' of ' || relname,
    concat_ws(
        E'\n',
        polcmd,
        polpermissive,
        ARRAY(SELECT rolname FROM pg_roles WHERE pg_roles.oid = ANY (polroles) ORDER BY rolname)::text,
        pg_get_expr(polqual, polrelid),
        '/',
        pg_get_expr(polwithcheck, polrelid)
    )
FROM pg_policy
JOIN own_table ON own_table.oid = polrelid
UNION ALL
SELECT 'trigger', tgname || ' of ' || relname, concat_ws(' ', tgenabled, pg_get_triggerdef(pg_trigger.oid))
FROM pg_trigger
JOIN own_table ON own_table.oid = tgrelid
WHERE NOT (tgisinternal AND tgenabled = 'O')
    AND ('pg_proc'::regclass, tgfoid) NOT IN (SELECT classid, objid FROM of_extension)
UNION ALL
SELECT 'rule', rulename || ' of ' || relname, concat_ws(' ', ev_enabled, pg_get_ruledef(pg_rewrite.oid))
FROM pg_rewrite
JOIN own_table ON own_table.oid = ev_class
UNION ALL
SELECT 'default', relname || '.' || attname, pg_get_expr(adbin, adrelid)
FROM pg_attrdef
JOIN own_table ON own_table.oid = adrelid
JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
UNION ALL
SELECT
    'function',
    proname || '(' || pg_get_function_identity_arguments(own_function.oid) || ')',
    concat_ws(
        E'\n',
        prokind,
        pg_get_function_result(own_function.oid),
        lanname,
        provolatile,
        prosecdef,
        proleakproof,
        proisstrict,
        proconfig::text,
        EXISTS (SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) AS given WHERE given.grantee = 0),
        coalesce(pg_get_function_sqlbody(own_function.oid), prosrc)
    )
FROM own_function
JOIN pg_language ON pg_language.oid = prolang
UNION ALL
SELECT 'operator', oprname || ' (' || oprleft::regtype || ', ' || oprright::regtype || ')', oprcode::regproc::text
FROM pg_operator
WHERE oprnamespace = 'public'::regnamespace
    AND ('pg_operator'::regclass, oid) NOT IN (SELECT classid, objid FROM of_extension)
UNION ALL
SELECT 'cast', castsource::regtype || ' as ' || casttarget::regtype, concat_ws(' ', castfunc::regproc, castcontext, castmethod)
FROM pg_cast
WHERE oid >= 16384
    AND ('pg_cast'::regclass, oid) NOT IN (SELECT classid, objid FROM of_extension)
UNION ALL
SELECT 'event trigger', evtname, concat_ws(' ', evtevent, evtenabled, evtfoid::regproc)
FROM pg_event_trigger
WHERE ('pg_event_trigger'::regclass, oid) NOT IN (SELECT classid, objid FROM of_extension)
ORDER BY 1, 2;
