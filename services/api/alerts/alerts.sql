-- `alerts` gives each alert with the status of its handling; conditions of lists speak of one of its rows as `entry`.
-- `names_of_entry` gives the names of a row `entry` that has rule, rule_version, subject_kind, subject_code, area_code,
-- park_code and enterprise_code.

-- name: alerts()
SELECT
    alert.*,
    CASE WHEN alert.resolved_at IS NULL THEN 'firing' ELSE 'resolved' END AS state,
    CASE
        WHEN handled.status IS NULL THEN 'open'
        WHEN handled.status IN ('verified', 'closed')
            AND alert.reopened > 0
            AND EXISTS (
                SELECT 1
                FROM alert_event
                WHERE alert_event.alert_id = alert.alert_id AND kind = 'reopened' AND alert_event.at > handled.at
            )
            THEN 'open'
        ELSE handled.status
    END AS status
FROM alert
LEFT JOIN (
    SELECT DISTINCT ON (alert_id)
        alert_id,
        at,
        CASE action
            WHEN 'acknowledge' THEN 'acknowledged'
            WHEN 'explain' THEN 'explained'
            WHEN 'plan' THEN 'planned'
            WHEN 'verify' THEN 'verified'
            WHEN 'close' THEN 'closed'
            ELSE 'open'
        END AS status
    FROM alert_step
    WHERE action NOT IN ('comment', 'attach')
    ORDER BY alert_id DESC, step_id DESC
) AS handled USING (alert_id);

-- part: names_of_entry()
SELECT
    rule_version.body -> 'title' ->> 'zh' AS title_zh,
    rule_version.body -> 'title' ->> 'en' AS title_en,
    subject.name_zh AS subject_name_zh,
    subject.name_en AS subject_name_en,
    area.name_zh AS area_name_zh,
    area.name_en AS area_name_en,
    park.name_zh AS park_name_zh,
    park.name_en AS park_name_en,
    enterprise.name_zh AS enterprise_name_zh,
    enterprise.name_en AS enterprise_name_en
FROM (SELECT 1) AS one
LEFT JOIN rule_version ON rule_version.slug = entry.rule AND rule_version.version = entry.rule_version
LEFT JOIN area ON area.code = entry.area_code
LEFT JOIN park ON park.code = entry.park_code
LEFT JOIN enterprise ON enterprise.credit_code = entry.enterprise_code
LEFT JOIN LATERAL (
    SELECT name_zh, name_en FROM unit WHERE entry.subject_kind = 'unit' AND code = entry.subject_code
    UNION ALL
    SELECT name_zh, name_en
    FROM enterprise
    WHERE entry.subject_kind = 'enterprise' AND credit_code = entry.subject_code
    UNION ALL
    SELECT name_zh, name_en FROM park WHERE entry.subject_kind = 'park' AND code = entry.subject_code
    UNION ALL
    SELECT name_zh, name_en FROM area WHERE entry.subject_kind = 'area' AND code = entry.subject_code
    UNION ALL
    SELECT name, name FROM gateway WHERE entry.subject_kind = 'gateway' AND code = entry.subject_code
    UNION ALL
    SELECT name_zh, name_en FROM meter WHERE entry.subject_kind = 'meter' AND code = entry.subject_code
) AS subject ON true;

-- part: text_is_in_entry(q)
-- Each list of names is searched once, not once an alert.
(
    entry.rule ILIKE :q
    OR entry.subject_code ILIKE :q
    OR entry.enterprise_code ILIKE :q
    OR (entry.rule, entry.rule_version) IN (
        SELECT slug, version
        FROM rule_version
        WHERE body -> 'title' ->> 'zh' ILIKE :q OR body -> 'title' ->> 'en' ILIKE :q
    )
    OR entry.enterprise_code IN (SELECT credit_code FROM enterprise WHERE name_zh ILIKE :q OR name_en ILIKE :q)
    OR entry.park_code IN (SELECT code FROM park WHERE name_zh ILIKE :q OR name_en ILIKE :q)
    OR entry.area_code IN (SELECT code FROM area WHERE name_zh ILIKE :q OR name_en ILIKE :q)
    OR (entry.subject_kind, entry.subject_code) IN (
        SELECT 'unit', code FROM unit WHERE name_zh ILIKE :q OR name_en ILIKE :q
        UNION ALL
        SELECT 'meter', code FROM meter WHERE name_zh ILIKE :q OR name_en ILIKE :q
        UNION ALL
        SELECT 'gateway', code FROM gateway WHERE name ILIKE :q
    )
);

-- name: case(alert_id)
SELECT
    alert.severity,
    alert.fired_at,
    alert.resolved_at,
    alert.area_code,
    alert.enterprise_code,
    area.level,
    (
        SELECT max(at) FROM alert_event WHERE alert_event.alert_id = alert.alert_id AND kind = 'reopened'
    ) AS reopened_at
FROM alert
LEFT JOIN area ON area.code = alert.area_code
WHERE alert.alert_id = :alert_id;

-- name: rule_of_alert(rule, rule_version)
SELECT body
FROM rule_version
WHERE slug = :rule
    AND version = :rule_version;

-- name: state_of_alert(alert_id)
SELECT state, since, cannot_since, cannot_reasons, evaluated_at
FROM alert_state
WHERE alert_id = :alert_id;

-- name: events(alert_id)
SELECT event_id, at, kind, detail
FROM alert_event
WHERE alert_id = :alert_id
ORDER BY at, event_id;

-- name: steps(alert_id)
SELECT alert_step.*, user_account.display_name
FROM alert_step
LEFT JOIN user_account ON user_account.name = alert_step.account
WHERE alert_step.alert_id = :alert_id
ORDER BY alert_step.step_id;

-- name: hold_steps(family, alert_id)
-- One step of an alert follows another, without waiting for the alert service to finish with its row.
SELECT pg_advisory_xact_lock(:family, hashint8(:alert_id));

-- name: append_step(alert_id, at, actor, action, text, due_on, reference)
INSERT INTO alert_step (alert_id, at, actor, action, text, due_on, reference)
VALUES (:alert_id, :at, :actor, :action, :text, :due_on, :reference)
RETURNING step_id;
