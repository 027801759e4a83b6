-- name: lock_meter(code)
-- One correction of a meter follows another.
SELECT meter_id
FROM meter
WHERE code = :code
FOR NO KEY UPDATE;

-- name: meter_id(code)
SELECT meter_id FROM meter JOIN unit USING (unit_id) WHERE meter.code = :code;

-- name: stands(meter_id, ts)
-- What is stored for a time, and the correction that counts; always one row.
SELECT
    reading.value AS stored,
    correction_now.kind,
    correction_now.value
FROM (SELECT CAST(:meter_id AS integer) AS meter_id, CAST(:ts AS timestamptz) AS ts) AS asked
LEFT JOIN reading ON reading.meter_id = :meter_id ::integer AND reading.ts = :ts ::timestamptz
LEFT JOIN correction_now ON correction_now.meter_id = :meter_id ::integer AND correction_now.ts = :ts ::timestamptz;

-- name: record(meter_id, ts, slot, kind, original_value, value, author, reason)
-- The correction, its place in the queue of seals, and the slot that is to be booked again.
WITH recorded AS (
    INSERT INTO correction (meter_id, ts, kind, original_value, value, author, reason, recorded_at)
    VALUES (:meter_id, :ts, :kind, :original_value, :value, :author, :reason, now())
    RETURNING correction_id
),
due AS (
    INSERT INTO seal_due (kind, ref_id)
    SELECT 'correction', correction_id
    FROM recorded
),
dirty AS (
    INSERT INTO dirty_slot (meter_id, slot)
    VALUES (:meter_id, :slot)
)
SELECT correction_id
FROM recorded;

-- name: corrections()
SELECT
    correction.meter_id,
    correction.correction_id AS id,
    correction.ts,
    correction.kind,
    correction.original_value,
    correction.value,
    correction.author,
    correction.reason,
    correction.recorded_at,
    correction_now.correction_id IS NOT NULL AS counts,
    reading.value AS stored_value,
    seal.seal_id AS seal,
    meter.code AS meter,
    unit.code AS unit_code,
    enterprise.enterprise_id,
    enterprise.credit_code AS enterprise
FROM correction
JOIN meter USING (meter_id)
-- Who once had the meter may see its correction and not whose it is now.
LEFT JOIN unit USING (unit_id)
LEFT JOIN enterprise USING (enterprise_id)
LEFT JOIN correction_now
    ON correction_now.meter_id = correction.meter_id
    AND correction_now.ts = correction.ts
    AND correction_now.correction_id = correction.correction_id
LEFT JOIN reading ON reading.meter_id = correction.meter_id AND reading.ts = correction.ts
LEFT JOIN seal ON seal.kind = 'correction' AND seal.ref_id = correction.correction_id;

-- name: head()
SELECT
    seal_id AS seal,
    encode(chain, 'hex') AS head,
    sealed_at,
    (SELECT count(*) FROM seal_due) AS waiting
FROM seal
ORDER BY seal_id DESC
LIMIT 1;
