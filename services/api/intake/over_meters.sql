-- Lists over meters: each row `entry` says of which meter it is, and whose that is now.

-- name: marked_readings(from_ts, to_ts)
SELECT
    mark.meter_id,
    mark.ts,
    mark.quality AS mark,
    meter.code AS meter,
    unit.code AS unit_code,
    enterprise.enterprise_id,
    enterprise.credit_code AS enterprise
FROM reading_mark AS mark
JOIN meter USING (meter_id)
JOIN unit USING (unit_id)
JOIN enterprise USING (enterprise_id)
WHERE mark.ts >= :from_ts ::timestamptz AND mark.ts < :to_ts ::timestamptz;

-- part: of_marked_reading()
SELECT
    reading.value,
    stored_batch.received_at,
    term.unit_of_measure,
    correction_now.correction_id,
    correction_now.kind,
    correction_now.value AS corrected_value,
    correction_now.author,
    correction_now.reason,
    correction_now.recorded_at
FROM (SELECT 1) AS one
LEFT JOIN reading ON reading.meter_id = entry.meter_id AND reading.ts = entry.ts
LEFT JOIN stored_batch USING (batch_id)
LEFT JOIN meter_term_now AS term
    ON term.meter_id = entry.meter_id AND term.valid_from <= entry.ts AND term.valid_to > entry.ts
LEFT JOIN correction_now ON correction_now.meter_id = entry.meter_id AND correction_now.ts = entry.ts;

-- name: acceptances()
SELECT
    acceptance.meter_id,
    acceptance.ts,
    acceptance.accepted_by,
    acceptance.reason,
    acceptance.accepted_at,
    reading.value,
    meter.code AS meter,
    unit.code AS unit_code,
    enterprise.enterprise_id,
    enterprise.credit_code AS enterprise
FROM reading_acceptance AS acceptance
JOIN meter USING (meter_id)
JOIN unit USING (unit_id)
JOIN enterprise USING (enterprise_id)
LEFT JOIN reading ON reading.meter_id = acceptance.meter_id AND reading.ts = acceptance.ts;

-- name: settlements()
SELECT
    settlement.settlement_id AS id,
    settlement.from_ts,
    settlement.to_ts,
    settlement.action,
    settlement.factor,
    settlement.reason,
    settlement.author,
    settlement.recorded_at,
    settlement.withdrawn_at,
    settlement.withdrawn_by,
    meter.code AS meter,
    unit.code AS unit_code,
    enterprise.enterprise_id,
    enterprise.credit_code AS enterprise
FROM settlement
JOIN meter USING (meter_id)
JOIN unit USING (unit_id)
JOIN enterprise USING (enterprise_id);
