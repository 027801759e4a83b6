-- name: next_batch()
SELECT nextval('stored_batch_number');

-- name: plan_for_each()
-- A plan for any parameters would open the chunks of all times; and to look in each of the few that are left costs a quarter of
-- TimescaleDB's way of leaving some out while it runs.
SELECT
    set_config('plan_cache_mode', 'force_custom_plan', TRUE) AS plans,
    set_config('timescaledb.enable_runtime_exclusion', 'off', TRUE) AS exclusion;

-- name: already_stored(meter_ids, times, from_ts, to_ts)
-- Which of these readings stand, by their place from 1 on, with the value that stands. All are from `from_ts` to before
-- `to_ts`, so that no other chunk is opened. OFFSET keeps each reading a look-up of its own.
SELECT
    wanted.position::integer,
    stored.value
FROM unnest(:meter_ids ::integer[], :times ::timestamptz[]) WITH ORDINALITY AS wanted (meter_id, ts, position)
CROSS JOIN LATERAL (
    SELECT reading.value
    FROM reading
    WHERE
        reading.meter_id = wanted.meter_id
        AND reading.ts = wanted.ts
        AND reading.ts >= :from_ts ::timestamptz
        AND reading.ts < :to_ts ::timestamptz
    OFFSET 0
) AS stored;

-- name: held_in_slots(positions, meter_ids, slots, from_ts, to_ts, most)
-- How many readings stand in these slots, counted up to `most`. All are from `from_ts` to before `to_ts`, as above.
SELECT
    wanted.position,
    held.readings
FROM unnest(:positions ::integer[], :meter_ids ::integer[], :slots ::timestamptz[])
    AS wanted (position, meter_id, slot)
CROSS JOIN LATERAL (
    SELECT count(*)::integer AS readings
    FROM (
        SELECT reading.ts
        FROM reading
        WHERE
            reading.meter_id = wanted.meter_id
            AND reading.ts >= wanted.slot
            AND reading.ts < wanted.slot + interval '15 minutes'
            AND reading.ts >= :from_ts ::timestamptz
            AND reading.ts < :to_ts ::timestamptz
        LIMIT :most
    ) AS counted
) AS held;

-- name: note_batch(batch_id, writer, readings, digest, first_ts, last_ts)
WITH noted AS (
    INSERT INTO stored_batch (batch_id, received_at, writer, readings, digest, first_ts, last_ts)
    VALUES (:batch_id, now(), :writer, :readings, :digest, :first_ts, :last_ts)
    RETURNING batch_id
)
INSERT INTO seal_due (kind, ref_id)
SELECT 'batch', batch_id
FROM noted;

-- name: keep_rejected_messages(gateways, claims, topics, payloads, sizes, codes, details)
INSERT INTO rejected_message (received_at, gateway_code, claimed, topic, payload, payload_bytes, code, detail)
SELECT now(), rejected.*
FROM unnest(
    CAST(:gateways AS text[]),
    CAST(:claims AS text[]),
    CAST(:topics AS text[]),
    CAST(:payloads AS bytea[]),
    CAST(:sizes AS integer[]),
    CAST(:codes AS text[]),
    CAST(:details AS text[])
) AS rejected;

-- name: keep_rejected_readings(rejected)
INSERT INTO rejected_reading (received_at, gateway_code, seq, meter_code, ts_text, value_text, code, detail)
SELECT
    now(),
    refused.gateway,
    refused.seq,
    refused.meter,
    refused.time,
    refused.value,
    refused.code,
    refused.detail
FROM json_to_recordset(CAST(:rejected AS json))
    AS refused (gateway text, seq bigint, meter text, "time" text, value text, code text, detail text);

-- name: known_meters()
-- A meter that does not say when it begins is in use as long as its enterprise is a member.
SELECT
    meter.code,
    meter.meter_id,
    gateway.code AS gateway_code,
    (
        extract(EPOCH FROM coalesce(meter.valid_from, membership.valid_from)::timestamp AT TIME ZONE 'Asia/Shanghai')
        * 1000000
    )::bigint AS in_use_from_us,
    nullif(term.valid_from, '-infinity') AS valid_from
FROM meter_term_now AS term
JOIN meter USING (meter_id)
JOIN gateway ON gateway.gateway_id = term.gateway_id
JOIN unit ON unit.unit_id = term.unit_id
LEFT JOIN (
    SELECT enterprise_id, min(valid_from) AS valid_from
    FROM membership
    GROUP BY enterprise_id
) AS membership ON membership.enterprise_id = unit.enterprise_id
ORDER BY term.meter_id, term.valid_from;

-- name: known_gateways()
SELECT
    code,
    keeps_days,
    corrections,
    EXISTS (SELECT FROM outlet WHERE outlet.gateway_id = gateway.gateway_id) AS is_monitor
FROM gateway;

-- name: known_points()
-- Each point with the terms of its meter, in order of time; one that is no meter once.
SELECT
    point.gateway_code,
    point.name,
    point.is_pattern,
    point.unit_of_measure,
    point.factor,
    meter.code AS meter,
    nullif(term.valid_from, '-infinity') AS valid_from,
    term.unit_of_measure AS meter_unit,
    term.kind,
    term.interval_s,
    term.stamp
FROM point
LEFT JOIN meter USING (meter_id)
LEFT JOIN meter_term_now AS term ON term.meter_id = meter.meter_id
ORDER BY point.point_id, term.valid_from;

-- name: known_profiles()
SELECT given.gateway_code, given.profile, given.version, written.document
FROM gateway_profile AS given
JOIN profile_version AS written ON written.name = given.profile AND written.version = given.version;

-- name: revision()
SELECT revision FROM registry_revision;

-- name: note_message(gateways)
INSERT INTO gateway_state (gateway_code, last_message_at)
SELECT
    heard.gateway_code,
    now()
FROM unnest(:gateways ::text[]) AS heard (gateway_code)
ORDER BY heard.gateway_code
ON CONFLICT (gateway_code) DO UPDATE
SET last_message_at = excluded.last_message_at;
