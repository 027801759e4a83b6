-- Who changed what: every change of what people keep, written by triggers, sealed in the chain, and only added to.
-- A transaction of the API says whose it is (services/api/database.sql): enermon.account, enermon.credential, enermon.request; and
-- enermon.reason where a change has one that its rows do not hold.

CREATE SEQUENCE audit_batch_number;

CREATE FUNCTION audit_batch() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    known text := current_setting('enermon.audit_batch', true);
    batch bigint;
BEGIN
    IF known <> '' THEN
        RETURN known;
    END IF;
    batch := nextval('audit_batch_number');
    PERFORM set_config('enermon.audit_batch', batch::text, true);
    INSERT INTO seal_due (kind, ref_id) VALUES ('audit', batch);
    RETURN batch;
END
$$;
COMMENT ON FUNCTION audit_batch IS 'Number of the batch of this transaction, which is to be sealed once it is committed';

CREATE TABLE audit (
    entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    batch_id bigint NOT NULL DEFAULT audit_batch(),
    at timestamptz NOT NULL DEFAULT now(),
    account text DEFAULT acting_account(),
    credential text DEFAULT nullif(current_setting('enermon.credential', true), ''),
    database_role text NOT NULL DEFAULT coalesce(nullif(current_setting('role'), 'none'), session_user),
    request text DEFAULT nullif(current_setting('enermon.request', true), ''),
    kind text NOT NULL,
    key text NOT NULL,
    subject text NOT NULL,
    action text NOT NULL CHECK (action IN ('insert', 'update', 'delete', 'taken_in', 'note')),
    before jsonb,
    after jsonb,
    detail jsonb,
    reason text,
    CHECK ((detail IS NOT NULL) = (action = 'note')),
    CHECK ((before IS NOT NULL) OR (action NOT IN ('update', 'delete'))),
    CHECK ((after IS NOT NULL) = (action IN ('insert', 'update', 'taken_in')))
);
COMMENT ON TABLE audit IS 'Who changed, exported or saw what; only added to, sealed by batches (services/provenance)';
COMMENT ON COLUMN audit.entry_id IS 'Of two changes of one row the later has the greater number; between rows numbers follow no order';
COMMENT ON COLUMN audit.batch_id IS 'The same for all that one transaction changed; a seal is of a batch';
COMMENT ON COLUMN audit.at IS 'Start of the transaction';
COMMENT ON COLUMN audit.account IS 'Who acted through the API; empty: a service, or a person at the database';
COMMENT ON COLUMN audit.credential IS 'By which the account was known: table and key of its session or API key';
COMMENT ON COLUMN audit.database_role IS 'As which the connection worked';
COMMENT ON COLUMN audit.request IS 'Number of the request of the API, as its answer and the log have it';
COMMENT ON COLUMN audit.kind IS 'Table of the row; of a note what was done';
COMMENT ON COLUMN audit.key IS 'Primary key of the row, its parts with spaces between; empty: a note';
COMMENT ON COLUMN audit.subject IS 'Code by which people know it: of a term that of its meter, of a step the number of its alert';
COMMENT ON COLUMN audit.action IS 'taken_in: as the row stood when the schema was upgraded';
COMMENT ON COLUMN audit.before IS 'The row as it was. Of secrets, and of what is long and never changes, the beginning of the SHA-256 alone';
COMMENT ON COLUMN audit.after IS 'The row as it is since; the same';
COMMENT ON COLUMN audit.detail IS 'Of a note: what was exported or seen';
CREATE INDEX audit_batch ON audit (batch_id);
CREATE INDEX audit_row ON audit (kind, key, entry_id);
CREATE INDEX audit_subject ON audit (subject, entry_id);
CREATE INDEX audit_account ON audit (account, entry_id) WHERE account IS NOT NULL;
CREATE INDEX audit_request ON audit (request) WHERE request IS NOT NULL;
CREATE INDEX audit_at ON audit (at);
ALTER TABLE audit ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON audit FOR SELECT USING ((SELECT sees_all()));
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change('rows of audit are only added');
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON audit EXECUTE FUNCTION refuse_change('rows of audit are only added');

CREATE TABLE audited (
    kind text PRIMARY KEY,
    keys text[] NOT NULL,
    subject text NOT NULL,
    hidden text[] NOT NULL,
    passed_over text[] NOT NULL,
    columns text[]
);
COMMENT ON TABLE audited IS 'Tables whose changes the audit keeps; the same stands in services/provenance/audited.py, by which they are verified';
COMMENT ON COLUMN audited.subject IS 'Column that names the row to people; the number of something registered stands for its code';
COMMENT ON COLUMN audited.hidden IS 'Columns of which the audit keeps a mark alone';
COMMENT ON COLUMN audited.passed_over IS 'Columns that say how a service goes on, and no change of anything';
COMMENT ON COLUMN audited.columns IS 'Those the table had when its rows were last taken in; empty: never';

