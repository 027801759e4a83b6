-- Who may come in, and which rows each may see and write. The API tells each connection that a request takes from its pool whose that is:
--   enermon.reach       all: every row; areas: those of enermon.areas; enterprise: those of enermon.enterprise; gateway: none
--   enermon.areas       codes of areas and of all that lie below them, with commas between
--   enermon.enterprise  credit code
--   enermon.account     name of the account that acts
-- Row-level security holds for the role enermon_api alone: the other services work on everything. Where nothing is said, nothing is seen.

CREATE TABLE user_account (
    account_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9._-]{1,63}$'),
    display_name text NOT NULL,
    role text NOT NULL CHECK (role IN ('administrator', 'supervisor', 'enterprise', 'auditor', 'program')),
    area_code text REFERENCES area (code),
    enterprise_id integer REFERENCES enterprise (enterprise_id),
    email text,
    password_hash text,
    must_change_password boolean NOT NULL DEFAULT false,
    oidc_subject text UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz,
    CHECK ((role = 'enterprise') = (enterprise_id IS NOT NULL)),
    CHECK (role IN ('supervisor', 'program') OR area_code IS NULL),
    CHECK (role <> 'supervisor' OR area_code IS NOT NULL),
    CHECK (role <> 'program' OR password_hash IS NULL)
);
CREATE INDEX user_account_enterprise ON user_account (enterprise_id);
COMMENT ON TABLE user_account IS 'Who may come in: people and programs. Never deleted, since what they did names them';
COMMENT ON COLUMN user_account.name IS 'With which it signs in; stands as author of what it does';
COMMENT ON COLUMN user_account.area_code IS 'Of a supervisor: the area it sees and acts on, with all below; of a program: the same; empty: all';
COMMENT ON COLUMN user_account.enterprise_id IS 'Of an enterprise: whose data it sees';
COMMENT ON COLUMN user_account.password_hash IS 'argon2id in its text form; empty: signs in by a provider or by keys alone';
COMMENT ON COLUMN user_account.oidc_subject IS 'Issuer and subject by which an OpenID provider names it';

CREATE TABLE api_key (
    key_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id integer NOT NULL REFERENCES user_account (account_id),
    name text NOT NULL,
    token_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(token_sha256) = 32),
    rights text[],
    areas text[],
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX api_key_account ON api_key (account_id);
COMMENT ON COLUMN api_key.token_sha256 IS 'SHA-256 of the key, which is 256 random bits: no slower hash is needed';
COMMENT ON COLUMN api_key.rights IS 'What may be done with it, of what its account may; empty: all of that';
COMMENT ON COLUMN api_key.areas IS 'Areas in which it may be used, within those of its account; empty: all of them';
COMMENT ON COLUMN api_key.last_used_at IS 'To the minute';

CREATE TABLE session (
    token_sha256 bytea PRIMARY KEY CHECK (octet_length(token_sha256) = 32),
    account_id integer NOT NULL REFERENCES user_account (account_id),
    created_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    peer text,
    browser text
);
CREATE INDEX session_account ON session (account_id);
CREATE INDEX session_expires ON session (expires_at);
COMMENT ON TABLE session IS 'Browsers that are signed in; a row that is gone ends the session at once';
COMMENT ON COLUMN session.last_seen_at IS 'To the minute; an idle session ends some time after it';
COMMENT ON COLUMN session.peer IS 'Address from which it signed in';
COMMENT ON COLUMN session.browser IS 'What the browser called itself, shortened';

CREATE FUNCTION sees_all() RETURNS boolean LANGUAGE sql STABLE
RETURN current_user <> 'enermon_api' OR coalesce(current_setting('enermon.reach', true), '') = 'all';
COMMENT ON FUNCTION sees_all IS 'Whether every row is seen: by the services other than the API, and by requests with that reach';

