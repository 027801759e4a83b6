-- name: meters(codes)
-- Those with these codes; all where no codes are given.
SELECT meter.meter_id, meter.code, carrier.unit
FROM meter
JOIN carrier ON carrier.code = meter.carrier
WHERE :codes ::text[] IS NULL OR meter.code = ANY (:codes ::text[])
ORDER BY meter.code;

-- name: strangers()
-- Numbers of which energy or marks are kept, and no meter is registered.
SELECT DISTINCT kept.meter_id
FROM (SELECT meter_id FROM energy_month UNION SELECT meter_id FROM reading_mark) AS kept
WHERE NOT EXISTS (SELECT FROM meter WHERE meter.meter_id = abs(kept.meter_id))
ORDER BY kept.meter_id;

-- name: odd_marks(known)
SELECT meter_id, ts, quality
FROM reading_mark
WHERE quality <> ALL (:known ::integer[])
ORDER BY meter_id, ts;

-- name: marked_other_directions()
SELECT DISTINCT -meter_id AS meter_id
FROM reading_mark
WHERE meter_id < 0;

-- name: slots_of(meter_ids, from_ts, to_ts)
-- How many slots are kept of these meters and their other directions in the months that touch a time.
SELECT coalesce(sum(slot_count), 0)::bigint AS slots
FROM energy_month
WHERE
    abs(meter_id) = ANY (:meter_ids ::integer[])
    AND month > :from_ts ::timestamptz - interval '31 days'
    AND month < :to_ts ::timestamptz;

-- name: accounts()
SELECT account_id, unit_id, enterprise_id, area_code, park_id, carrier, flow
FROM account;

-- name: named(unit_id, park_id)
SELECT
    (SELECT code FROM unit WHERE unit_id = :unit_id) AS unit,
    (SELECT code FROM park WHERE park_id = :park_id) AS park;

-- name: kept_slots(positions, meter_ids, starts, ends)
SELECT
    asked.position,
    kept.slot,
    kept.account_id,
    kept.quantity_pico,
    kept.measured_s,
    kept.quality
FROM unnest(:positions ::integer[], :meter_ids ::integer[], :starts ::timestamptz[], :ends ::timestamptz[])
    AS asked (position, meter_id, start_ts, end_ts)
CROSS JOIN LATERAL (
    SELECT slot, account_id, quantity_pico, measured_s, quality
    FROM energy_slot
    WHERE
        energy_slot.meter_id = asked.meter_id
        AND energy_slot.hour > asked.start_ts - interval '1 hour'
        AND energy_slot.hour < asked.end_ts
        AND energy_slot.slot >= asked.start_ts
        AND energy_slot.slot < asked.end_ts
) AS kept;

-- name: kept_marks(positions, meter_ids, starts, ends)
SELECT asked.position, mark.ts, mark.quality
FROM unnest(:positions ::integer[], :meter_ids ::integer[], :starts ::timestamptz[], :ends ::timestamptz[])
    AS asked (position, meter_id, start_ts, end_ts)
JOIN reading_mark AS mark
    ON mark.meter_id = asked.meter_id AND mark.ts >= asked.start_ts AND mark.ts < asked.end_ts;
