-- name: keep_held(gateways, points, times, values, units, flags, stands_for, whys)
-- Values beside the readings, once each.
INSERT INTO held_reading (received_at, gateway_code, point, ts, value, unit, flag, stands_for, why)
SELECT now(), gateway_code, point, ts, value, unit, flag, stands_for, why
FROM unnest(
    :gateways ::text[], :points ::text[], :times ::timestamptz[], :values ::float8[], :units ::text[],
    :flags ::text[], :stands_for ::text[], :whys ::text[]
) AS held (gateway_code, point, ts, value, unit, flag, stands_for, why)
ORDER BY gateway_code, point, ts, value, flag
ON CONFLICT DO NOTHING;

-- name: note_unknown(gateways, points, times, values, units, unread, codes)
-- What was seen of points that nobody knows: of each either time, value and unit, or what could not be read and why.
INSERT INTO unknown_point AS seen (
    gateway_code, name, first_seen_at, last_seen_at, readings, last_ts, last_value, last_unit,
    unread, last_unread, last_unread_code
)
SELECT
    gateway_code,
    point,
    now(),
    now(),
    count(ts),
    max(ts),
    (array_agg(value ORDER BY ts DESC, place DESC) FILTER (WHERE ts IS NOT NULL))[1],
    (array_agg(unit ORDER BY ts DESC, place DESC) FILTER (WHERE ts IS NOT NULL))[1],
    count(code),
    (array_agg(unread ORDER BY place DESC) FILTER (WHERE code IS NOT NULL))[1],
    (array_agg(code ORDER BY place DESC) FILTER (WHERE code IS NOT NULL))[1]
FROM unnest(
    :gateways ::text[], :points ::text[], :times ::timestamptz[], :values ::float8[], :units ::text[],
    :unread ::text[], :codes ::text[]
) WITH ORDINALITY AS given (gateway_code, point, ts, value, unit, unread, code, place)
GROUP BY gateway_code, point
ORDER BY gateway_code, point
ON CONFLICT (gateway_code, name) DO UPDATE
SET
    last_seen_at = excluded.last_seen_at,
    readings = seen.readings + excluded.readings,
    last_ts = greatest(seen.last_ts, excluded.last_ts),
    last_value = CASE WHEN excluded.last_ts < seen.last_ts OR excluded.last_ts IS NULL THEN seen.last_value ELSE excluded.last_value END,
    last_unit = CASE WHEN excluded.last_ts < seen.last_ts OR excluded.last_ts IS NULL THEN seen.last_unit ELSE excluded.last_unit END,
    unread = seen.unread + excluded.unread,
    last_unread = CASE WHEN excluded.unread = 0 THEN seen.last_unread ELSE excluded.last_unread END,
    last_unread_code = coalesce(excluded.last_unread_code, seen.last_unread_code);

-- name: keep_examples(gateways, reasons, sources, payloads, sizes)
INSERT INTO foreign_example (gateway_code, reason, received_at, source, payload, payload_bytes)
SELECT
    given.gateway_code,
    given.reason,
    now(),
    given.source,
    given.payload,
    given.payload_bytes
FROM unnest(:gateways ::text[], :reasons ::text[], :sources ::text[], :payloads ::bytea[], :sizes ::integer[])
    AS given (gateway_code, reason, source, payload, payload_bytes)
ORDER BY given.gateway_code, given.reason
ON CONFLICT (gateway_code, reason) DO UPDATE
SET
    received_at = excluded.received_at,
    source = excluded.source,
    payload = excluded.payload,
    payload_bytes = excluded.payload_bytes;

-- name: samples_due(gateways, most)
-- Those of which fewer than `most` messages are kept whole, or none of the last ten minutes.
SELECT asked.gateway_code
FROM unnest(:gateways ::text[]) AS asked (gateway_code)
CROSS JOIN LATERAL (
    SELECT count(*) AS messages, max(received_at) AS newest
    FROM foreign_message
    WHERE foreign_message.gateway_code = asked.gateway_code
) AS kept
WHERE kept.messages < :most OR kept.newest < now() - interval '10 minutes'
ORDER BY asked.gateway_code;

