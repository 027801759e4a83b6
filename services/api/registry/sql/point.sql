-- name: select()
-- Points that are meters or that nobody wants, and such as came and nobody has mapped or ignored yet.
SELECT
    point.gateway_code AS gateway,
    point.name,
    CASE WHEN point.is_pattern THEN 'pattern' WHEN point.meter_id IS NULL THEN 'ignored' ELSE 'mapped' END AS state,
    meter.code AS meter,
    point.unit_of_measure,
    point.factor::double precision AS factor,
    NULL::timestamptz AS first_seen_at,
    NULL::timestamptz AS last_seen_at,
    NULL::bigint AS readings,
    NULL::timestamptz AS last_ts,
    NULL::double precision AS last_value,
    NULL::text AS last_unit,
    NULL::bigint AS unread,
    NULL::text AS last_unread,
    NULL::text AS last_unread_code,
    gateway.enterprise_id
FROM point
JOIN gateway ON gateway.code = point.gateway_code
LEFT JOIN meter USING (meter_id)
UNION ALL
SELECT
    seen.gateway_code,
    seen.name,
    'unknown',
    NULL,
    NULL,
    NULL,
    seen.first_seen_at,
    seen.last_seen_at,
    seen.readings,
    seen.last_ts,
    seen.last_value,
    seen.last_unit,
    seen.unread,
    seen.last_unread,
    seen.last_unread_code,
    gateway.enterprise_id
FROM unknown_point AS seen
JOIN gateway ON gateway.code = seen.gateway_code
WHERE NOT EXISTS (
    SELECT
    FROM point
    WHERE point.gateway_code = seen.gateway_code AND point.name = seen.name AND NOT point.is_pattern
);

-- name: gateway(code)
SELECT code
FROM gateway
WHERE code = :code;

-- name: meters(gateway, codes)
-- Of these meters those that are registered, with their unit, and whether they are or were this gateway's.
SELECT
    meter.code,
    meter.unit_of_measure,
    meter.kind,
    EXISTS (
        SELECT
        FROM meter_term_now AS term
        JOIN gateway ON gateway.gateway_id = term.gateway_id
        WHERE term.meter_id = meter.meter_id AND gateway.code = :gateway
    ) AS is_theirs
FROM meter
WHERE meter.code = ANY (:codes ::text[]);

-- name: set(gateway, rows)
INSERT INTO point (gateway_code, name, is_pattern, meter_id, unit_of_measure, factor)
SELECT :gateway, given.name, given.is_pattern, meter.meter_id, given.unit_of_measure, given.factor
FROM json_to_recordset(CAST(:rows AS json))
    AS given (name text, is_pattern boolean, meter text, unit_of_measure text, factor numeric)
LEFT JOIN meter ON meter.code = given.meter
ON CONFLICT (gateway_code, name, is_pattern) DO UPDATE
SET
    meter_id = excluded.meter_id,
    unit_of_measure = excluded.unit_of_measure,
    factor = excluded.factor;

-- name: unknown_names(gateway)
SELECT name
FROM unknown_point
WHERE gateway_code = :gateway;

-- name: forget_unknown(gateway, names)
DELETE FROM unknown_point
WHERE gateway_code = :gateway AND name = ANY (:names ::text[]);

-- name: waits_for(gateway)
-- Points of an end device whose days are held while the moments of the same data code are a meter too.
SELECT
    of_days.name,
    of_moments.name AS moments
FROM point AS of_days
JOIN point AS of_moments
    ON of_moments.gateway_code = of_days.gateway_code
    AND of_moments.name = left(of_days.name, -1) || '0'
    AND of_moments.meter_id IS NOT NULL
JOIN necc_device ON necc_device.gateway_code = of_days.gateway_code
WHERE of_days.gateway_code = :gateway
    AND right(of_days.name, 2) = '/1'
    AND NOT of_days.is_pattern
    AND of_days.meter_id IS NOT NULL
ORDER BY of_days.name;

-- name: remove_points(gateway, names, is_pattern)
DELETE FROM point
WHERE gateway_code = :gateway AND name = ANY (:names ::text[]) AND is_pattern = :is_pattern
RETURNING name;

-- name: held()
-- What a point held counts for: in the unit of the point, as it came.
SELECT
    held.held_id AS id,
    held.received_at,
    held.gateway_code AS gateway,
    held.point,
    held.ts,
    held.value,
    held.unit,
    nullif(held.flag, '') AS flag,
    held.why,
    held.outcome,
    held.taken_at
FROM held_reading AS held;

-- name: counts()
-- The order of the key is that of the rows, the newest day first.
SELECT
    gateway_code AS gateway,
    day,
    reason,
    readings,
    ((DATE '9999-12-31' - day) || '/' || gateway_code || '/' || reason) COLLATE "C" AS key
FROM foreign_count;
