-- name: fired_for(alert_ids)
-- The periods for which these alerts fired, or were last judged to be in breach, and the version of the rule that judged.
SELECT
    alert.alert_id,
    alert.rule_version,
    (judged.observed ->> 'period_start')::timestamptz AS start_ts,
    (judged.observed ->> 'period_end')::timestamptz AS end_ts
FROM alert
LEFT JOIN LATERAL (
    SELECT detail -> 'evidence' -> 'observed' AS observed
    FROM alert_event
    WHERE alert_event.alert_id = alert.alert_id AND kind IN ('reopened', 'rule_changed')
    ORDER BY event_id DESC
    LIMIT 1
) AS again ON true
CROSS JOIN LATERAL (SELECT coalesce(again.observed, alert.evidence -> 'observed') AS observed) AS judged
WHERE
    alert.alert_id = ANY (:alert_ids)
    AND judged.observed ->> 'period_start' IS NOT NULL
    AND judged.observed ->> 'period_end' IS NOT NULL;

-- name: rebooked(alert_ids, starts, ends)
-- For which of these alerts readings of the period were given another meaning since they fired: by a term, replacement,
-- settlement, acceptance, membership or another change of the registry, or by a correction. Whether it matters to the period
-- is for the caller to see; one that began after the change was never read otherwise. What belonged to the subject counts, also by
-- terms that were withdrawn since.
WITH RECURSIVE asked AS (
    SELECT
        alert.alert_id,
        alert.subject_kind,
        alert.subject_code,
        ended.start_ts,
        ended.end_ts,
        greatest(
            alert.fired_at,
            (SELECT max(at) FROM alert_event WHERE alert_event.alert_id = alert.alert_id AND alert_event.kind = 'reopened')
        ) AS since
    FROM unnest(:alert_ids ::bigint[], :starts ::timestamptz[], :ends ::timestamptz[]) AS ended (alert_id, start_ts, end_ts)
    JOIN alert USING (alert_id)
),
changed AS (
    SELECT asked.alert_id, reinterpretation.meter_id
    FROM asked
    JOIN reinterpretation
        ON reinterpretation.changed_at >= asked.since
        AND reinterpretation.changed_at > asked.start_ts
        AND reinterpretation.from_ts < asked.end_ts
    UNION
    SELECT asked.alert_id, correction.meter_id
    FROM asked
    JOIN correction
        ON correction.recorded_at >= asked.since
        AND correction.recorded_at > asked.start_ts
        AND correction.ts >= asked.start_ts - interval '1 day'
        AND correction.ts < asked.end_ts + interval '1 day'
),
within AS (
    SELECT asked.alert_id, area.code
    FROM asked
    JOIN area ON asked.subject_kind = 'area' AND area.code = asked.subject_code
    UNION ALL
    SELECT within.alert_id, area.code
    FROM within
    JOIN area ON area.parent_code = within.code
)
SELECT DISTINCT asked.alert_id
FROM asked
JOIN changed USING (alert_id)
JOIN meter USING (meter_id)
JOIN meter_term AS term
    ON term.meter_id = changed.meter_id AND term.valid_from < asked.end_ts AND term.valid_to > asked.start_ts
JOIN unit ON unit.unit_id = term.unit_id
JOIN enterprise USING (enterprise_id)
LEFT JOIN membership ON membership.enterprise_id = enterprise.enterprise_id
LEFT JOIN park ON park.park_id = membership.park_id
WHERE
    CASE asked.subject_kind
        WHEN 'meter' THEN meter.code = asked.subject_code
        WHEN 'unit' THEN unit.code = asked.subject_code
        WHEN 'enterprise' THEN enterprise.credit_code = asked.subject_code
        WHEN 'park' THEN park.code = asked.subject_code
        WHEN 'area' THEN EXISTS (
            SELECT FROM within WHERE within.alert_id = asked.alert_id AND within.code = membership.area_code
        )
        ELSE false
    END;
