-- name: take_dirty(most)
-- What is deleted here is committed, so the readings it stands for are seen by every later statement of the transaction.
DELETE FROM dirty_slot
WHERE ctid = ANY (ARRAY(SELECT ctid FROM dirty_slot LIMIT :most))
RETURNING meter_id, slot;

-- name: take_changes(most, earliest)
DELETE FROM meter_change
WHERE change_id IN (SELECT change_id FROM meter_change ORDER BY change_id LIMIT :most)
RETURNING meter_id, greatest(from_ts, :earliest ::timestamptz) AS from_ts;

-- name: extents(positions, meter_ids, starts, ends, from_ts, to_ts, most)
-- What a dirty range holds, counted up to `most`, and the readings that lie next to it on either side; none before
-- `from_ts` or from `to_ts` on is looked at, which leaves most of a long history alone.
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

-- name: put_aside(most, live_from)
-- Takes slots from the queue, hands out those from `live_from` on, and lays the older ones aside for later, in the order of
-- the meters: what is taken together then lies together, and neighbouring slots are booked as one range.
WITH taken AS (
    DELETE FROM dirty_slot
    WHERE ctid = ANY (ARRAY(SELECT ctid FROM dirty_slot LIMIT :most))
    RETURNING meter_id, slot
),
aside AS (
    INSERT INTO late_slot (meter_id, slot)
    SELECT DISTINCT meter_id, slot
    FROM taken
    WHERE slot < :live_from
    ORDER BY meter_id, slot
)
SELECT meter_id, slot
FROM taken
WHERE slot >= :live_from;

-- name: take_late(most)
DELETE FROM late_slot
WHERE ctid = ANY (ARRAY(SELECT ctid FROM late_slot LIMIT :most))
RETURNING meter_id, slot;

-- name: lay_aside(meter_ids, slots)
INSERT INTO late_slot (meter_id, slot)
SELECT meter_id, slot
FROM unnest(:meter_ids ::integer[], :slots ::timestamptz[]) AS old (meter_id, slot);

-- name: put_back_slots(meter_ids, slots)
INSERT INTO dirty_slot (meter_id, slot)
SELECT meter_id, slot
FROM unnest(:meter_ids ::integer[], :slots ::timestamptz[]) AS left_over (meter_id, slot);

-- name: put_back_changes(meter_ids, from_times)
INSERT INTO meter_change (meter_id, from_ts)
SELECT meter_id, from_ts
FROM unnest(:meter_ids ::integer[], :from_times ::timestamptz[]) AS left_over (meter_id, from_ts);
