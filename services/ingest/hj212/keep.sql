-- name: keep_emissions(gateways, factors, grains, times, means, leasts, greatests, means_converted, leasts_converted, greatests_converted, amounts, flags, doubts, sent_factors, resents)
-- Those of which nothing stands. What differs from what stands is kept beside it; how many were new, and how many differ.
WITH given AS (
    SELECT
        gateway.gateway_id,
        sent.*
    FROM unnest(
        :gateways ::text[],
        :factors ::text[],
        :grains ::text[],
        :times ::timestamptz[],
        :means ::float8[],
        :leasts ::float8[],
        :greatests ::float8[],
        :means_converted ::float8[],
        :leasts_converted ::float8[],
        :greatests_converted ::float8[],
        :amounts ::float8[],
        :flags ::text[],
        :doubts ::text[],
        :sent_factors ::text[],
        :resents ::boolean[]
    ) AS sent (
        gateway_code, factor, grain, ts, mean, least, greatest, mean_converted, least_converted, greatest_converted,
        amount, flag, doubt, sent_factor, resent
    )
    JOIN gateway ON gateway.code = sent.gateway_code
),
new AS (
    INSERT INTO emission (
        gateway_id, factor, grain, ts, mean, least, greatest, mean_converted, least_converted, greatest_converted,
        amount, flag, doubt, sent_factor, resent, received_at
    )
    SELECT
        gateway_id, factor, grain, ts, mean, least, greatest, mean_converted, least_converted, greatest_converted,
        amount, flag, doubt, sent_factor, resent, now()
    FROM given
    ORDER BY gateway_id, grain, factor, ts
    ON CONFLICT DO NOTHING
    RETURNING gateway_id
),
later AS (
    INSERT INTO emission_later (
        gateway_id, factor, grain, ts, mean, least, greatest, mean_converted, least_converted, greatest_converted,
        amount, flag, doubt, resent, received_at
    )
    SELECT
        given.gateway_id, given.factor, given.grain, given.ts, given.mean, given.least, given.greatest,
        given.mean_converted, given.least_converted, given.greatest_converted, given.amount, given.flag, given.doubt, given.resent,
        now()
    FROM given
    JOIN emission AS stands USING (gateway_id, grain, factor, ts)
    WHERE (
        given.mean, given.least, given.greatest, given.mean_converted, given.least_converted, given.greatest_converted,
        given.amount, given.flag
    ) IS DISTINCT FROM (
        stands.mean, stands.least, stands.greatest, stands.mean_converted, stands.least_converted,
        stands.greatest_converted, stands.amount, stands.flag
    )
    ON CONFLICT DO NOTHING
    RETURNING gateway_id
)
SELECT
    (SELECT count(*) FROM new) AS new,
    (SELECT count(*) FROM later) AS later;

-- name: note_monitors(gateways, addresses, editions, connected, frames, odd_lengths, bad_crcs, no_keys, unfinished, noise_bytes)
-- Counts are those since the last note.
INSERT INTO monitor_state AS state (
    gateway_code, address, edition, connected, since, last_frame_at, frames, odd_length, bad_crc, no_key, unfinished,
    noise_bytes
)
SELECT
    said.gateway_code, said.address, said.edition, said.connected, now(), now(), said.frames, said.odd_length,
    said.bad_crc, said.no_key, said.unfinished, said.noise_bytes
FROM unnest(
    :gateways ::text[],
    :addresses ::text[],
    :editions ::text[],
    :connected ::boolean[],
    :frames ::bigint[],
    :odd_lengths ::bigint[],
    :bad_crcs ::bigint[],
    :no_keys ::bigint[],
    :unfinished ::bigint[],
    :noise_bytes ::bigint[]
) AS said (
    gateway_code, address, edition, connected, frames, odd_length, bad_crc, no_key, unfinished, noise_bytes
)
ORDER BY said.gateway_code
ON CONFLICT (gateway_code) DO UPDATE
SET
    address = excluded.address,
    edition = excluded.edition,
    connected = excluded.connected,
    since = CASE WHEN state.connected = excluded.connected THEN state.since ELSE excluded.since END,
    last_frame_at = CASE WHEN excluded.frames > 0 THEN excluded.last_frame_at ELSE state.last_frame_at END,
    frames = state.frames + excluded.frames,
    odd_length = state.odd_length + excluded.odd_length,
    bad_crc = state.bad_crc + excluded.bad_crc,
    no_key = state.no_key + excluded.no_key,
    unfinished = state.unfinished + excluded.unfinished,
    noise_bytes = state.noise_bytes + excluded.noise_bytes;

-- name: nobody_connected()
-- A process that begins has no connection.
UPDATE monitor_state
SET
    connected = FALSE,
    since = now()
WHERE connected;

-- name: drop_moments(before)
DELETE FROM emission
WHERE
    grain = 'moment'
    AND ts < :before;

-- name: missing_hours(gateways, from_ts, to_ts)
-- Hours of outlets that are due, over by `to_ts`, and of which no record came.
SELECT
    gateway.code AS gateway,
    due.ts
FROM outlet
JOIN gateway USING (gateway_id)
CROSS JOIN LATERAL generate_series(
    greatest(
        date_trunc('hour', :from_ts ::timestamptz), outlet.monitored_from ::timestamp AT TIME ZONE 'Asia/Shanghai'
    ),
    least(:to_ts ::timestamptz, outlet.monitored_to ::timestamp AT TIME ZONE 'Asia/Shanghai') - interval '1 hour',
    interval '1 hour'
) AS due (ts)
WHERE
    gateway.code = ANY (:gateways ::text[])
    AND NOT EXISTS (
        SELECT FROM emission
        WHERE
            emission.gateway_id = outlet.gateway_id
            AND emission.grain = 'hour'
            AND emission.ts = due.ts
    )
    AND NOT EXISTS (
        SELECT FROM outlet_stop
        WHERE
            outlet_stop.outlet_id = outlet.outlet_id
            AND outlet_stop.from_ts <= due.ts
            AND outlet_stop.to_ts >= due.ts + interval '1 hour'
    )
ORDER BY gateway.code, due.ts;
