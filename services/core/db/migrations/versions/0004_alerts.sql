-- Alerts: rules, their state, what was raised, who handles it, and what was sent.

ALTER TABLE meter ADD COLUMN calibrated_until date;
COMMENT ON COLUMN meter.calibrated_until IS 'Last day (Asia/Shanghai) on which the calibration of the meter holds; empty: not registered';

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING
        MESSAGE = tg_op || ' of ' || tg_table_name || ' refused: ' || tg_argv[0],
        ERRCODE = 'integrity_constraint_violation';
END
$$;
COMMENT ON FUNCTION refuse_change IS 'Trigger of what is kept as it was written; its argument says what may be done instead';

CREATE TABLE rule_version (
    slug text NOT NULL CHECK (slug ~ '^[a-z0-9][a-z0-9_]{0,63}$'),
    version integer NOT NULL CHECK (version > 0),
    body jsonb NOT NULL,
    enabled boolean NOT NULL,
    shipped boolean NOT NULL,
    author text NOT NULL,
    note text,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (slug, version)
);
COMMENT ON TABLE rule_version IS 'Rules of alerts in versions; nothing is overwritten. The highest version counts';
CREATE TRIGGER rule_version_is_only_added_to
BEFORE UPDATE OR DELETE OR TRUNCATE ON rule_version
EXECUTE FUNCTION refuse_change('a changed rule is a further version');
COMMENT ON COLUMN rule_version.shipped IS 'Whether the body is that of a rules.toml; the API adds others';

CREATE VIEW rule_now AS
SELECT DISTINCT ON (slug) slug, version, body, enabled, shipped, author, note, recorded_at
FROM rule_version
ORDER BY slug, version DESC;

CREATE TABLE alert (
    alert_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule text NOT NULL,
    rule_version integer NOT NULL,
    subject_kind text NOT NULL CHECK (subject_kind IN ('unit', 'enterprise', 'park', 'area', 'gateway', 'meter')),
    subject_code text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('notice', 'warning', 'severe')),
    area_code text,
    park_code text,
    enterprise_code text,
    fired_at timestamptz NOT NULL,
    resolved_at timestamptz,
    reopened integer NOT NULL DEFAULT 0,
    inhibited_by text,
    evidence jsonb NOT NULL,
    last_value jsonb
);
COMMENT ON TABLE alert IS 'A breach that lasted long enough. Written by the alert service; how it is handled stands in alert_step';
COMMENT ON COLUMN alert.evidence IS 'Numbers, coverage, coefficient rows and range of readings at the moment of firing; never changed';
CREATE TRIGGER alert_keeps_what_fired
BEFORE UPDATE ON alert
FOR EACH ROW
WHEN (
    (old.alert_id, old.rule, old.subject_kind, old.subject_code, old.fired_at, old.evidence)
    IS DISTINCT FROM (new.alert_id, new.rule, new.subject_kind, new.subject_code, new.fired_at, new.evidence)
)
EXECUTE FUNCTION refuse_change('rule, subject, time and evidence of an alert stay as they fired');
CREATE TRIGGER alert_is_kept
BEFORE DELETE OR TRUNCATE ON alert
EXECUTE FUNCTION refuse_change('alerts are kept');
CREATE INDEX alert_subject ON alert (rule, subject_kind, subject_code);
CREATE INDEX alert_fired ON alert (fired_at);
CREATE INDEX alert_area ON alert (area_code);

CREATE TABLE alert_state (
    rule text NOT NULL,
    subject_kind text NOT NULL,
    subject_code text NOT NULL,
    state text NOT NULL CHECK (state IN ('ok', 'pending', 'firing', 'resolved')),
    since timestamptz NOT NULL,
    rule_version integer NOT NULL,
    alert_id bigint REFERENCES alert (alert_id),
    cannot_since timestamptz,
    cannot_reasons jsonb,
    evaluated_at timestamptz NOT NULL,
    PRIMARY KEY (rule, subject_kind, subject_code)
);
COMMENT ON TABLE alert_state IS 'Where each rule stands with each subject. Rows in state ok are kept only while they cannot be judged';

CREATE TABLE alert_event (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id bigint NOT NULL REFERENCES alert (alert_id),
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('fired', 'reopened', 'resolved', 'cannot_judge', 'judged_again', 'inhibited', 'released', 'escalated', 'repeated', 'rule_changed')),
    detail jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE alert_event IS 'What the alert service did with an alert; only added to';
CREATE TRIGGER alert_event_is_only_added_to
BEFORE UPDATE OR DELETE OR TRUNCATE ON alert_event
EXECUTE FUNCTION refuse_change('the history of an alert is only added to');
CREATE INDEX alert_event_alert ON alert_event (alert_id, event_id);
CREATE INDEX alert_event_at ON alert_event (at);

CREATE TABLE alert_step (
    step_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id bigint NOT NULL REFERENCES alert (alert_id),
    at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    action text NOT NULL CHECK (action IN ('acknowledge', 'explain', 'plan', 'verify', 'close', 'reopen', 'comment', 'attach')),
    text text,
    due_on date,
    reference text
);
COMMENT ON TABLE alert_step IS 'How people handled an alert; only added to. The handling status is that of the last step that moves it';
CREATE TRIGGER alert_step_is_only_added_to
BEFORE UPDATE OR DELETE OR TRUNCATE ON alert_step
EXECUTE FUNCTION refuse_change('the history of an alert is only added to');
CREATE INDEX alert_step_alert ON alert_step (alert_id, step_id);

