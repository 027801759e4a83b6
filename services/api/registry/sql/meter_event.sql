-- name: kind_of_meter(code)
SELECT kind, register_size
FROM meter
WHERE code = :code;

-- name: replacements(code)
SELECT replacement.ts, replacement.final_value, replacement.first_value, replacement.note, replacement.recorded_at
FROM meter_replacement AS replacement
JOIN meter USING (meter_id)
WHERE meter.code = :code
ORDER BY replacement.ts;

-- name: insert_replacement(ts, final_value, first_value, note, code)
INSERT INTO meter_replacement (meter_id, ts, final_value, first_value, note)
SELECT meter_id, :ts, :final_value, :first_value, :note
FROM meter
WHERE code = :code
ON CONFLICT DO NOTHING;

-- name: delete_replacement(code, ts)
DELETE FROM meter_replacement
USING meter
WHERE meter.meter_id = meter_replacement.meter_id
    AND meter.code = :code
    AND meter_replacement.ts = :ts;

-- name: reading_to_accept(code, ts)
-- The reading as it counts, and what must be known of its meter to say what is booked by it.
SELECT
    coalesce(correction_now.value, reading.value) AS value,
    meter.kind,
    meter.unit_of_measure,
    meter.multiplier,
    meter.interval_s,
    carrier.unit AS carrier_unit
FROM meter
JOIN carrier ON carrier.code = meter.carrier
JOIN reading USING (meter_id)
LEFT JOIN correction_now ON correction_now.meter_id = meter.meter_id AND correction_now.ts = reading.ts
WHERE meter.code = :code
    AND reading.ts = :ts;

-- name: acceptances(code)
SELECT acceptance.ts, acceptance.accepted_by, acceptance.reason, acceptance.accepted_at
FROM reading_acceptance AS acceptance
JOIN meter USING (meter_id)
WHERE meter.code = :code
ORDER BY acceptance.ts;

-- name: insert_acceptance(ts, accepted_by, reason, code)
INSERT INTO reading_acceptance (meter_id, ts, accepted_by, reason)
SELECT meter_id, :ts, :accepted_by, :reason
FROM meter
WHERE code = :code
ON CONFLICT DO NOTHING;

-- name: delete_acceptance(code, ts)
DELETE FROM reading_acceptance
USING meter
WHERE meter.meter_id = reading_acceptance.meter_id
    AND meter.code = :code
    AND reading_acceptance.ts = :ts;
