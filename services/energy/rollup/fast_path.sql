-- name: marked_windows(meter_ids, starts, ends)
-- Those of the windows of whose meter a reading was ever judged to be odd, or is corrected. Special are those with such a
-- reading in them, or whose register has changed its unit.
SELECT
    listed.position,
    EXISTS (SELECT FROM correction WHERE correction.meter_id = listed.meter_id)
    OR EXISTS (
        SELECT
        FROM reading_mark
        WHERE
            reading_mark.meter_id = listed.meter_id
            AND reading_mark.ts >= listed.start_ts
            AND reading_mark.ts < listed.end_ts
    )
    OR EXISTS (
        SELECT
        FROM reading_mark
        WHERE reading_mark.meter_id = listed.meter_id AND reading_mark.quality IN (10, 11)
    ) AS is_special
FROM unnest(:meter_ids ::integer[], :starts ::timestamptz[], :ends ::timestamptz[])
    WITH ORDINALITY AS listed (meter_id, start_ts, end_ts, position)
WHERE
    EXISTS (SELECT FROM correction WHERE correction.meter_id = listed.meter_id)
    OR EXISTS (SELECT FROM reading_mark WHERE reading_mark.meter_id = listed.meter_id);

-- name: fast_path_readings(meter_ids, starts, ends, most, from_ts, to_ts)
-- Of each window the first readings, at most so many: all in one row, as they are fetched row by row much more slowly. None
-- before `from_ts` or from `to_ts` on is looked at, which leaves the other chunks alone.
SELECT
    array_agg(wanted.position::integer) AS positions,
    array_agg(near.ts) AS times,
    array_agg(near.value) AS values
FROM unnest(:meter_ids ::integer[], :starts ::timestamptz[], :ends ::timestamptz[], :most ::integer[])
    WITH ORDINALITY AS wanted (meter_id, start_ts, end_ts, most, position)
CROSS JOIN LATERAL (
    SELECT reading.ts, reading.value
    FROM reading
    WHERE
        reading.meter_id = wanted.meter_id
        AND reading.ts >= wanted.start_ts
        AND reading.ts < wanted.end_ts
        AND reading.ts >= :from_ts ::timestamptz
        AND reading.ts < :to_ts ::timestamptz
    ORDER BY reading.ts
    LIMIT wanted.most
) AS near;

-- name: going_on(meter_ids, ends, from_ts, to_ts)
-- Those of the windows after whose end their meter has readings, of those from one time to before another. The subquery
-- looks for one of each by the index.
SELECT listed.position
FROM unnest(:meter_ids ::integer[], :ends ::timestamptz[]) WITH ORDINALITY AS listed (meter_id, end_ts, position)
WHERE (
    SELECT reading.ts
    FROM reading
    WHERE
        reading.meter_id = listed.meter_id
        AND reading.ts >= listed.end_ts
        AND reading.ts >= :from_ts ::timestamptz
        AND reading.ts < :to_ts ::timestamptz
    ORDER BY reading.ts
    LIMIT 1
) IS NOT NULL;

-- name: begun(meter_ids, starts, from_ts, to_ts)
-- Those of the windows before whose start their meter has readings, of those from one time to before another.
SELECT listed.position
FROM unnest(:meter_ids ::integer[], :starts ::timestamptz[]) WITH ORDINALITY AS listed (meter_id, start_ts, position)
WHERE (
    SELECT reading.ts
    FROM reading
    WHERE
        reading.meter_id = listed.meter_id
        AND reading.ts < listed.start_ts
        AND reading.ts >= :from_ts ::timestamptz
        AND reading.ts < :to_ts ::timestamptz
    ORDER BY reading.ts DESC
    LIMIT 1
) IS NOT NULL;