ALTER TABLE seal DROP CONSTRAINT seal_kind_check, ADD CONSTRAINT seal_kind_check CHECK (kind IN ('batch', 'correction', 'audit'));
COMMENT ON COLUMN seal.ref_id IS 'stored_batch.batch_id, correction.correction_id or audit.batch_id';

CREATE FUNCTION audit_marked(kept jsonb, hidden text[]) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF hidden = '{}' THEN
        RETURN kept;
    END IF;
    RETURN kept || coalesce(
        (
            SELECT jsonb_object_agg(name, 'sha256 ' || left(encode(sha256(convert_to(kept ->> name, 'UTF8')), 'hex'), 32))
            FROM unnest(hidden) AS name
            WHERE kept ->> name IS NOT NULL
        ),
        '{}'
    );
END
$$;
COMMENT ON FUNCTION audit_marked IS 'A row as the audit keeps it: of columns that are not shown so much that it can be told whether they changed';

CREATE FUNCTION audit_subject(kind text, kept jsonb, by_column text, key text) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF by_column NOT IN ('meter_id', 'unit_id', 'enterprise_id', 'account_id') THEN
        RETURN kept ->> by_column;
    END IF;
    RETURN coalesce(
        CASE by_column
            WHEN 'meter_id' THEN (SELECT code FROM meter WHERE meter_id = (kept ->> 'meter_id')::integer)
            WHEN 'unit_id' THEN (SELECT code FROM unit WHERE unit_id = (kept ->> 'unit_id')::integer)
            WHEN 'account_id' THEN (SELECT name FROM user_account WHERE account_id = (kept ->> 'account_id')::integer)
            ELSE (SELECT credit_code FROM enterprise WHERE enterprise_id = (kept ->> 'enterprise_id')::integer)
        END,
        -- What it belonged to went before it.
        (SELECT audit.subject FROM audit WHERE audit.kind = audit_subject.kind AND audit.key = audit_subject.key ORDER BY entry_id DESC LIMIT 1),
        key
    );
END
$$;
COMMENT ON FUNCTION audit_subject IS 'What names a row to people: a column, or the code of what the row belongs to';

CREATE FUNCTION audit_key(kept jsonb, keys text[]) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF cardinality(keys) = 1 THEN
        RETURN kept ->> keys[1];
    END IF;
    RETURN array_to_string(ARRAY(SELECT kept ->> part FROM unnest(keys) AS part), ' ');
END
$$;

CREATE FUNCTION audit_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
-- What a row says must not hang on who asks; and a plan made for one row is used for thousands. OFFSET 0: each row is taken apart once.
SET search_path = public, pg_temp SET timezone = 'UTC' SET extra_float_digits = 1 SET bytea_output = 'hex' SET enable_nestloop = off
AS $$
DECLARE
    keys CONSTANT text[] := tg_argv[0];
    by_column CONSTANT text := tg_argv[1];
    hidden CONSTANT text[] := tg_argv[2];
    passed_over CONSTANT text[] := tg_argv[3];
    reason CONSTANT text := nullif(current_setting('enermon.reason', true), '');
    others text;
    differs text;
    is_changed boolean := true;
