-- name: stored(meter_ids, times_ms, from_ms)
-- Those of these readings that are stored.
SELECT
    wanted.meter_id,
    wanted.ts_ms
FROM unnest(:meter_ids ::integer[], :times_ms ::bigint[]) AS wanted (meter_id, ts_ms)
INNER JOIN reading
    ON
        wanted.meter_id = reading.meter_id
        AND reading.ts = to_timestamp(wanted.ts_ms / 1000)
WHERE reading.ts >= to_timestamp(:from_ms ::bigint / 1000);

-- name: booked(meter_ids, times_ms, from_ms)
-- Those of these slots of meters that are booked.
SELECT
    wanted.meter_id,
    wanted.slot_ms
FROM unnest(:meter_ids ::integer[], :times_ms ::bigint[]) AS wanted (meter_id, slot_ms)
INNER JOIN energy_slot
    ON
        wanted.meter_id = energy_slot.meter_id
        AND energy_slot.slot = to_timestamp(wanted.slot_ms / 1000)
WHERE energy_slot.hour >= to_timestamp(:from_ms ::bigint / 1000);