CREATE TABLE silence (
    silence_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule text,
    area_code text,
    enterprise_code text,
    subject_code text,
    reason text NOT NULL,
    author text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
    recorded_at timestamptz NOT NULL DEFAULT now(),
    ended_by text
);
COMMENT ON TABLE silence IS 'What is not to be told for a time; what is empty matches all';

CREATE TABLE supervision_body (
    code text PRIMARY KEY,
    name_zh text NOT NULL,
    name_en text,
    area_code text NOT NULL REFERENCES area (code)
);

CREATE TABLE subscription (
    subscription_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    body_code text REFERENCES supervision_body (code) ON DELETE CASCADE,
    enterprise_code text REFERENCES enterprise (credit_code) ON DELETE CASCADE,
    channel text NOT NULL CHECK (channel IN ('email', 'webhook', 'mqtt')),
    address text NOT NULL,
    secrets text[] NOT NULL DEFAULT '{}',
    language text NOT NULL DEFAULT 'zh' CHECK (language IN ('zh', 'en', 'both')),
    least_severity text NOT NULL DEFAULT 'notice' CHECK (least_severity IN ('notice', 'warning', 'severe')),
    rules text[],
    mode text NOT NULL DEFAULT 'at_once' CHECK (mode IN ('at_once', 'daily', 'weekly')),
    quiet_from time,
    quiet_to time,
    enabled boolean NOT NULL DEFAULT true,
    off_reason text CHECK (off_reason IS NULL OR NOT enabled),
    CHECK ((body_code IS NULL) <> (enterprise_code IS NULL)),
    CHECK ((quiet_from IS NULL) = (quiet_to IS NULL))
);
COMMENT ON TABLE subscription IS 'Where a supervision body, or an enterprise, is told. secrets: of a webhook, the newest first; never answered or logged';
COMMENT ON COLUMN subscription.off_reason IS 'Why the alert service switched it off; empty where a person did';
COMMENT ON COLUMN subscription.quiet_from IS 'Asia/Shanghai; what is not severe waits until quiet_to';

CREATE TABLE message (
    message_id uuid PRIMARY KEY,
    subscription_id bigint NOT NULL,
    channel text NOT NULL CHECK (channel IN ('email', 'webhook', 'mqtt')),
    address text NOT NULL,
    body_code text,
    enterprise_code text,
    kind text NOT NULL CHECK (kind IN ('fired', 'resolved', 'repeat', 'digest', 'escalated', 'test')),
    group_key text NOT NULL,
    alert_ids bigint[] NOT NULL,
    content jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    not_before timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'sent', 'dead')),
    attempts integer NOT NULL DEFAULT 0,
    finished_at timestamptz,
    last_error text
);
COMMENT ON TABLE message IS 'Outbox: written with the change of state it tells of, sent until it is taken or 24 hours have passed. The id stays the same at every attempt';
COMMENT ON COLUMN message.subscription_id IS 'May be gone: channel, address, body_code and enterprise_code say who was told, as the subscription was when the message was written (address: at the last attempt)';
CREATE INDEX message_waiting ON message (not_before) WHERE status = 'waiting';
CREATE INDEX message_waiting_of ON message (subscription_id, created_at) WHERE status = 'waiting';
CREATE INDEX message_group ON message (group_key, created_at DESC);
CREATE INDEX message_alert ON message USING gin (alert_ids);

CREATE TABLE alert_told (
    alert_id bigint NOT NULL REFERENCES alert (alert_id),
    subscription_id bigint NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (alert_id, subscription_id)
);
COMMENT ON TABLE alert_told IS 'Who was told that an alert fires, and not yet that it ended; written with the message';

CREATE TABLE delivery (
    delivery_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id uuid NOT NULL REFERENCES message (message_id),
    at timestamptz NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('sent', 'failed', 'dead')),
    detail text NOT NULL,
    seconds double precision NOT NULL
);
COMMENT ON TABLE delivery IS 'Every attempt to send a message';
CREATE TRIGGER delivery_is_only_added_to
BEFORE UPDATE OR DELETE OR TRUNCATE ON delivery
EXECUTE FUNCTION refuse_change('every attempt stays');
CREATE INDEX delivery_message ON delivery (message_id);

CREATE VIEW broker_user AS
SELECT code
FROM gateway
UNION
SELECT enterprise_code
FROM subscription
WHERE channel = 'mqtt' AND enterprise_code IS NOT NULL;
COMMENT ON VIEW broker_user IS 'Who may connect to the broker: gateways, and enterprises that are told of alerts there';

CREATE VIEW broker_user_revision AS
SELECT
    registry_revision.revision * 1000003
    + coalesce((SELECT sum(subscription_id) FROM subscription WHERE channel = 'mqtt'), 0)::bigint AS revision
FROM registry_revision;
COMMENT ON VIEW broker_user_revision IS 'Another number whenever broker_user may have changed';
