-- Where rules stand with subjects. `placed` adds where each subject is; conditions speak of its rows as `entry`.

-- name: placed()
SELECT
    alert_state.*,
    alert_state.cannot_since IS NOT NULL AS cannot_judge,
    alert_state.cannot_reasons -> 0 ->> 0 AS cannot_reason,
    place.area_code,
    place.park_code,
    place.enterprise_code
FROM alert_state
LEFT JOIN LATERAL (
    SELECT present.area_code, park.code AS park_code, enterprise.credit_code AS enterprise_code
    FROM (
        SELECT enterprise_id
        FROM enterprise
        WHERE alert_state.subject_kind = 'enterprise' AND credit_code = alert_state.subject_code
        UNION ALL
        SELECT enterprise_id FROM unit WHERE alert_state.subject_kind = 'unit' AND code = alert_state.subject_code
        UNION ALL
        SELECT enterprise_id FROM gateway WHERE alert_state.subject_kind = 'gateway' AND code = alert_state.subject_code
        UNION ALL
        SELECT unit.enterprise_id
        FROM meter
        JOIN unit USING (unit_id)
        WHERE alert_state.subject_kind = 'meter' AND meter.code = alert_state.subject_code
    ) AS owner
    JOIN enterprise USING (enterprise_id)
    LEFT JOIN LATERAL (
        SELECT area_code, park_id
        FROM membership
        WHERE membership.enterprise_id = owner.enterprise_id
            AND valid_from <= (now() AT TIME ZONE 'Asia/Shanghai')::date
        ORDER BY valid_from DESC
        LIMIT 1
    ) AS present ON true
    LEFT JOIN park USING (park_id)
    UNION ALL
    SELECT area_code, code, NULL FROM park WHERE alert_state.subject_kind = 'park' AND code = alert_state.subject_code
    UNION ALL
    SELECT code, NULL, NULL FROM area WHERE alert_state.subject_kind = 'area' AND code = alert_state.subject_code
) AS place ON true;