CREATE FUNCTION seen_areas() RETURNS text[] LANGUAGE sql STABLE
RETURN CASE current_setting('enermon.reach', true)
    WHEN 'areas' THEN string_to_array(current_setting('enermon.areas', true), ',')
    ELSE '{}'
END;

-- The functions that read what a request cannot see belong to the owner of the tables, whom row-level security does not hold back.
CREATE FUNCTION seen_enterprises() RETURNS integer[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT coalesce(array_agg(enterprise_id), '{}')
FROM (
    SELECT enterprise_id
    FROM membership
    WHERE area_code = ANY(seen_areas())
    UNION
    SELECT enterprise_id
    FROM enterprise
    WHERE current_setting('enermon.reach', true) = 'enterprise'
        AND credit_code = current_setting('enermon.enterprise', true)
) AS seen
$$;
COMMENT ON FUNCTION seen_enterprises IS 'Those that lie, lay or will lie in the areas seen: sums of an area count them for the days they belonged';

CREATE FUNCTION seen_meters() RETURNS integer[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT coalesce(array_agg(DISTINCT meter_term.meter_id), '{}')
FROM meter_term
JOIN unit USING (unit_id)
WHERE unit.enterprise_id = ANY(seen_enterprises())
    AND meter_term.withdrawn_at IS NULL
$$;
COMMENT ON FUNCTION seen_meters IS 'Those that belong to the enterprises seen, or once did: what they measured then counts for them';

CREATE FUNCTION own_parks() RETURNS integer[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT coalesce(array_agg(park_id), '{}')
FROM (
    SELECT DISTINCT membership.park_id
    FROM membership
    JOIN enterprise USING (enterprise_id)
    WHERE current_setting('enermon.reach', true) = 'enterprise'
        AND enterprise.credit_code = current_setting('enermon.enterprise', true)
        AND membership.park_id IS NOT NULL
) AS own
$$;

CREATE FUNCTION belongs_nowhere(of_enterprise integer) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT NOT EXISTS (SELECT FROM membership WHERE enterprise_id = of_enterprise)
$$;
COMMENT ON FUNCTION belongs_nowhere IS 'So is an enterprise only while it is being registered: its first membership is written by the same statement';

CREATE FUNCTION acts_on_enterprise(of_enterprise integer) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT CASE current_setting('enermon.reach', true)
    WHEN 'enterprise' THEN EXISTS (
        SELECT FROM enterprise
        WHERE enterprise_id = of_enterprise
            AND credit_code = current_setting('enermon.enterprise', true)
    )
    ELSE coalesce((
        SELECT area_code = ANY(seen_areas())
        FROM membership
        WHERE enterprise_id = of_enterprise
        ORDER BY (valid_from <= (now() AT TIME ZONE 'Asia/Shanghai')::date) DESC, abs(valid_from - (now() AT TIME ZONE 'Asia/Shanghai')::date)
        LIMIT 1
    ), true)
END
$$;
COMMENT ON FUNCTION acts_on_enterprise IS 'Whether it is theirs to act on: where it belongs today; before its first day, where it will';

CREATE FUNCTION acts_on_unit(of_unit integer) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT coalesce((SELECT acts_on_enterprise(enterprise_id) FROM unit WHERE unit_id = of_unit), false)
$$;

CREATE FUNCTION acts_on_meter(of_meter integer) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT coalesce((SELECT acts_on_unit(unit_id) FROM meter WHERE meter_id = of_meter), false)
$$;

CREATE FUNCTION refuse_outside() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING
        MESSAGE = 'row-level security: a row of ' || tg_table_name || ' that is seen, but not theirs to remove',
        ERRCODE = 'insufficient_privilege';
END
$$;
COMMENT ON FUNCTION refuse_outside IS 'A policy would pass over such a row without a word';

-- Who sees a row, and who may write it. A view shows its reader what the reader may see, not what its owner may.
CREATE FUNCTION pg_temp.hold_back(held text, seen text, acted text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', held);
    EXECUTE format('CREATE POLICY seen ON %I FOR SELECT USING ((SELECT sees_all()) OR %s)', held, seen);
    EXECUTE format('CREATE POLICY added ON %I FOR INSERT WITH CHECK ((SELECT sees_all()) OR %s)', held, acted);
    EXECUTE format('CREATE POLICY changed ON %I FOR UPDATE USING ((SELECT sees_all()) OR %s) WITH CHECK ((SELECT sees_all()) OR %s)', held, seen, acted);
    EXECUTE format('CREATE POLICY removed ON %I FOR DELETE USING ((SELECT sees_all()) OR %s)', held, seen);
    IF acted LIKE 'acts\_on\_%' THEN
        EXECUTE format(
            'CREATE TRIGGER theirs_to_remove BEFORE DELETE ON %I FOR EACH ROW WHEN (NOT (sees_all() OR %s)) EXECUTE FUNCTION refuse_outside()',
            held,
            regexp_replace(acted, '\((\w+)\)', '(old.\1)')
        );
    END IF;
END
$$;

DO $$
DECLARE
    -- A subquery of its own is evaluated once for a statement, not once for a row.
    areas CONSTANT text := '((SELECT seen_areas())::text[])';
    enterprises CONSTANT text := '((SELECT seen_enterprises())::integer[])';
    own_credit_code CONSTANT text := $own$(current_setting('enermon.reach', true) = 'enterprise' AND %s = current_setting('enermon.enterprise', true))$own$;
    of_enterprise text := 'enterprise_id = ANY ' || enterprises;
    of_meter CONSTANT text := 'EXISTS (SELECT FROM meter WHERE meter.meter_id = %s.meter_id)';
    of_gateway CONSTANT text := 'EXISTS (SELECT FROM gateway WHERE gateway.code = %s.gateway_code)';
    of_enterprise_code CONSTANT text := 'EXISTS (SELECT FROM enterprise WHERE enterprise.credit_code = %s.enterprise_code)';
    of_subject CONSTANT text := $subject$CASE subject_kind
        WHEN 'area' THEN subject_code = ANY ((SELECT seen_areas())::text[])
        WHEN 'park' THEN EXISTS (SELECT FROM park WHERE park.code = subject_code)
        WHEN 'enterprise' THEN EXISTS (SELECT FROM enterprise WHERE enterprise.credit_code = subject_code)
        WHEN 'unit' THEN EXISTS (SELECT FROM unit WHERE unit.code = subject_code)
        WHEN 'gateway' THEN EXISTS (SELECT FROM gateway WHERE gateway.code = subject_code)
        WHEN 'meter' THEN EXISTS (SELECT FROM meter WHERE meter.code = subject_code)
        ELSE false
    END$subject$;
    of_alert text := 'area_code = ANY ' || areas || ' OR ' || format(own_credit_code, 'enterprise_code');
    of_owner text := $owner$CASE owner_kind
        WHEN 'area' THEN owner_code = ANY ((SELECT seen_areas())::text[])
        WHEN 'park' THEN EXISTS (SELECT FROM park WHERE park.code = owner_code)
        WHEN 'enterprise' THEN EXISTS (SELECT FROM enterprise WHERE enterprise.credit_code = owner_code)
        WHEN 'unit' THEN EXISTS (SELECT FROM unit WHERE unit.code = owner_code)
        ELSE false
    END$owner$;
    of_recipient text := 'EXISTS (SELECT FROM supervision_body WHERE supervision_body.code = body_code) OR ' || format(own_credit_code, 'enterprise_code');
    held text;
BEGIN
    PERFORM pg_temp.hold_back('park', 'area_code = ANY ' || areas || ' OR park_id = ANY ((SELECT own_parks())::integer[])', 'area_code = ANY ' || areas);
    PERFORM pg_temp.hold_back('enterprise', of_enterprise || ' OR belongs_nowhere(enterprise_id)', 'acts_on_enterprise(enterprise_id)');
    PERFORM pg_temp.hold_back('membership', of_enterprise, 'area_code = ANY ' || areas);
    PERFORM pg_temp.hold_back('unit', of_enterprise, 'acts_on_enterprise(enterprise_id)');
    PERFORM pg_temp.hold_back('gateway', of_enterprise, 'acts_on_enterprise(enterprise_id)');
    PERFORM pg_temp.hold_back('heat_value', of_enterprise, 'acts_on_enterprise(enterprise_id)');
    PERFORM pg_temp.hold_back('unit_input', 'EXISTS (SELECT FROM unit WHERE unit.unit_id = unit_input.unit_id)', 'acts_on_unit(unit_id)');
    PERFORM pg_temp.hold_back('meter', 'meter_id = ANY ((SELECT seen_meters())::integer[]) OR EXISTS (SELECT FROM unit WHERE unit.unit_id = meter.unit_id)', 'acts_on_unit(unit_id)');
    FOREACH held IN ARRAY ARRAY['meter_term', 'meter_replacement', 'reading_acceptance', 'settlement', 'correction'] LOOP
        PERFORM pg_temp.hold_back(held, format(of_meter, held), 'acts_on_meter(meter_id)');
    END LOOP;
    -- The region's numbers are public: an area is judged beside them.
    PERFORM pg_temp.hold_back('statistic', 'owner_kind = ''area'' OR ' || of_owner, of_owner);
    PERFORM pg_temp.hold_back('alert', of_alert, of_alert);
    PERFORM pg_temp.hold_back('alert_state', of_subject, 'false');
    FOREACH held IN ARRAY ARRAY['alert_event', 'alert_step', 'alert_told'] LOOP
        PERFORM pg_temp.hold_back(
            held,
            format('EXISTS (SELECT FROM alert WHERE alert.alert_id = %s.alert_id)', held),
            format('EXISTS (SELECT FROM alert WHERE alert.alert_id = %s.alert_id)', held)
        );
    END LOOP;
    PERFORM pg_temp.hold_back(
        'silence',
        'area_code = ANY ' || areas || ' OR ' || format(of_enterprise_code, 'silence') || ' OR (subject_kind IS NOT NULL AND ' || of_subject || ')',
        'area_code = ANY ' || areas || ' OR (area_code IS NULL AND (' || format(of_enterprise_code, 'silence') || ' OR (enterprise_code IS NULL AND subject_kind IS NOT NULL AND ' || of_subject || ')))'
    );
    PERFORM pg_temp.hold_back('supervision_body', 'area_code = ANY ' || areas, 'area_code = ANY ' || areas);
    PERFORM pg_temp.hold_back('subscription', of_recipient || ' OR ' || format(of_enterprise_code, 'subscription'), of_recipient || ' OR ' || format(of_enterprise_code, 'subscription'));
    PERFORM pg_temp.hold_back('message', of_recipient || ' OR ' || format(of_enterprise_code, 'message'), of_recipient || ' OR ' || format(of_enterprise_code, 'message'));
    PERFORM pg_temp.hold_back('delivery', 'EXISTS (SELECT FROM message WHERE message.message_id = delivery.message_id)', 'false');
    PERFORM pg_temp.hold_back('finding', of_subject, 'false');
    -- Written by the intake, which the API runs too, of whatever came.
    FOREACH held IN ARRAY ARRAY['rejected_reading', 'rejected_message', 'dropped_count', 'gateway_state'] LOOP
        PERFORM pg_temp.hold_back(held, format(of_gateway, held), 'true');
    END LOOP;
END
$$;

DO $$
DECLARE
    shown text;
BEGIN
    FOR shown IN SELECT viewname FROM pg_views WHERE schemaname = 'public' AND viewname NOT LIKE 'pg\_%' LOOP
        EXECUTE format('ALTER VIEW %I SET (security_invoker = true)', shown);
    END LOOP;
END
$$;
