-- What waits for a decision, besides the alerts themselves.

-- name: body(code)
SELECT body.code, body.name_zh, body.name_en, body.area_code
FROM supervision_body AS body
WHERE body.code = :code;

-- name: silent_gateways(areas, most, offline_before)
-- Gateways that a rule on silence has found silent, or that went offline before a moment and have not come back; those
-- first that were not heard for longest; `total`: of all of them.
SELECT
    gateway.code,
    gateway.name,
    enterprise.credit_code AS enterprise_code,
    enterprise.name_zh AS enterprise_name_zh,
    enterprise.name_en AS enterprise_name_en,
    home.area_code,
    area.name_zh AS area_name_zh,
    area.name_en AS area_name_en,
    state.last_message_at,
    state.online,
    found.since,
    found.alert_ids,
    count(*) OVER () AS total
FROM (
    SELECT
        told.subject_code,
        min(told.since) AS since,
        array_agg(told.alert_id ORDER BY told.alert_id) FILTER (WHERE told.alert_id IS NOT NULL) AS alert_ids
    FROM (
        SELECT
            alert_state.subject_code,
            alert_state.since,
            CASE WHEN alert_state.state = 'firing' THEN alert_state.alert_id END AS alert_id
        FROM alert_state
        JOIN rule_now ON rule_now.slug = alert_state.rule
        WHERE
            alert_state.subject_kind = 'gateway'
            AND alert_state.state IN ('pending', 'firing')
            AND rule_now.body ->> 'indicator' = 'gateway_silence_s'
        UNION ALL
        SELECT gateway_code, status_at, NULL
        FROM gateway_state
        WHERE NOT online AND status_at < :offline_before ::timestamptz
    ) AS told
    GROUP BY told.subject_code
) AS found
JOIN gateway ON gateway.code = found.subject_code
JOIN enterprise USING (enterprise_id)
LEFT JOIN gateway_state AS state ON state.gateway_code = gateway.code
LEFT JOIN LATERAL (
    SELECT membership.area_code
    FROM membership
    WHERE membership.enterprise_id = enterprise.enterprise_id
        AND membership.valid_from <= (now() AT TIME ZONE 'Asia/Shanghai') ::date
    ORDER BY membership.valid_from DESC
    LIMIT 1
) AS home ON true
LEFT JOIN area ON area.code = home.area_code
WHERE :areas ::text[] IS NULL OR home.area_code = ANY (:areas ::text[])
ORDER BY state.last_message_at NULLS FIRST, gateway.code
LIMIT :most;

-- name: changes(since, areas)
-- What has happened since a moment; `answered`: steps that enterprises have taken.
WITH here AS (
    SELECT DISTINCT ON (membership.enterprise_id)
        membership.enterprise_id,
        membership.area_code
    FROM membership
    WHERE membership.valid_from <= (now() AT TIME ZONE 'Asia/Shanghai') ::date
    ORDER BY membership.enterprise_id, membership.valid_from DESC
)
SELECT
    (
        SELECT count(*)
        FROM alert
        WHERE fired_at >= :since AND (:areas ::text[] IS NULL OR area_code = ANY (:areas ::text[]))
    ) AS fired,
    (
        SELECT count(*)
        FROM alert
        WHERE resolved_at >= :since AND (:areas ::text[] IS NULL OR area_code = ANY (:areas ::text[]))
    ) AS resolved,
    (
        SELECT count(*)
        FROM alert_step
        JOIN alert USING (alert_id)
        WHERE alert_step.at >= :since
            AND starts_with(alert_step.actor, 'enterprise:')
            AND (:areas ::text[] IS NULL OR alert.area_code = ANY (:areas ::text[]))
    ) AS answered,
    (
        SELECT count(*)
        FROM correction
        JOIN meter USING (meter_id)
        JOIN unit USING (unit_id)
        LEFT JOIN here USING (enterprise_id)
        WHERE correction.recorded_at >= :since
            AND (:areas ::text[] IS NULL OR here.area_code = ANY (:areas ::text[]))
    ) AS corrections;
