-- name: raise_revision()
UPDATE registry_revision
SET revision = revision + 1;

-- name: reinterpret_meter(from_ts, code)
WITH changed AS (
    INSERT INTO meter_change (meter_id, from_ts)
    SELECT meter_id, CAST(:from_ts AS timestamptz)
    FROM meter
    WHERE code = :code
    RETURNING meter_id, from_ts
)
INSERT INTO reinterpretation (meter_id, from_ts)
SELECT meter_id, from_ts
FROM changed;

-- name: reinterpret_enterprise(from_ts, credit_code)
-- The meters that belonged to it at any time since, those too that are by now of an enterprise that the account cannot see.
WITH changed AS (
    INSERT INTO meter_change (meter_id, from_ts)
    SELECT meter_id, CAST(:from_ts AS timestamptz)
    FROM meters_since(:credit_code, CAST(:from_ts AS timestamptz)) AS meter_id
    RETURNING meter_id, from_ts
)
INSERT INTO reinterpretation (meter_id, from_ts)
SELECT meter_id, from_ts
FROM changed;
