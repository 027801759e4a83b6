-- name: standing(positions, meter_ids, times)
-- What is stored for these readings, the correction that counts, and whether another may be recorded without a second person: the
-- energy since the reading before it is of the month of Asia/Shanghai that is not over.
SELECT
    wanted.position::integer AS place,
    stored.value AS stored,
    counting.kind,
    counting.value,
    counting.author,
    EXISTS (
        SELECT
        FROM reading AS earlier
        WHERE earlier.meter_id = wanted.meter_id
            AND earlier.ts < wanted.ts
            AND earlier.ts >= date_trunc('month', now() AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai'
    ) AS is_open
FROM unnest(:positions ::integer[], :meter_ids ::integer[], :times ::timestamptz[]) AS wanted (position, meter_id, ts)
JOIN reading AS stored ON stored.meter_id = wanted.meter_id AND stored.ts = wanted.ts
LEFT JOIN LATERAL (
    SELECT correction.kind, correction.value, correction.author
    FROM correction
    WHERE correction.meter_id = wanted.meter_id AND correction.ts = wanted.ts
    ORDER BY correction.correction_id DESC
    LIMIT 1
) AS counting ON TRUE;

-- name: accept(meter_ids, times, slots, originals, values, authors, reason)
-- Corrections in this order, their places in the queue of seals, and the slots that are to be booked again.
WITH given AS (
    SELECT *
    FROM unnest(
        :meter_ids ::integer[], :times ::timestamptz[], :slots ::timestamptz[], :originals ::float8[],
        :values ::float8[], :authors ::text[]
    ) WITH ORDINALITY AS accepted (meter_id, ts, slot, original_value, value, author, place)
),
recorded AS (
    INSERT INTO correction (meter_id, ts, kind, original_value, value, author, reason, recorded_at)
    SELECT meter_id, ts, 'replace', original_value, value, author, :reason, now()
    FROM given
    ORDER BY place
    RETURNING correction_id
),
due AS (
    INSERT INTO seal_due (kind, ref_id)
    SELECT 'correction', correction_id
    FROM recorded
)
INSERT INTO late_slot (meter_id, slot)
SELECT DISTINCT meter_id, slot
FROM given;
