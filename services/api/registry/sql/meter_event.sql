-- name: known_meter(code)
SELECT meter_id
FROM meter
JOIN unit USING (unit_id)
WHERE meter.code = :code;

-- name: registers_at(code, ts)
-- What the meter is from the moment on, and the register that it had until then.
SELECT held.kind, held.register_size AS first_size, before.kind AS kind_before, before.register_size AS final_size
FROM meter
JOIN meter_term_now AS held
    ON held.meter_id = meter.meter_id AND held.valid_from <= :ts AND held.valid_to > :ts
JOIN meter_term_now AS before
    ON before.meter_id = meter.meter_id AND before.valid_from < :ts AND before.valid_to >= :ts
WHERE meter.code = :code;

-- name: replacements(code)
SELECT replacement.ts, replacement.final_value, replacement.first_value, replacement.note, replacement.recorded_at,
    replacement.recorded_by
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
    term.kind,
    term.unit_of_measure,
    term.multiplier,
    term.interval_s,
    carrier.unit AS carrier_unit
FROM meter
JOIN carrier ON carrier.code = meter.carrier
JOIN reading USING (meter_id)
JOIN meter_term_now AS term
    ON term.meter_id = meter.meter_id AND term.valid_from <= reading.ts AND term.valid_to > reading.ts
LEFT JOIN correction_now ON correction_now.meter_id = meter.meter_id AND correction_now.ts = reading.ts
WHERE meter.code = :code
    AND reading.ts = :ts;

-- name: acceptances(code)
SELECT acceptance.ts, acceptance.accepted_by, acceptance.reason, acceptance.accepted_at
FROM reading_acceptance AS acceptance
JOIN meter USING (meter_id)
WHERE meter.code = :code
ORDER BY acceptance.ts;

-- name: insert_acceptance(ts, reason, code)
INSERT INTO reading_acceptance (meter_id, ts, reason)
SELECT meter_id, :ts, :reason
FROM meter
WHERE code = :code
ON CONFLICT DO NOTHING;

-- name: delete_acceptance(code, ts)
DELETE FROM reading_acceptance
USING meter
WHERE meter.meter_id = reading_acceptance.meter_id
    AND meter.code = :code
    AND reading_acceptance.ts = :ts;
