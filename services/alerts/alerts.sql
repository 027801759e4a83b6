-- name: rules_now()
SELECT slug, version, body, enabled, shipped
FROM rule_now
ORDER BY slug;

-- name: hold_rule(family, slug)
-- One version of a rule follows another, whoever writes it.
SELECT pg_advisory_xact_lock(:family, hashtext(:slug));

-- name: newest_version(slug)
SELECT version, body, enabled, shipped
FROM rule_now
WHERE slug = :slug;

-- name: add_shipped_version(slug, version, body, enabled, note, now)
INSERT INTO rule_version (slug, version, body, enabled, shipped, author, note, recorded_at)
VALUES (:slug, :version, :body, :enabled, true, 'alert service', :note, :now);

-- name: states(rules)
SELECT alert_state.rule, alert_state.subject_kind, alert_state.subject_code, alert_state.state, alert_state.since,
    alert_state.rule_version, alert_state.alert_id, alert_state.cannot_since, alert_state.cannot_reasons,
    alert_state.evaluated_at, alert.resolved_at, alert.severity, alert.rule_version AS alert_version, alert.last_value
FROM alert_state
LEFT JOIN alert USING (alert_id)
WHERE alert_state.rule = ANY (:rules);

-- name: rules_with_states()
SELECT DISTINCT rule
FROM alert_state;

-- name: count_firing()
SELECT rule, count(*)
FROM alert_state
WHERE state = 'firing'
GROUP BY rule;

-- name: write_states(rows)
INSERT INTO alert_state (
    rule, subject_kind, subject_code, state, since, rule_version, alert_id, cannot_since, cannot_reasons, evaluated_at
)
SELECT rule, subject_kind, subject_code, state, since, rule_version, alert_id, cannot_since, cannot_reasons, evaluated_at
FROM jsonb_to_recordset(:rows) AS entry (
    rule text, subject_kind text, subject_code text, state text, since timestamptz, rule_version integer,
    alert_id bigint, cannot_since timestamptz, cannot_reasons jsonb, evaluated_at timestamptz
)
ON CONFLICT (rule, subject_kind, subject_code) DO UPDATE
SET state = excluded.state,
    since = excluded.since,
    rule_version = excluded.rule_version,
    alert_id = excluded.alert_id,
    cannot_since = excluded.cannot_since,
    cannot_reasons = excluded.cannot_reasons,
    evaluated_at = excluded.evaluated_at;

-- name: drop_states(rows)
DELETE FROM alert_state
USING jsonb_to_recordset(:rows) AS entry (rule text, subject_kind text, subject_code text)
WHERE alert_state.rule = entry.rule
    AND alert_state.subject_kind = entry.subject_kind
    AND alert_state.subject_code = entry.subject_code;

-- name: add_alerts(rows)
INSERT INTO alert (
    rule, rule_version, subject_kind, subject_code, severity, area_code, park_code, enterprise_code, fired_at, evidence,
    last_value
)
SELECT rule, rule_version, subject_kind, subject_code, severity, area_code, park_code, enterprise_code, fired_at,
    evidence, last_value
FROM jsonb_to_recordset(:rows) AS entry (
    rule text, rule_version integer, subject_kind text, subject_code text, severity text, area_code text,
    park_code text, enterprise_code text, fired_at timestamptz, evidence jsonb, last_value jsonb
)
RETURNING alert_id, rule, subject_kind, subject_code;

-- name: resolve_alerts(now, alert_ids)
UPDATE alert
SET resolved_at = :now, inhibited_by = NULL
WHERE alert_id = ANY (:alert_ids);

-- name: reopen_alerts(alert_ids)
UPDATE alert
SET resolved_at = NULL, reopened = reopened + 1
WHERE alert_id = ANY (:alert_ids);

-- name: change_rules(rows)
-- What the rule says now of alerts that fire; the evidence stays that of the moment of firing.
UPDATE alert
SET rule_version = entry.rule_version, severity = entry.severity
FROM jsonb_to_recordset(:rows) AS entry (alert_id bigint, rule_version integer, severity text)
WHERE alert.alert_id = entry.alert_id;

