-- name: waiting(parts)
-- Those of the parts of which anything waits, live or late; and the newest ten days of what is late.
SELECT
    own.part,
    fresh.is_there IS NOT NULL AS has_dirty,
    aside.days AS late_days
FROM unnest(:parts ::integer[]) WITH ORDINALITY AS own (part, place)
LEFT JOIN LATERAL (
    SELECT TRUE AS is_there FROM dirty_slot WHERE meter_part(meter_id) = own.part LIMIT 1
) AS fresh ON TRUE
LEFT JOIN LATERAL (
    SELECT date_bin('10 days', slot, timestamptz '1970-01-01 00:00:00+00') AS days
    FROM late_slot
    WHERE meter_part(meter_id) = own.part
    ORDER BY date_bin('10 days', slot, timestamptz '1970-01-01 00:00:00+00') DESC
    LIMIT 1
) AS aside ON TRUE
WHERE fresh.is_there OR aside.days IS NOT NULL
ORDER BY own.place;

-- name: take_dirty(part, most)
-- What is deleted here is committed, so the readings it stands for are seen by every later statement of the transaction. All in
-- one row, as they are fetched row by row much more slowly.
WITH taken AS (
    DELETE FROM dirty_slot
    WHERE
        meter_part(meter_id) = :part
        AND ctid = ANY (ARRAY(SELECT ctid FROM dirty_slot WHERE meter_part(meter_id) = :part LIMIT :most))
    RETURNING meter_id, slot
)
SELECT
    coalesce(array_agg(meter_id), '{}') AS meter_ids,
    coalesce(array_agg(slot), '{}') AS slots
FROM taken;

-- name: take_changes(parts, most, earliest, but)
-- What was booked by readings that are kept no longer stays as it is.
DELETE FROM meter_change
WHERE change_id IN (
    SELECT first_of_part.change_id
    FROM unnest(:parts ::integer[]) AS own (part)
    CROSS JOIN LATERAL (
        SELECT change_id
        FROM meter_change
        WHERE
            meter_part(meter_id) = own.part
            AND meter_id <> ALL (:but ::integer[])
        ORDER BY change_id
        LIMIT :most
    ) AS first_of_part
    ORDER BY first_of_part.change_id
    LIMIT :most
)
RETURNING meter_id, greatest(from_ts, :earliest ::timestamptz, (SELECT max(kept_from) FROM reading_edge)) AS from_ts;

-- name: put_aside(part, most, live_from)
-- Takes slots from the queue, hands out those from `live_from` on, and lays the older ones aside for later, in the order of
-- the meters: what is taken together then lies together, and neighbouring slots are booked as one range.
WITH taken AS (
    DELETE FROM dirty_slot
    WHERE
        meter_part(meter_id) = :part
        AND ctid = ANY (ARRAY(SELECT ctid FROM dirty_slot WHERE meter_part(meter_id) = :part LIMIT :most))
    RETURNING meter_id, slot
),
aside AS (
    INSERT INTO late_slot (meter_id, slot)
    SELECT DISTINCT meter_id, slot
    FROM taken
    WHERE slot < :live_from
    ORDER BY meter_id, slot
)
SELECT
    count(*) AS taken,
    coalesce(array_agg(meter_id) FILTER (WHERE slot >= :live_from), '{}') AS meter_ids,
    coalesce(array_agg(slot) FILTER (WHERE slot >= :live_from), '{}') AS slots
FROM taken;

-- name: take_late(part, from_days, from_meter, most, but)
-- Of the newest ten days first, and of these by meter and time; from a meter in some ten days on.
WITH taken AS (
    DELETE FROM late_slot
    WHERE
        meter_part(meter_id) = :part
        AND ctid = ANY (
            ARRAY(
                SELECT ctid
                FROM late_slot
                WHERE
                    meter_part(meter_id) = :part
                    AND date_bin('10 days', slot, timestamptz '1970-01-01 00:00:00+00') <= :from_days ::timestamptz
                    AND (
                        date_bin('10 days', slot, timestamptz '1970-01-01 00:00:00+00') < :from_days ::timestamptz
                        OR meter_id >= :from_meter
                    )
                    AND meter_id <> ALL (:but ::integer[])
                ORDER BY date_bin('10 days', slot, timestamptz '1970-01-01 00:00:00+00') DESC, meter_id, slot
                LIMIT :most
            )
        )
    RETURNING meter_id, slot
)
SELECT
    coalesce(array_agg(meter_id), '{}') AS meter_ids,
    coalesce(array_agg(slot), '{}') AS slots
FROM taken;

-- name: late_of(meter_id, most)
-- Late slots of one meter, which stay: the whole part is read, which is little beside what such a meter takes.
SELECT slot
FROM late_slot
WHERE
    meter_part(meter_id) = meter_part(:meter_id ::integer)
    AND meter_id = :meter_id ::integer
ORDER BY slot DESC
LIMIT :most;

-- name: drop_late_of(meter_id, slots)
DELETE FROM late_slot
WHERE
    meter_part(meter_id) = meter_part(:meter_id ::integer)
    AND meter_id = :meter_id ::integer
    AND slot = ANY (:slots ::timestamptz[])
RETURNING slot;

-- name: changes_of(meter_id, earliest)
SELECT
    change_id,
    greatest(from_ts, :earliest ::timestamptz, (SELECT max(kept_from) FROM reading_edge)) AS from_ts
FROM meter_change
WHERE
    meter_part(meter_id) = meter_part(:meter_id ::integer)
    AND meter_id = :meter_id ::integer;

-- name: drop_changes(change_ids)
DELETE FROM meter_change
WHERE change_id = ANY (:change_ids ::bigint[]);

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
