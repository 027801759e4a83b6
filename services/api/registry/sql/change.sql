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
-- The meters that belonged to it at any time since.
WITH changed AS (
    INSERT INTO meter_change (meter_id, from_ts)
    SELECT DISTINCT term.meter_id, CAST(:from_ts AS timestamptz)
    FROM meter_term_now AS term
    JOIN unit USING (unit_id)
    JOIN enterprise USING (enterprise_id)
    WHERE enterprise.credit_code = :credit_code
        AND term.valid_to > CAST(:from_ts AS timestamptz)
    RETURNING meter_id, from_ts
)
INSERT INTO reinterpretation (meter_id, from_ts)
SELECT meter_id, from_ts
FROM changed;
