-- `alerts` gives each alert with the status of its handling, what is to be done next and until when; conditions of lists
-- speak of one of its rows as `entry`. The rules of handling are those of services/alerts/state (handling, lateness), so
-- that lists can be narrowed and put in order by them; a test holds both to the same.
-- `names_of_entry` gives the names of a row `entry` that has rule, rule_version, subject_kind, subject_code, area_code,
-- park_code and enterprise_code.

-- name: alerts(acknowledge_severe_days, acknowledge_days, explain_working_days, plan_working_days, verify_working_days, close_working_days, holidays, worked_weekends)
SELECT
    alert.*,
    CASE WHEN alert.resolved_at IS NULL THEN 'firing' ELSE 'resolved' END AS state,
    array_position(ARRAY['notice', 'warning', 'severe'], alert.severity) AS gravity,
    standing.status,
    array_position(
        ARRAY['open', 'acknowledged', 'explained', 'planned', 'verified', 'closed'], standing.status
    ) AS progress,
    waiting.awaiting,
    CASE WHEN waiting.awaiting IS NOT NULL THEN waiting.due_on END AS due_on,
    -- By its last day, then by its severity: the smallest is the most urgent.
    CASE
        WHEN waiting.awaiting IS NOT NULL
            THEN 4 * (coalesce(waiting.due_on, DATE '9999-12-31') - DATE '2000-01-01')
                + array_position(ARRAY['severe', 'warning', 'notice'], alert.severity)
    END AS urgency
FROM alert
LEFT JOIN LATERAL (
    SELECT
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
    WHERE alert_step.alert_id = alert.alert_id AND action NOT IN ('comment', 'attach')
    ORDER BY step_id DESC
    LIMIT 1
) AS handled ON true
-- OFFSET 0: what is computed once is not put in place of each of its names.
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN again.at IS NOT NULL THEN 'open' ELSE coalesce(handled.status, 'open') END AS status,
        (coalesce(again.at, handled.at, alert.fired_at) AT TIME ZONE 'Asia/Shanghai') ::date AS since_day
    FROM (
        SELECT max(at) AS at
        FROM alert_event
        WHERE alert_event.alert_id = alert.alert_id
            AND alert.reopened > 0
            AND handled.status IN ('verified', 'closed')
            AND kind = 'reopened'
            AND alert_event.at > handled.at
    ) AS again
    OFFSET 0
) AS standing
CROSS JOIN LATERAL (
    SELECT
        CASE
            WHEN standing.status = 'closed' THEN NULL
            -- What ended before anyone took it up asks for nothing, unless it was severe.
            WHEN standing.status = 'open' AND alert.resolved_at IS NOT NULL AND alert.severity <> 'severe' THEN NULL
            WHEN alert.enterprise_code IS NULL THEN 'body'
            WHEN standing.status IN ('acknowledged', 'explained') THEN 'enterprise'
            -- Nothing is to be verified while the breach goes on: the enterprise rectifies.
            WHEN standing.status = 'planned' AND alert.resolved_at IS NULL THEN 'enterprise'
            ELSE 'body'
        END AS awaiting,
        CASE
            WHEN standing.status = 'open'
                THEN standing.since_day + CASE
                    WHEN alert.severity = 'severe' THEN CAST(:acknowledge_severe_days AS integer)
                    ELSE CAST(:acknowledge_days AS integer)
                END
            WHEN standing.status <> 'closed' THEN (
                SELECT ahead.day
                FROM (
                    SELECT
                        CASE standing.status
                            WHEN 'planned' THEN (
                                SELECT alert_step.due_on
                                FROM alert_step
                                WHERE alert_step.alert_id = alert.alert_id AND action = 'plan' AND alert_step.due_on IS NOT NULL
                                ORDER BY step_id DESC
                                LIMIT 1
                            )
                            ELSE standing.since_day
                        END AS day
                    OFFSET 0
                ) AS begun
                CROSS JOIN generate_series(1, 60) AS later
                CROSS JOIN LATERAL (SELECT begun.day + later AS day) AS ahead
                WHERE (extract(ISODOW FROM ahead.day) < 6 OR ahead.day = ANY (CAST(:worked_weekends AS date[])))
                    AND ahead.day <> ALL (CAST(:holidays AS date[]))
                ORDER BY ahead.day
                LIMIT 1
                OFFSET CASE standing.status
                    WHEN 'acknowledged' THEN CAST(:explain_working_days AS integer)
                    WHEN 'explained' THEN CAST(:plan_working_days AS integer)
                    WHEN 'planned' THEN CAST(:verify_working_days AS integer)
                    ELSE CAST(:close_working_days AS integer)
                END - 1
            )
        END AS due_on
    OFFSET 0
) AS waiting;

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

-- name: cases(alert_ids)
-- What decides how these alerts may be handled, with the steps taken so far.
SELECT
    alert.alert_id,
    alert.severity,
    alert.fired_at,
    alert.resolved_at,
    alert.enterprise_code,
    (
        SELECT max(at) FROM alert_event WHERE alert_event.alert_id = alert.alert_id AND kind = 'reopened'
    ) AS reopened_at,
    (
        SELECT jsonb_agg(jsonb_build_object('at', at, 'actor', actor, 'action', action, 'due_on', due_on) ORDER BY step_id)
        FROM alert_step
        WHERE alert_step.alert_id = alert.alert_id
    ) AS steps
FROM alert
WHERE alert.alert_id = ANY (:alert_ids);

-- name: rule_of_alert(rule, rule_version)
SELECT body
FROM rule_version
WHERE slug = :rule
    AND version = :rule_version;

-- name: alert_with_rule(alert_id)
-- An alert, and what its rule says in the version that judged it.
SELECT alert.*, rule_version.body
FROM alert
LEFT JOIN rule_version ON rule_version.slug = alert.rule AND rule_version.version = alert.rule_version
WHERE alert.alert_id = :alert_id;

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

-- name: hold_steps(family, alert_ids)
-- One step of an alert follows another, without waiting for the alert service to finish with its row. Held in the order
-- of `alert_ids`: those who hold several in one order do not wait for each other.
SELECT pg_advisory_xact_lock(:family, hashint8(alert_id))
FROM (SELECT unnest(CAST(:alert_ids AS bigint[])) AS alert_id OFFSET 0) AS held;

-- name: append_steps(rows)
INSERT INTO alert_step (alert_id, at, actor, action, text, due_on, reference)
SELECT alert_id, at, actor, action, text, due_on, reference
FROM jsonb_to_recordset(:rows) AS entry (
    alert_id bigint, at timestamptz, actor text, action text, text text, due_on date, reference text
)
RETURNING step_id, alert_id;