-- name: keep_samples(gateways, sources, retained, payloads)
INSERT INTO foreign_message (gateway_code, received_at, source, retained, payload)
SELECT given.gateway_code, now(), given.source, given.retained, given.payload
FROM unnest(:gateways ::text[], :sources ::text[], :retained ::boolean[], :payloads ::bytea[])
    AS given (gateway_code, source, retained, payload);

-- name: count_foreign(gateways, reasons, counts)
INSERT INTO foreign_count AS kept (gateway_code, day, reason, readings)
SELECT
    fresh.gateway_code,
    (now() AT TIME ZONE 'Asia/Shanghai')::date,
    fresh.reason,
    sum(fresh.readings)
FROM unnest(:gateways ::text[], :reasons ::text[], :counts ::bigint[]) AS fresh (gateway_code, reason, readings)
GROUP BY fresh.gateway_code, fresh.reason
ORDER BY fresh.gateway_code, fresh.reason
ON CONFLICT (gateway_code, day, reason) DO UPDATE
SET readings = kept.readings + excluded.readings;

-- name: open_held(gateway, point, booked, accept_flags, unknown_unit, most)
-- Held values of points that are meters by now, oldest first, whose unit is known, and whose flags let them be booked, or a person says so.
-- Of an end device one level of a data code is booked: its days (/1) wait while its moments (/0) are a meter, and these where the day
-- is there already.
SELECT
    held.held_id,
    held.point,
    held.ts,
    held.value,
    held.unit,
    held.flag,
    held.stands_for
FROM held_reading AS held
JOIN point
    ON point.gateway_code = held.gateway_code
    AND point.name = held.point
    AND NOT point.is_pattern
    AND point.meter_id IS NOT NULL
WHERE held.gateway_code = :gateway
    AND held.outcome IS NULL
    AND (:point ::text IS NULL OR held.point = :point)
    AND (held.unit <> :unknown_unit OR point.unit_of_measure IS NOT NULL)
    AND (held.flag = ANY (:booked ::text[]) OR :accept_flags ::boolean)
    AND NOT EXISTS (
        SELECT
        FROM necc_device
        JOIN point AS other
            ON other.gateway_code = necc_device.gateway_code
            AND other.name = left(held.point, -1) || CASE right(held.point, 1) WHEN '1' THEN '0' ELSE '1' END
            AND other.meter_id IS NOT NULL
        WHERE necc_device.gateway_code = held.gateway_code
            AND held.point ~ '/[01]$'
            AND (
                right(held.point, 2) = '/1'
                OR EXISTS (
                    SELECT
                    FROM reading
                    WHERE reading.meter_id = other.meter_id
                        AND reading.ts > held.ts - interval '1 day'
                        AND reading.ts <= held.ts + interval '1 day'
                )
            )
    )
ORDER BY held.held_id
LIMIT :most;

-- name: note_held(ids, meters, times, values)
-- A held value is taken if it is the one that stands for its meter and time now, or the one that counts by a correction; one without a meter is none.
WITH told AS (
    UPDATE held_reading
    SET
        taken_at = now(),
        outcome = CASE
            WHEN tried.stands IS NULL THEN 'refused'
            WHEN tried.value IN (tried.stands, tried.counts) THEN 'taken'
            ELSE 'conflict'
        END
    FROM (
        SELECT
            given.held_id,
            given.value,
            reading.value AS stands,
            (
                SELECT CASE correction.kind WHEN 'revoke' THEN NULL ELSE correction.value END
                FROM correction
                WHERE correction.meter_id = meter.meter_id AND correction.ts = given.ts
                ORDER BY correction.correction_id DESC
                LIMIT 1
            ) AS counts
        FROM unnest(:ids ::bigint[], :meters ::text[], :times ::timestamptz[], :values ::float8[])
            AS given (held_id, meter_code, ts, value)
        LEFT JOIN meter ON meter.code = given.meter_code
        LEFT JOIN reading ON reading.meter_id = meter.meter_id AND reading.ts = given.ts
    ) AS tried
    WHERE held_reading.held_id = tried.held_id AND held_reading.outcome IS NULL
    RETURNING held_reading.outcome
)
SELECT outcome, count(*) FROM told GROUP BY outcome;
