-- name: matrix_rows(by, meter_ids, unit_ids, areas, park_id, from_day, to_day, after, row_limit)
-- Meters, or enterprises, of whom readings are expected on some of these days, with whose they were last.
SELECT
    CASE :by WHEN 'meter' THEN meter.code ELSE enterprise.credit_code END AS code,
    (array_agg(unit.code ORDER BY tenure.from_day DESC))[1] AS unit,
    (array_agg(enterprise.credit_code ORDER BY tenure.from_day DESC))[1] AS enterprise,
    (array_agg(tenure.area_code ORDER BY tenure.from_day DESC))[1] AS area,
    array_agg(DISTINCT meter.meter_id) AS meter_ids
FROM tenure
JOIN meter USING (meter_id)
JOIN unit ON unit.unit_id = tenure.unit_id
JOIN enterprise ON enterprise.enterprise_id = unit.enterprise_id
WHERE
    tenure.from_day < :to_day ::date
    AND tenure.to_day > :from_day ::date
    AND (:meter_ids ::integer[] IS NULL OR tenure.meter_id = ANY (:meter_ids ::integer[]))
    AND (:unit_ids ::integer[] IS NULL OR tenure.unit_id = ANY (:unit_ids ::integer[]))
    AND (:areas ::text[] IS NULL OR tenure.area_code = ANY (:areas ::text[]))
    AND (:park_id ::integer IS NULL OR tenure.park_id = :park_id)
    AND CASE :by WHEN 'meter' THEN meter.code ELSE enterprise.credit_code END > :after
GROUP BY 1
ORDER BY 1
LIMIT :row_limit;

-- name: matrix_cells(by, meter_ids, unit_ids, areas, park_id, from_day, to_day, now, intervals, margin_s)
-- What is expected and counted of these meters, by row; each array has an entry for each day that has begun and on which
-- something is expected, `positions` says which day it is.
WITH each_day AS (
    SELECT
        (listed.position - 1)::integer AS position,
        listed.at ::date AS day,
        extract(EPOCH FROM listed.at AT TIME ZONE 'Asia/Shanghai')::double precision AS start_s,
        extract(EPOCH FROM least((listed.at + interval '1 day') AT TIME ZONE 'Asia/Shanghai', :now ::timestamptz))::double precision AS end_s
    FROM
        generate_series(:from_day ::timestamp, :to_day ::timestamp - interval '1 day', interval '1 day')
        WITH ORDINALITY AS listed (at, position)
    WHERE listed.at AT TIME ZONE 'Asia/Shanghai' < :now ::timestamptz
),
held AS MATERIALIZED (
    SELECT
        CASE :by WHEN 'meter' THEN meter.code ELSE enterprise.credit_code END AS code,
        tenure.meter_id,
        tenure.from_day,
        tenure.to_day,
        tenure.interval_s,
        meter.calibrated_until,
        extract(EPOCH FROM known.since)::double precision - :intervals ::double precision * tenure.interval_s - :margin_s ::double precision AS timed_from_s
    FROM tenure
    JOIN meter USING (meter_id)
    JOIN unit ON unit.unit_id = tenure.unit_id
    JOIN enterprise ON enterprise.enterprise_id = unit.enterprise_id
    JOIN (
        SELECT meter_id, min(recorded_at) AS since FROM meter_term WHERE meter_id = ANY (:meter_ids ::integer[]) GROUP BY meter_id
    ) AS known USING (meter_id)
    WHERE
        tenure.meter_id = ANY (:meter_ids ::integer[])
        AND tenure.from_day < :to_day ::date
        AND tenure.to_day > :from_day ::date
        AND (:unit_ids ::integer[] IS NULL OR tenure.unit_id = ANY (:unit_ids ::integer[]))
        AND (:areas ::text[] IS NULL OR tenure.area_code = ANY (:areas ::text[]))
        AND (:park_id ::integer IS NULL OR tenure.park_id = :park_id)
),
cell AS (
    SELECT
        held.code,
        each_day.position,
        sum(end_s - start_s) AS expected_s,
        sum(greatest(0, end_s - greatest(start_s, timed_from_s)) / interval_s) AS timed,
        coalesce(sum((end_s - start_s) / interval_s) FILTER (WHERE calibrated_until IS NOT NULL), 0) AS registered,
        coalesce(sum((end_s - start_s) / interval_s) FILTER (WHERE calibrated_until >= each_day.day), 0) AS calibrated,
        coalesce(sum(received), 0)::integer AS received,
        coalesce(sum(on_time), 0)::integer AS on_time,
        coalesce(sum(valid), 0)::integer AS valid,
        coalesce(sum(measured_s), 0)::integer AS measured_s
    FROM held
    JOIN each_day ON held.from_day <= each_day.day AND held.to_day > each_day.day
    LEFT JOIN quality_day ON quality_day.meter_id = held.meter_id AND quality_day.day = each_day.day
    GROUP BY 1, 2
)
SELECT
    code,
    array_agg(position) AS positions,
    array_agg(expected_s) AS expected_s,
    array_agg(timed) AS timed,
    array_agg(registered) AS registered,
    array_agg(calibrated) AS calibrated,
    array_agg(received) AS received,
    array_agg(on_time) AS on_time,
    array_agg(valid) AS valid,
    array_agg(measured_s) AS measured_s
FROM cell
GROUP BY code;

-- name: matrix_findings(by, meter_ids, from_day, to_day)
-- On which days what has been found of a meter; of an enterprise, also of its units, gateways and meters.
WITH measuring AS (
    SELECT DISTINCT meter.code AS meter, unit.code AS unit, gateway.code AS gateway, enterprise.credit_code AS enterprise
    FROM tenure
    JOIN meter USING (meter_id)
    JOIN unit ON unit.unit_id = tenure.unit_id
    JOIN enterprise ON enterprise.enterprise_id = unit.enterprise_id
    JOIN gateway ON gateway.gateway_id = tenure.gateway_id
    WHERE tenure.meter_id = ANY (:meter_ids ::integer[]) AND tenure.from_day < :to_day ::date AND tenure.to_day > :from_day ::date
),
subject AS (
    SELECT 'meter' AS kind, meter AS subject, CASE :by WHEN 'meter' THEN meter ELSE enterprise END AS code FROM measuring
    UNION
    SELECT 'unit', unit, enterprise FROM measuring WHERE :by <> 'meter'
    UNION
    SELECT 'gateway', gateway, enterprise FROM measuring WHERE :by <> 'meter'
    UNION
    SELECT 'enterprise', enterprise, enterprise FROM measuring WHERE :by <> 'meter'
)
SELECT DISTINCT subject.code, finding.day, finding.check_slug AS "check"
FROM subject
JOIN finding ON finding.subject_kind = subject.kind AND finding.subject_code = subject.subject
WHERE finding.day >= :from_day ::date AND finding.day < :to_day ::date
ORDER BY 1, 2, 3;