BEGIN
    IF tg_op = 'INSERT' THEN
        INSERT INTO audit (kind, key, subject, action, after, reason)
        SELECT
            tg_table_name,
            named.key,
            audit_subject(tg_table_name, kept.after, by_column, named.key),
            'insert',
            kept.after,
            coalesce(reason, kept.after ->> 'reason')
        FROM (SELECT audit_marked(to_jsonb(added) - passed_over, hidden) AS after FROM added OFFSET 0) AS kept
        CROSS JOIN LATERAL (SELECT audit_key(kept.after, keys) AS key) AS named;
    ELSIF tg_op = 'DELETE' THEN
        INSERT INTO audit (kind, key, subject, action, before, reason)
        SELECT
            tg_table_name,
            named.key,
            audit_subject(tg_table_name, kept.before, by_column, named.key),
            'delete',
            kept.before,
            reason
        FROM (SELECT audit_marked(to_jsonb(removed) - passed_over, hidden) AS before FROM removed OFFSET 0) AS kept
        CROSS JOIN LATERAL (SELECT audit_key(kept.before, keys) AS key) AS named;
    ELSE
        IF passed_over <> '{}' THEN
            -- Written every few seconds: whether anything else changed is asked without taking the rows apart.
            SELECT string_agg(quote_ident(attname), ', '), string_agg('old_row.' || quote_ident(attname) || ' IS DISTINCT FROM new_row.' || quote_ident(attname), ' OR ')
            INTO others, differs
            FROM pg_attribute
            WHERE attrelid = tg_relid AND attnum > 0 AND NOT attisdropped AND attname <> ALL (passed_over);
            EXECUTE 'SELECT EXISTS (SELECT FROM (SELECT row_number() OVER () AS place, ' || others || ' FROM removed) AS old_row'
                || ' JOIN (SELECT row_number() OVER () AS place, ' || others || ' FROM added) AS new_row USING (place) WHERE ' || differs || ')'
            INTO is_changed;
        END IF;
        -- PostgreSQL gives both sides of an update in the same order.
        INSERT INTO audit (kind, key, subject, action, before, after, reason)
        SELECT
            tg_table_name,
            named.key,
            audit_subject(tg_table_name, kept.after, by_column, named.key),
            'update',
            kept.before,
            kept.after,
            coalesce(reason, kept.after ->> 'reason')
        FROM (
            SELECT old_row.before, new_row.after
            FROM (SELECT row_number() OVER () AS place, audit_marked(to_jsonb(removed) - passed_over, hidden) AS before FROM removed) AS old_row
            JOIN (SELECT row_number() OVER () AS place, audit_marked(to_jsonb(added) - passed_over, hidden) AS after FROM added) AS new_row USING (place)
            WHERE is_changed
        ) AS kept
        CROSS JOIN LATERAL (SELECT audit_key(kept.after, keys) AS key) AS named
        WHERE kept.before <> kept.after;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION audit_change IS 'Trigger of audited tables: keeps who changed which rows, as they were and as they are';

CREATE FUNCTION audit_table(kind text, keys text[], subject text, hidden text[] DEFAULT '{}', passed_over text[] DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    operation text;
    transition text;
BEGIN
    FOR operation, transition IN VALUES
        ('INSERT', 'NEW TABLE AS added'),
        ('UPDATE', 'OLD TABLE AS removed NEW TABLE AS added'),
        ('DELETE', 'OLD TABLE AS removed')
    LOOP
        EXECUTE 'CREATE TRIGGER audit_' || lower(operation) || ' AFTER ' || operation || ' ON ' || quote_ident(kind)
            || ' REFERENCING ' || transition || ' FOR EACH STATEMENT EXECUTE FUNCTION audit_change('
            || concat_ws(', ', quote_literal(keys), quote_literal(subject), quote_literal(hidden), quote_literal(passed_over)) || ')';
    END LOOP;
    INSERT INTO audited (kind, keys, subject, hidden, passed_over) VALUES (kind, keys, subject, hidden, passed_over);
END
$$;
COMMENT ON FUNCTION audit_table IS 'For changes of the schema: from here on the changes of this table are kept';

CREATE FUNCTION audit_standing(kind text) RETURNS TABLE (key text, now jsonb) LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC' SET extra_float_digits = 1 SET bytea_output = 'hex'
AS $$
DECLARE
    asked audited;
BEGIN
    SELECT * INTO STRICT asked FROM audited WHERE audited.kind = audit_standing.kind;
    RETURN QUERY EXECUTE 'SELECT audit_key(marked.now, $1), marked.now
        FROM (SELECT audit_marked(to_jsonb(x) - $2, $3) AS now FROM ' || quote_ident(asked.kind) || ' AS x OFFSET 0) AS marked'
    USING asked.keys, asked.passed_over, asked.hidden;
END
$$;
COMMENT ON FUNCTION audit_standing IS 'The rows of a table as the audit keeps them: to verify those that let people in, without reading what does';
REVOKE EXECUTE ON FUNCTION audit_standing FROM PUBLIC;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'enermon_reader') THEN
        GRANT EXECUTE ON FUNCTION audit_standing TO enermon_reader;
    END IF;
END
$$;

CREATE FUNCTION audit_note(kind text, subject text, detail jsonb) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
INSERT INTO audit (kind, key, subject, action, detail) VALUES (kind, '', subject, 'note', detail)
$$;
COMMENT ON FUNCTION audit_note IS 'Keeps who exported or saw something, or signed in: what changes no row';

CREATE FUNCTION take_in_audited() RETURNS void LANGUAGE plpgsql
SET search_path = public, pg_temp SET timezone = 'UTC' SET extra_float_digits = 1 SET bytea_output = 'hex'
AS $$
DECLARE
    each audited;
    now_there text[];
