-- name: raise_revision()
UPDATE registry_revision
SET revision = revision + 1;

-- name: reinterpret_meter(from_ts, code)
INSERT INTO meter_change (meter_id, from_ts)
SELECT meter_id, CAST(:from_ts AS timestamptz)
FROM meter
WHERE code = :code;

-- name: reinterpret_enterprise(from_ts, credit_code)
INSERT INTO meter_change (meter_id, from_ts)
SELECT meter.meter_id, CAST(:from_ts AS timestamptz)
FROM meter
JOIN unit USING (unit_id)
JOIN enterprise USING (enterprise_id)
WHERE enterprise.credit_code = :credit_code;
