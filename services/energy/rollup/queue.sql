-- name: take_dirty(most)
-- What is deleted here is committed, so the readings it stands for are seen by every later statement of the transaction.
DELETE FROM dirty_slot
WHERE ctid = ANY (ARRAY(SELECT ctid FROM dirty_slot LIMIT :most))
RETURNING meter_id, slot;

-- name: take_changes(most, earliest)
DELETE FROM meter_change
WHERE change_id IN (SELECT change_id FROM meter_change ORDER BY change_id LIMIT :most)
RETURNING meter_id, greatest(from_ts, :earliest ::timestamptz) AS from_ts;

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
