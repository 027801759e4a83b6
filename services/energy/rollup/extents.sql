-- name: extents(positions, meter_ids, starts, ends, from_ts, to_ts, most)
-- What dirty ranges hold, counted up to `most`, and the readings that lie next to each on either side; none before
-- `from_ts` or from `to_ts` on is looked at, which leaves the other chunks alone.
SELECT
    dirty.position,
    held.readings,
    held.first_ts,
    held.last_ts,
    before.ts AS before_ts,
    after.ts AS after_ts
FROM unnest(:positions ::integer[], :meter_ids ::integer[], :starts ::timestamptz[], :ends ::timestamptz[])
    AS dirty (position, meter_id, start_ts, end_ts)
CROSS JOIN LATERAL (
    SELECT count(*) AS readings, min(first.ts) AS first_ts, max(first.ts) AS last_ts
    FROM (
        SELECT reading.ts
        FROM reading
        WHERE
            reading.meter_id = dirty.meter_id
            AND reading.ts >= dirty.start_ts
            AND reading.ts < dirty.end_ts
            AND reading.ts >= :from_ts ::timestamptz
            AND reading.ts < :to_ts ::timestamptz
        ORDER BY reading.ts
        LIMIT :most
    ) AS first
) AS held
LEFT JOIN LATERAL (
    SELECT reading.ts
    FROM reading
    WHERE
        reading.meter_id = dirty.meter_id
        AND reading.ts < dirty.start_ts
        AND reading.ts >= :from_ts ::timestamptz
        AND reading.ts < :to_ts ::timestamptz
    ORDER BY reading.ts DESC
    LIMIT 1
) AS before ON TRUE
LEFT JOIN LATERAL (
    SELECT reading.ts
    FROM reading
    WHERE
        reading.meter_id = dirty.meter_id
        AND reading.ts >= dirty.end_ts
        AND reading.ts >= :from_ts ::timestamptz
        AND reading.ts < :to_ts ::timestamptz
    ORDER BY reading.ts
    LIMIT 1
) AS after ON TRUE;

-- name: neighbours(positions, meter_ids, from_ts, start_ts, end_ts, to_ts)
-- The last readings from `from_ts` to before `start_ts`, and the first ones from `end_ts` to before `to_ts`.
SELECT
    dirty.position,
    before.ts AS before_ts,
    after.ts AS after_ts
FROM unnest(:positions ::integer[], :meter_ids ::integer[]) AS dirty (position, meter_id)
LEFT JOIN LATERAL (
    SELECT reading.ts
    FROM reading
    WHERE
        reading.meter_id = dirty.meter_id
        AND reading.ts >= :from_ts ::timestamptz
        AND reading.ts < :start_ts ::timestamptz
    ORDER BY reading.ts DESC
    LIMIT 1
) AS before ON TRUE
LEFT JOIN LATERAL (
    SELECT reading.ts
    FROM reading
    WHERE
        reading.meter_id = dirty.meter_id
        AND reading.ts >= :end_ts ::timestamptz
        AND reading.ts < :to_ts ::timestamptz
    ORDER BY reading.ts
    LIMIT 1
) AS after ON TRUE;
