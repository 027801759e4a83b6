-- name: windows(positions, meter_ids, starts, ends, before, after, from_ts, to_ts)
-- For each dirty range its readings and some on either side; one more than asked for on a side says that there are others.
-- None before `from_ts` or from `to_ts` on is looked at, which leaves the other chunks alone.
SELECT
    dirty.position,
    near.side,
    near.ts,
    near.value
FROM unnest(
    :positions ::integer[], :meter_ids ::integer[], :starts ::timestamptz[], :ends ::timestamptz[],
    :before ::integer[], :after ::integer[]
) AS dirty (position, meter_id, start_ts, end_ts, before_rows, after_rows)
CROSS JOIN LATERAL (
    (
        SELECT -1 AS side, reading.ts, reading.value
        FROM reading
        WHERE
            reading.meter_id = dirty.meter_id
            AND reading.ts < dirty.start_ts
            AND reading.ts >= :from_ts ::timestamptz
            AND reading.ts < :to_ts ::timestamptz
        ORDER BY reading.ts DESC
        LIMIT dirty.before_rows + 1
    )
    UNION ALL
    (
        SELECT 0 AS side, reading.ts, reading.value
        FROM reading
        WHERE
            reading.meter_id = dirty.meter_id
            AND reading.ts >= dirty.start_ts
            AND reading.ts < dirty.end_ts
            AND reading.ts >= :from_ts ::timestamptz
            AND reading.ts < :to_ts ::timestamptz
        ORDER BY reading.ts
    )
    UNION ALL
    (
        SELECT 1 AS side, reading.ts, reading.value
        FROM reading
        WHERE
            reading.meter_id = dirty.meter_id
            AND reading.ts >= dirty.end_ts
            AND reading.ts >= :from_ts ::timestamptz
            AND reading.ts < :to_ts ::timestamptz
        ORDER BY reading.ts
        LIMIT dirty.after_rows + 1
    )
) AS near;

-- name: earlier(positions, meter_ids, rows, from_ts, to_ts)
-- Of each meter so many of the last readings from `from_ts` to before `to_ts`.
SELECT
    wanted.position,
    near.ts,
    near.value
FROM unnest(:positions ::integer[], :meter_ids ::integer[], :rows ::integer[]) AS wanted (position, meter_id, rows)
CROSS JOIN LATERAL (
    SELECT reading.ts, reading.value
    FROM reading
    WHERE
        reading.meter_id = wanted.meter_id
        AND reading.ts >= :from_ts ::timestamptz
        AND reading.ts < :to_ts ::timestamptz
    ORDER BY reading.ts DESC
    LIMIT wanted.rows
) AS near;

-- name: later(positions, meter_ids, rows, from_ts, to_ts)
-- Of each meter so many of the first readings from `from_ts` to before `to_ts`.
SELECT
    wanted.position,
    near.ts,
    near.value
FROM unnest(:positions ::integer[], :meter_ids ::integer[], :rows ::integer[]) AS wanted (position, meter_id, rows)
CROSS JOIN LATERAL (
    SELECT reading.ts, reading.value
    FROM reading
    WHERE
        reading.meter_id = wanted.meter_id
        AND reading.ts >= :from_ts ::timestamptz
        AND reading.ts < :to_ts ::timestamptz
    ORDER BY reading.ts
    LIMIT wanted.rows
) AS near;

-- name: corrected_meters(meter_ids)
-- Those of the meters whose readings a person has corrected: few, so the others are read without asking for corrections.
SELECT listed.meter_id
FROM unnest(:meter_ids ::integer[]) AS listed (meter_id)
WHERE EXISTS (SELECT FROM correction WHERE correction.meter_id = listed.meter_id);

-- name: corrections(positions, meter_ids, starts, ends)
SELECT
    dirty.position,
    correction_now.ts,
    CASE WHEN correction_now.kind <> 'withdraw' THEN correction_now.value END AS value
FROM unnest(:positions ::integer[], :meter_ids ::integer[], :starts ::timestamptz[], :ends ::timestamptz[])
    AS dirty (position, meter_id, start_ts, end_ts)
CROSS JOIN LATERAL (
    SELECT *
    FROM correction_now AS counting
    WHERE
        counting.meter_id = dirty.meter_id
        AND counting.ts >= dirty.start_ts
        AND counting.ts <= dirty.end_ts
) AS correction_now;

-- name: marks(positions, meter_ids, starts, ends)
SELECT
    dirty.position,
    mark.ts,
    mark.quality
FROM unnest(:positions ::integer[], :meter_ids ::integer[], :starts ::timestamptz[], :ends ::timestamptz[])
    AS dirty (position, meter_id, start_ts, end_ts)
JOIN reading_mark AS mark
    ON mark.meter_id = dirty.meter_id AND mark.ts >= dirty.start_ts AND mark.ts <= dirty.end_ts;

-- name: unit_changes(positions, meter_ids, starts)
-- How often the register of each was found to change its unit before that time, by the mark that says so.
SELECT
    dirty.position,
    mark.quality,
    count(*)::integer AS times
FROM unnest(:positions ::integer[], :meter_ids ::integer[], :starts ::timestamptz[])
    AS dirty (position, meter_id, start_ts)
JOIN reading_mark AS mark
    ON mark.meter_id = dirty.meter_id AND mark.quality IN (10, 11) AND mark.ts < dirty.start_ts
GROUP BY dirty.position, mark.quality;
