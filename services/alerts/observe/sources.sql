-- name: reading_ranges(kind, codes, from_ts, to_ts)
-- First and last reading of each meter of these units or enterprises in a period.
SELECT
    CASE :kind WHEN 'unit' THEN unit.code ELSE enterprise.credit_code END AS subject,
    meter.code,
    first_reading.ts AS first_at,
    first_reading.value AS first_value,
    last_reading.ts AS last_at,
    last_reading.value AS last_value
FROM unit
JOIN enterprise USING (enterprise_id)
JOIN (
    SELECT meter_id, unit_id, min(valid_from) AS valid_from, max(valid_to) AS valid_to
    FROM meter_term_now
    GROUP BY meter_id, unit_id
) AS held USING (unit_id)
JOIN meter USING (meter_id)
JOIN LATERAL (
    SELECT reading.ts, reading.value
    FROM reading
    WHERE
        reading.meter_id = held.meter_id
        AND reading.ts >= greatest(:from_ts ::timestamptz, held.valid_from)
        AND reading.ts < least(:to_ts ::timestamptz, held.valid_to)
    ORDER BY reading.ts
    LIMIT 1
) AS first_reading ON true
JOIN LATERAL (
    SELECT reading.ts, reading.value
    FROM reading
    WHERE
        reading.meter_id = held.meter_id
        AND reading.ts >= greatest(:from_ts ::timestamptz, held.valid_from)
        AND reading.ts < least(:to_ts ::timestamptz, held.valid_to)
    ORDER BY reading.ts DESC
    LIMIT 1
) AS last_reading ON true
WHERE CASE :kind WHEN 'unit' THEN unit.code ELSE enterprise.credit_code END = ANY (:codes ::text[])
ORDER BY 1, 2;

-- name: gateways(today, now)
-- Gateways of which readings are expected today, with the place of their enterprise.
SELECT
    gateway.code,
    coalesce(gateway.name, gateway.code) AS name_zh,
    coalesce(gateway.name, gateway.code) AS name_en,
    enterprise.credit_code,
    enterprise.trade,
    home.area_code,
    home.park_code,
    state.last_message_at,
    expected.since AS expected_since,
    expected.meters,
    greatest(state.last_message_at, least(expected.since ::timestamp AT TIME ZONE 'Asia/Shanghai', :now)) AS heard_at
FROM gateway
JOIN enterprise USING (enterprise_id)
JOIN (
    SELECT present.gateway_id, min(held.from_day) AS since, count(DISTINCT abs(present.meter_id)) AS meters
    FROM tenure AS present
    JOIN tenure AS held USING (meter_id, gateway_id)
    WHERE present.from_day <= :today ::date AND present.to_day > :today ::date AND held.from_day <= :today ::date
    GROUP BY present.gateway_id
) AS expected USING (gateway_id)
LEFT JOIN gateway_state AS state ON state.gateway_code = gateway.code
LEFT JOIN LATERAL (
    SELECT membership.area_code, park.code AS park_code
    FROM membership
    LEFT JOIN park USING (park_id)
    WHERE membership.enterprise_id = enterprise.enterprise_id AND membership.valid_from <= :today ::date
    ORDER BY membership.valid_from DESC
    LIMIT 1
) AS home ON true
ORDER BY gateway.code;

-- name: calibrations(today)
-- Meters in use whose calibration is registered, with the place of their enterprise.
SELECT
    meter.code,
    meter.name_zh,
    coalesce(meter.name_en, meter.name_zh) AS name_en,
    meter.calibrated_until,
    unit.code AS unit_code,
    enterprise.credit_code,
    enterprise.trade,
    tenure.area_code,
    park.code AS park_code
FROM meter
JOIN tenure USING (meter_id)
JOIN unit ON unit.unit_id = tenure.unit_id
JOIN enterprise ON enterprise.enterprise_id = unit.enterprise_id
LEFT JOIN park ON park.park_id = tenure.park_id
WHERE
    meter.calibrated_until IS NOT NULL
    AND tenure.from_day <= :today ::date
    AND tenure.to_day > :today ::date
