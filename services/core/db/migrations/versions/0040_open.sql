-- What others read by SQL: views with a contract. A name never changes its meaning, and new columns come at the end (docs/open.md).
-- They read with the rights of their owner, and show of the rows those that open_sees_all() and open_areas() let through: a login sees
-- what is booked to its areas, the API what whoever asks sees. A barrier keeps conditions of the reader behind that of the view.

CREATE SCHEMA open;
COMMENT ON SCHEMA open IS '对外只读视图：名称与含义不变，新列只加在末尾 · Read-only views: names keep their meaning, new columns come at the end';

CREATE TABLE open_reader (
    login text PRIMARY KEY,
    areas text[],
    made_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE open_reader IS 'Logins that read the views of the schema open; written by enermon open-reader';
COMMENT ON COLUMN open_reader.areas IS 'Codes of the areas whose rows it sees, with all that lies below them; empty: every row';
SELECT audit_table('open_reader', '{login}', 'login');

CREATE FUNCTION open_asked_by_api() RETURNS boolean LANGUAGE sql STABLE
RETURN coalesce(nullif(current_setting('role'), 'none'), session_user) = 'enermon_api';
COMMENT ON FUNCTION open_asked_by_api IS 'Whether the API asks, for someone whose reach it has told; nobody else can take its role';

CREATE FUNCTION open_sees_all() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT CASE
    WHEN open_asked_by_api() THEN coalesce(current_setting('enermon.reach', true), '') = 'all'
    ELSE EXISTS (SELECT FROM open_reader WHERE login = session_user AND areas IS NULL)
END
$$;
COMMENT ON FUNCTION open_sees_all IS 'Whether whoever asks sees every row of the views of the schema open';

CREATE FUNCTION open_areas() RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
WITH RECURSIVE below AS (
    SELECT unnest(areas) AS code
    FROM open_reader
    WHERE login = session_user AND NOT open_asked_by_api()
    UNION
    SELECT area.code
    FROM area
    JOIN below ON area.parent_code = below.code
)
SELECT CASE
    WHEN open_asked_by_api() THEN seen_areas()
    ELSE (SELECT coalesce(array_agg(code), '{}') FROM below)
END
$$;
COMMENT ON FUNCTION open_areas IS 'Areas whose rows are seen by whoever asks the views of the schema open, with all that lie below';

CREATE FUNCTION open_enterprise() RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT enterprise_id
FROM enterprise
WHERE open_asked_by_api()
    AND current_setting('enermon.reach', true) = 'enterprise'
    AND credit_code = current_setting('enermon.enterprise', true)
$$;
COMMENT ON FUNCTION open_enterprise IS 'The enterprise for which the API asks';

CREATE FUNCTION open_enterprises() RETURNS integer[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT coalesce(array_agg(enterprise_id), '{}')
FROM (
    SELECT enterprise_id
    FROM membership
    WHERE area_code = ANY(open_areas())
    UNION
    SELECT open_enterprise()
) AS seen
$$;
COMMENT ON FUNCTION open_enterprises IS 'Those that lie, lay or will lie in the areas seen';
