-- A session can lift its own statement_timeout, so somebody else must end what takes too long: the alert service, a member of each reader.

ALTER TABLE open_reader ADD COLUMN longest_s integer NOT NULL DEFAULT 30;
COMMENT ON COLUMN open_reader.longest_s IS 'Seconds that a statement of its may take; a transaction that is a minute longer is ended';

DO $$
DECLARE
    login text;
BEGIN
    FOR login IN SELECT open_reader.login FROM open_reader JOIN pg_roles ON pg_roles.rolname = open_reader.login LOOP
        EXECUTE format('GRANT %I TO enermon_alerts', login);
    END LOOP;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE WARNING 'readers made by another login are not ended when they take too long: enermon open-reader remove, and add';
END
$$;