ORDER BY meter.code;

-- name: budgets(owner_kind, kind, period)
SELECT owner_code, version, value
FROM statistic_now
WHERE owner_kind = :owner_kind AND kind = :kind AND period = :period;

-- name: findings(check_slug, from_day, to_day, today)
-- Whom a check has found something of in these days, and what, the greatest first; with the place as of today of the
-- enterprise to which they belonged on the day.
WITH named AS (
    SELECT * FROM finding WHERE check_slug = :check_slug AND day >= :from_day ::date AND day < :to_day ::date
),
subject AS (
    SELECT 'meter' AS kind, meter.code, meter.name_zh, meter.name_en, unit.enterprise_id, term.valid_from, term.valid_to
    FROM meter
    JOIN meter_term_now AS term USING (meter_id)
    JOIN unit ON unit.unit_id = term.unit_id
    UNION ALL
    SELECT 'unit', code, name_zh, name_en, enterprise_id, '-infinity', 'infinity'
    FROM unit
    UNION ALL
    SELECT 'enterprise', credit_code, name_zh, name_en, enterprise_id, '-infinity', 'infinity'
    FROM enterprise
    UNION ALL
    SELECT 'gateway', code, coalesce(name, code), name, enterprise_id, '-infinity', 'infinity'
    FROM gateway
)
SELECT
    named.subject_code AS code,
    subject.name_zh,
    coalesce(subject.name_en, subject.name_zh) AS name_en,
    enterprise.credit_code,
    enterprise.trade,
    home.area_code,
    home.park_code,
    named.day,
    named.starts_at,
    named.ends_at,
    named.value,
    named.limit_value,
    named.detail
FROM named
JOIN subject
    ON subject.kind = named.subject_kind
    AND subject.code = named.subject_code
    AND named.day ::timestamp AT TIME ZONE 'Asia/Shanghai' >= subject.valid_from
    AND named.day ::timestamp AT TIME ZONE 'Asia/Shanghai' < subject.valid_to
JOIN enterprise USING (enterprise_id)
LEFT JOIN LATERAL (
    SELECT membership.area_code, park.code AS park_code
    FROM membership
    LEFT JOIN park USING (park_id)
    WHERE membership.enterprise_id = enterprise.enterprise_id AND membership.valid_from <= :today ::date
    ORDER BY membership.valid_from DESC
    LIMIT 1
) AS home ON true
ORDER BY named.subject_code, named.value DESC, named.finding_id;

-- name: findings_of_areas(check_slug, from_day, to_day)
SELECT subject_code AS code, day, starts_at, ends_at, value, limit_value, detail
FROM finding
WHERE check_slug = :check_slug AND subject_kind = 'area' AND day >= :from_day ::date AND day < :to_day ::date
ORDER BY subject_code, value DESC, finding_id;

-- name: day_of_meters(from_day, to_day)
-- The last of these days on which the readings of each meter were checked.
SELECT meter.code, max(quality_day.day) AS day
FROM quality_day
JOIN meter USING (meter_id)
WHERE quality_day.checked AND quality_day.day >= :from_day ::date AND quality_day.day < :to_day ::date
GROUP BY meter.code;

-- name: day_of_region(from_day, to_day)
-- The last of these days that was checked as a whole.
SELECT max(day)
FROM quality_region_day
WHERE checked_at IS NOT NULL AND day >= :from_day ::date AND day < :to_day ::date;

-- name: outlets_at_limits(today, now)
-- Of each outlet whose hours are due and that does not stand still: the newest valid mean that is nearest to its limit,
-- or furthest above it. An hour is looked at for a day, a day for three.
SELECT
    watched.code,
    watched.name_zh,
    watched.name_en,
    watched.credit_code,
    watched.trade,
    watched.area_code,
    watched.park_code,
    watched.outlet,
    worst.factor,
    worst.grain,
    worst.ts,
    worst.mean,
    worst.number,
    worst.source
