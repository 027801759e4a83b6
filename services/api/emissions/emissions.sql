-- name: records()
-- What monitors said, with the limit that was permitted then.
SELECT
    emission.ts,
    emission.grain,
    emission.factor,
    gateway.code AS gateway,
    outlet.code AS outlet,
    emission.mean,
    emission.least,
    emission.greatest,
    emission.mean_converted,
    emission.least_converted,
    emission.greatest_converted,
    emission.amount,
    emission.flag,
    emission.valid,
    emission.doubt,
    permitted.number AS permitted,
    coalesce(permitted.converted, FALSE) AS permitted_converted,
    emission.sent_factor,
    emission.resent,
    emission.received_at,
    gateway.gateway_id
FROM emission
JOIN gateway USING (gateway_id)
LEFT JOIN outlet USING (gateway_id)
LEFT JOIN LATERAL (
    SELECT outlet_limit.number, outlet_limit.converted
    FROM outlet_limit
    WHERE
        outlet_limit.outlet_id = outlet.outlet_id
        AND outlet_limit.factor = emission.factor
        AND outlet_limit.grain = emission.grain
        AND outlet_limit.valid_from <= (emission.ts AT TIME ZONE 'Asia/Shanghai')::date
    ORDER BY outlet_limit.valid_from DESC
    LIMIT 1
) AS permitted ON TRUE;

-- name: due_hours(areas, enterprises, outlets, from_ts, to_ts)
-- Of each outlet whose hours are due: how many, of how many a record came, and of how many one that is valid.
WITH chosen AS (
    SELECT
        outlet.outlet_id,
        outlet.code,
        outlet.name_zh,
        outlet.gateway_id,
        enterprise.credit_code,
        greatest(:from_ts ::timestamptz, outlet.monitored_from::timestamp AT TIME ZONE 'Asia/Shanghai') AS from_ts,
        least(:to_ts ::timestamptz, outlet.monitored_to::timestamp AT TIME ZONE 'Asia/Shanghai') AS to_ts
    FROM outlet
    JOIN enterprise USING (enterprise_id)
    WHERE
        outlet.monitored_from IS NOT NULL
        AND (:outlets ::text[] IS NULL OR outlet.code = ANY (:outlets ::text[]))
        AND (:enterprises ::text[] IS NULL OR enterprise.credit_code = ANY (:enterprises ::text[]))
        AND (
            :areas ::text[] IS NULL
            OR outlet.enterprise_id IN (
                SELECT present.enterprise_id
                FROM (
                    SELECT DISTINCT ON (enterprise_id) enterprise_id, area_code
                    FROM membership
                    WHERE valid_from <= (now() AT TIME ZONE 'Asia/Shanghai')::date
                    ORDER BY enterprise_id, valid_from DESC
                ) AS present
                JOIN area ON area.code = present.area_code
                LEFT JOIN area AS league ON league.code = area.parent_code
                WHERE :areas ::text[] && ARRAY[area.code, area.parent_code, league.parent_code]
            )
        )
),
due AS (
    SELECT chosen.outlet_id, chosen.gateway_id, due_hour.ts
    FROM chosen
    CROSS JOIN LATERAL generate_series(chosen.from_ts, chosen.to_ts - interval '1 hour', interval '1 hour') AS due_hour (ts)
    WHERE NOT EXISTS (
        SELECT FROM outlet_stop
        WHERE
            outlet_stop.outlet_id = chosen.outlet_id
            AND outlet_stop.from_ts <= due_hour.ts
            AND outlet_stop.to_ts >= due_hour.ts + interval '1 hour'
    )
),
told AS (
    SELECT emission.gateway_id, emission.ts, bool_and(emission.valid) AS valid
    FROM emission
    WHERE
        emission.gateway_id IN (SELECT gateway_id FROM chosen)
        AND emission.grain = 'hour'
        AND emission.ts >= :from_ts ::timestamptz
        AND emission.ts < :to_ts ::timestamptz
        AND emission.doubt IS DISTINCT FROM 'unknown_factor'
    GROUP BY emission.gateway_id, emission.ts
)
SELECT
    chosen.code AS outlet,
    chosen.name_zh,
    chosen.credit_code,
    counted.due,
    counted.received,
    counted.valid