-- name: closed(alert_ids)
-- Of these alerts those whose handling is closed.
SELECT alert_id
FROM (
    SELECT DISTINCT ON (alert_id) alert_id, action, at
    FROM alert_step
    WHERE alert_id = ANY (:alert_ids)
        AND action NOT IN ('comment', 'attach')
    ORDER BY alert_id, step_id DESC
) AS last_move
WHERE action = 'close'
    AND NOT EXISTS (
        SELECT 1
        FROM alert_event
        WHERE alert_event.alert_id = last_move.alert_id AND kind = 'reopened' AND alert_event.at > last_move.at
    );

-- name: set_inhibited(rows)
UPDATE alert
SET inhibited_by = entry.inhibited_by
FROM jsonb_to_recordset(:rows) AS entry (alert_id bigint, inhibited_by text)
WHERE alert.alert_id = entry.alert_id;

-- name: set_last_values(rows)
UPDATE alert
SET last_value = entry.last_value
FROM jsonb_to_recordset(:rows) AS entry (alert_id bigint, last_value jsonb)
WHERE alert.alert_id = entry.alert_id;

-- name: add_events(rows)
INSERT INTO alert_event (alert_id, at, kind, detail)
SELECT alert_id, at, kind, detail
FROM ROWS FROM (
    jsonb_to_recordset(:rows) AS (alert_id bigint, at timestamptz, kind text, detail jsonb)
) WITH ORDINALITY AS entry (alert_id, at, kind, detail, place)
ORDER BY place;

-- name: tellable()
-- The alerts that fire, and those of which it is still to be told that they ended.
SELECT alert_id, rule, severity, subject_kind, subject_code, area_code, enterprise_code, inhibited_by,
    resolved_at IS NULL AS firing
FROM alert
WHERE alert_id IN (
    SELECT alert_id
    FROM alert_state
    WHERE state = 'firing'
    UNION
    SELECT alert_id
    FROM alert_told
);

-- name: units_of_gateways(gateways)
SELECT DISTINCT gateway.code AS gateway, unit.code AS unit
FROM gateway
JOIN meter USING (gateway_id)
JOIN unit USING (unit_id)
WHERE gateway.code = ANY (:gateways);

-- name: unfinished(since)
-- Alerts whose handling is not closed, with their steps and what was escalated. What ended by itself before anybody took it
-- up asks for nothing, unless it was severe.
SELECT alert.alert_id, alert.rule, alert.severity, alert.subject_kind, alert.subject_code, alert.area_code, alert.enterprise_code,
    alert.fired_at, alert.resolved_at,
    (SELECT max(at) FROM alert_event WHERE alert_id = alert.alert_id AND kind = 'reopened') AS reopened_at,
    (
        SELECT jsonb_agg(jsonb_build_object('at', at, 'level', coalesce(detail ->> 'level', detail ->> 'asked')) ORDER BY event_id)
        FROM alert_event
        WHERE alert_id = alert.alert_id AND kind = 'escalated'
    ) AS escalated,
    (
        SELECT jsonb_agg(jsonb_build_object('at', at, 'actor', actor, 'action', action, 'due_on', due_on) ORDER BY step_id)
        FROM alert_step
        WHERE alert_id = alert.alert_id
    ) AS steps
FROM alert
LEFT JOIN LATERAL (
    SELECT action
    FROM alert_step
    WHERE alert_id = alert.alert_id AND action NOT IN ('comment', 'attach')
    ORDER BY step_id DESC
    LIMIT 1
) AS last_move ON true
WHERE alert.inhibited_by IS NULL
    AND alert.fired_at > :since
    AND (last_move.action IS DISTINCT FROM 'close' OR alert.reopened > 0)
    AND (alert.resolved_at IS NULL OR last_move.action IS NOT NULL OR alert.severity = 'severe');

-- name: take_steps_due()
-- The queue of the API: steps of which it is to be told, each once.
DELETE FROM step_due
USING alert_step
JOIN alert USING (alert_id)
WHERE step_due.step_id = alert_step.step_id
RETURNING step_due.step_id, alert_step.alert_id, alert_step.at, alert_step.actor, alert_step.action, alert_step.text,
    alert_step.due_on, alert_step.reference, alert.rule, alert.severity, alert.subject_kind, alert.subject_code,
    alert.area_code, alert.enterprise_code;