FROM watched_outlets(:today ::date, :now ::timestamptz) AS watched
JOIN LATERAL (
    SELECT
        limited.factor,
        limited.grain,
        limited.number,
        limited.source,
        newest.ts,
        newest.mean
    FROM (
        SELECT DISTINCT ON (factor, grain) factor, grain, number, converted, source
        FROM outlet_limit
        WHERE outlet_limit.outlet_id = watched.outlet_id AND valid_from <= :today ::date
        ORDER BY factor, grain, valid_from DESC
    ) AS limited
    JOIN LATERAL (
        SELECT
            emission.ts,
            CASE WHEN limited.converted THEN emission.mean_converted ELSE emission.mean END AS mean
        FROM emission
        WHERE
            emission.gateway_id = watched.gateway_id
            AND emission.grain = limited.grain
            AND emission.factor = limited.factor
            AND emission.valid
            AND emission.ts >= :now ::timestamptz - CASE limited.grain WHEN 'hour' THEN interval '1 day' ELSE interval '3 days' END
            AND emission.ts < :now ::timestamptz
        ORDER BY emission.ts DESC
        LIMIT 1
    ) AS newest ON newest.mean IS NOT NULL
    ORDER BY newest.mean / limited.number DESC, limited.factor, limited.grain
    LIMIT 1
) AS worst ON TRUE
ORDER BY watched.code;

-- name: monitors_heard(today, now)
-- Monitors whose hours are due, with the time since which nothing came.
SELECT
    watched.code,
    watched.name_zh,
    watched.name_en,
    watched.credit_code,
    watched.trade,
    watched.area_code,
    watched.park_code,
    watched.outlet,
    state.last_message_at,
    greatest(
        state.last_message_at,
        least(watched.monitored_from ::timestamp AT TIME ZONE 'Asia/Shanghai', :now ::timestamptz)
    ) AS heard_at
FROM watched_outlets(:today ::date, :now ::timestamptz) AS watched
LEFT JOIN gateway_state AS state ON state.gateway_code = watched.code
ORDER BY watched.code;

-- name: emissions_that_stay(today, now)
-- Of each outlet whose hours are due: for how many hours the newest valid means of a factor were the same, at most 72; the
-- longest run that is not zero, and the longest of zero.
SELECT
    watched.code,
    watched.name_zh,
    watched.name_en,
    watched.credit_code,
    watched.trade,
    watched.area_code,
    watched.park_code,
    watched.outlet,
    run.is_zero,
    run.factor,
    run.mean,
    run.hours
FROM watched_outlets(:today ::date, :now ::timestamptz) AS watched
JOIN LATERAL (
    SELECT DISTINCT ON (told.mean = 0)
        told.mean = 0 AS is_zero,
        told.factor,
        told.mean,
        count(*)::integer AS hours
    FROM (
        SELECT
            emission.factor,
            emission.ts,
            emission.mean,
            count(*) FILTER (WHERE emission.mean IS DISTINCT FROM newest.mean) OVER newest_first AS others
        FROM emission
        JOIN LATERAL (
            SELECT last.mean
            FROM emission AS last
            WHERE
                last.gateway_id = emission.gateway_id
                AND last.grain = 'hour'
                AND last.factor = emission.factor
                AND last.valid
                AND last.ts < :now ::timestamptz
            ORDER BY last.ts DESC
            LIMIT 1
        ) AS newest ON TRUE
        WHERE
            emission.gateway_id = watched.gateway_id
            AND emission.grain = 'hour'
            AND emission.valid
            AND emission.mean IS NOT NULL
            AND emission.ts >= :now ::timestamptz - interval '72 hours'
            AND emission.ts < :now ::timestamptz
        WINDOW newest_first AS (PARTITION BY emission.factor ORDER BY emission.ts DESC)
    ) AS told
    WHERE told.others = 0
    GROUP BY told.factor, told.mean
    ORDER BY told.mean = 0, hours DESC, told.factor
) AS run ON TRUE
ORDER BY watched.code;