FROM chosen
CROSS JOIN LATERAL (
    SELECT
        count(*)::integer AS due,
        count(told.ts)::integer AS received,
        count(*) FILTER (WHERE told.valid)::integer AS valid
    FROM due
    LEFT JOIN told ON told.gateway_id = due.gateway_id AND told.ts = due.ts
    WHERE due.outlet_id = chosen.outlet_id
) AS counted
ORDER BY chosen.code;

-- name: amounts(areas, enterprises, outlets, factors, from_ts, to_ts)
-- By outlet and factor, what left in the hours that are valid: a sum of the decimals that were sent, exact in any order.
SELECT
    outlet.code AS outlet,
    outlet.name_zh,
    enterprise.credit_code,
    emission.factor,
    sum(emission.amount::numeric) FILTER (WHERE emission.valid) AS amount,
    count(emission.amount) FILTER (WHERE emission.valid)::integer AS hours_valid,
    count(*)::integer AS hours_received
FROM emission
JOIN outlet USING (gateway_id)
JOIN enterprise ON enterprise.enterprise_id = outlet.enterprise_id
WHERE
    emission.grain = 'hour'
    AND emission.ts >= :from_ts ::timestamptz
    AND emission.ts < :to_ts ::timestamptz
    AND (:outlets ::text[] IS NULL OR outlet.code = ANY (:outlets ::text[]))
    AND (:factors ::text[] IS NULL OR emission.factor = ANY (:factors ::text[]))
    AND (:enterprises ::text[] IS NULL OR enterprise.credit_code = ANY (:enterprises ::text[]))
    AND (
        :areas ::text[] IS NULL
        OR outlet.enterprise_id IN (
            SELECT present.enterprise_id
            FROM (
                SELECT DISTINCT ON (enterprise_id) enterprise_id, area_code
                FROM membership
                WHERE valid_from <= (now() AT TIME ZONE 'Asia/Shanghai')::date
                ORDER BY enterprise_id, valid_from DESC
            ) AS present
            JOIN area ON area.code = present.area_code
            LEFT JOIN area AS league ON league.code = area.parent_code
            WHERE :areas ::text[] && ARRAY[area.code, area.parent_code, league.parent_code]
        )
    )
GROUP BY outlet.code, outlet.name_zh, enterprise.credit_code, emission.factor
ORDER BY outlet.code, emission.factor;

-- name: monitors()
-- How each monitor speaks.
SELECT
    gateway.code AS gateway,
    outlet.code AS outlet,
    state.address AS peer,
    state.edition,
    state.connected,
    state.since,
    state.last_frame_at,
    state.frames,
    state.odd_length,
    state.bad_crc,
    state.no_key,
    state.unfinished,
    state.noise_bytes,
    (
        SELECT count(*)::integer
        FROM rejected_message
        WHERE rejected_message.claimed = gateway.code
    ) AS unproven
FROM monitor_state AS state
JOIN gateway ON gateway.code = state.gateway_code
LEFT JOIN outlet USING (gateway_id);

-- name: later()
-- What came later for a factor and time, beside what stands.
SELECT
    later.later_id AS id,
    later.received_at,
    later.ts,
    later.grain,
    later.factor,
    gateway.code AS gateway,
    outlet.code AS outlet,
    later.mean,
    later.mean_converted,
    later.amount,
    later.flag,
    later.doubt,
    later.resent,
    stands.mean AS stands_mean,
    stands.mean_converted AS stands_mean_converted,
    stands.amount AS stands_amount,
    stands.flag AS stands_flag,
    stands.doubt AS stands_doubt
FROM emission_later AS later
JOIN emission AS stands USING (gateway_id, grain, factor, ts)
JOIN gateway USING (gateway_id)
LEFT JOIN outlet USING (gateway_id);