BEGIN
    FOR each IN SELECT * FROM audited ORDER BY kind LOOP
        SELECT array_agg(attname::text ORDER BY attname)
        INTO now_there
        FROM pg_attribute
        WHERE attrelid = each.kind::regclass AND attnum > 0 AND NOT attisdropped;
        CONTINUE WHEN each.columns = now_there;
        EXECUTE 'INSERT INTO audit (kind, key, subject, action, before, after)
            SELECT $1, named.key, audit_subject($1, kept.after, $3, named.key), ''taken_in'', last.after, kept.after
            FROM (SELECT audit_marked(to_jsonb(x) - $5, $4) AS after FROM ' || quote_ident(each.kind) || ' AS x OFFSET 0) AS kept
            CROSS JOIN LATERAL (SELECT audit_key(kept.after, $2) AS key) AS named
            LEFT JOIN LATERAL (
                SELECT entry_id, after FROM audit WHERE kind = $1 AND key = named.key ORDER BY entry_id DESC LIMIT 1
            ) AS last ON true
            WHERE CASE WHEN $6 THEN last.entry_id IS NULL ELSE last.after IS NOT NULL END'
        USING each.kind, each.keys, each.subject, each.hidden, each.passed_over, each.columns IS NULL;
        UPDATE audited SET columns = now_there WHERE kind = each.kind;
    END LOOP;
END
$$;
COMMENT ON FUNCTION take_in_audited IS 'For upgrades: rows of tables that are audited from now on, or have other columns now, are entered as they stand';

-- Terms of many meters in one statement: or else their entries would be written one by one.
CREATE OR REPLACE FUNCTION begin_meter_term() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO meter_term (
        meter_id, valid_from, fields, unit_id, gateway_id, kind, unit_of_measure, multiplier, register_size,
        rated_per_hour, interval_s, stamp, holds_s
    )
    SELECT
        meter_id,
        '-infinity',
        ARRAY[
            'unit_code', 'gateway_code', 'kind', 'unit_of_measure', 'multiplier', 'register_size', 'rated_per_hour',
            'interval_s', 'stamp', 'holds_s'
        ],
        unit_id,
        gateway_id,
        kind,
        unit_of_measure,
        multiplier,
        register_size,
        rated_per_hour,
        interval_s,
        stamp,
        holds_s
    FROM added;
    RETURN NULL;
END
$$;
DROP TRIGGER meter_begins_with_a_term ON meter;
CREATE TRIGGER meter_begins_with_a_term
AFTER INSERT ON meter
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT
EXECUTE FUNCTION begin_meter_term();

SELECT audit_table('park', '{park_id}', 'code');
SELECT audit_table('enterprise', '{enterprise_id}', 'credit_code');
SELECT audit_table('membership', '{enterprise_id, valid_from}', 'enterprise_id');
SELECT audit_table('unit', '{unit_id}', 'code');
SELECT audit_table('unit_input', '{unit_id, input, valid_from}', 'unit_id');
SELECT audit_table('gateway', '{gateway_id}', 'code');
SELECT audit_table('meter', '{meter_id}', 'code');
SELECT audit_table('meter_term', '{term_id}', 'meter_id');
SELECT audit_table('meter_replacement', '{meter_id, ts}', 'meter_id');
SELECT audit_table('reading_acceptance', '{meter_id, ts}', 'meter_id');
SELECT audit_table('settlement', '{settlement_id}', 'meter_id');
SELECT audit_table('correction', '{correction_id}', 'meter_id');
SELECT audit_table('statistic', '{owner_kind, owner_code, kind, period, price_base, version}', 'owner_code');
SELECT audit_table('heat_value', '{heat_value_id}', 'enterprise_id');
SELECT audit_table('rule_version', '{slug, version}', 'slug');
SELECT audit_table('silence', '{silence_id}', 'silence_id');
SELECT audit_table('supervision_body', '{code}', 'code');
SELECT audit_table('subscription', '{subscription_id}', 'subscription_id', '{secrets}');
SELECT audit_table('alert', '{alert_id}', 'alert_id', '{evidence}', '{last_value}');
SELECT audit_table('alert_event', '{event_id}', 'alert_id');
SELECT audit_table('alert_step', '{step_id}', 'alert_id');
SELECT audit_table('user_account', '{account_id}', 'name', '{password_hash}');
SELECT audit_table('api_key', '{key_id}', 'account_id', '{token_sha256}', '{last_used_at}');
SELECT audit_table('session', '{token_sha256}', 'account_id', '{token_sha256}', '{last_seen_at}');
