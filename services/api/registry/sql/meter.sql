-- name: select()
SELECT
    unit.enterprise_id,
    meter.code,
    unit.code AS unit_code,
    gateway.code AS gateway_code,
    meter.name_zh,
    meter.name_en,
    meter.kind,
    meter.carrier,
    meter.flow,
    meter.negative_flow,
    meter.unit_of_measure,
    meter.multiplier,
    meter.register_size,
    meter.rated_per_hour,
    meter.interval_s,
    meter.stamp,
    meter.holds_s,
    meter.valid_from,
    meter.valid_to,
    meter.calibrated_until
FROM meter
JOIN unit USING (unit_id)
JOIN gateway USING (gateway_id);

-- name: existing(keys)
SELECT code
FROM codes_taken('meter', :keys) AS code;

-- name: units_of_carriers()
SELECT code, unit
FROM carrier;

-- name: has_readings(code)
SELECT EXISTS (
    SELECT 1
    FROM reading
    WHERE meter_id = (SELECT meter_id FROM meter WHERE code = :code)
);

-- name: insert(rows)
INSERT INTO meter (
    code, unit_id, gateway_id, name_zh, name_en, kind, carrier, flow, negative_flow, unit_of_measure,
    multiplier, register_size, rated_per_hour, interval_s, stamp, holds_s, valid_from, valid_to, calibrated_until
)
SELECT
    entry.code,
    unit.unit_id,
    gateway.gateway_id,
    entry.name_zh,
    entry.name_en,
    entry.kind,
    entry.carrier,
    entry.flow,
    entry.negative_flow,
    entry.unit_of_measure,
    entry.multiplier,
    entry.register_size,
    entry.rated_per_hour,
    entry.interval_s,
    entry.stamp,
    entry.holds_s,
    entry.valid_from,
    entry.valid_to,
    entry.calibrated_until
FROM json_to_recordset(CAST(:rows AS json)) AS entry (
    code text,
    unit_code text,
    gateway_code text,
    name_zh text,
    name_en text,
    kind text,
    carrier text,
    flow text,
    negative_flow text,
    unit_of_measure text,
    multiplier double precision,
    register_size double precision,
    rated_per_hour double precision,
    interval_s integer,
    stamp text,
    holds_s integer,
    valid_from date,
    valid_to date,
    calibrated_until date
)
JOIN unit ON unit.code = entry.unit_code
JOIN gateway ON gateway.code = entry.gateway_code;

-- name: update(name_zh, name_en, carrier, flow, negative_flow, valid_from, valid_to, calibrated_until, code)
-- What else a meter has is that of its newest term.
UPDATE meter
SET name_zh = :name_zh,
    name_en = :name_en,
    carrier = :carrier,
    flow = :flow,
    negative_flow = :negative_flow,
    valid_from = :valid_from,
    valid_to = :valid_to,
    calibrated_until = :calibrated_until
WHERE code = :code;

-- name: delete(key)
DELETE FROM meter
WHERE code = :key;
