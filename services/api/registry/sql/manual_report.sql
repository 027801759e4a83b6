-- One writing follows another, as every change of the registry does: each finds the newest version. `period` is the month as text.

-- name: known_units(codes)
SELECT code
FROM unit
WHERE code = ANY(:codes);

-- name: carriers()
SELECT code, unit
FROM carrier;

-- name: append(rows)
INSERT INTO manual_report (unit_id, carrier, flow, month, version, quantity_pico, value, unit_of_measure, document, reason)
SELECT
    unit.unit_id,
    entry.carrier,
    entry.flow,
    entry.month,
    COALESCE(newest.version, 0) + 1,
    entry.quantity_pico,
    entry.value,
    entry.unit_of_measure,
    entry.document,
    entry.reason
FROM json_to_recordset(CAST(:rows AS json)) AS entry (
    unit_code text,
    carrier text,
    flow text,
    month date,
    quantity_pico numeric,
    value double precision,
    unit_of_measure text,
    document text,
    reason text
)
JOIN unit ON unit.code = entry.unit_code
LEFT JOIN LATERAL (
    SELECT *
    FROM manual_report
    WHERE manual_report.unit_id = unit.unit_id
        AND manual_report.carrier = entry.carrier
        AND manual_report.flow = entry.flow
        AND manual_report.month = entry.month
    ORDER BY manual_report.version DESC
    LIMIT 1
) AS newest ON true
WHERE (newest.quantity_pico, newest.value, newest.unit_of_measure, newest.document)
    IS DISTINCT FROM (entry.quantity_pico, entry.value, entry.unit_of_measure, entry.document)
RETURNING manual_report_id;

-- name: withdraw(id, reason)
-- A version without a quantity.
INSERT INTO manual_report (unit_id, carrier, flow, month, version, unit_of_measure, document, reason)
SELECT kept.unit_id, kept.carrier, kept.flow, kept.month, kept.version + 1, kept.unit_of_measure, kept.document, :reason
FROM manual_report AS kept
JOIN manual_report_now USING (manual_report_id)
WHERE kept.manual_report_id = :id
RETURNING manual_report_id;

-- name: newest()
SELECT row.*
FROM manual_report_row AS row
JOIN manual_report_now AS kept ON kept.manual_report_id = row.id;

-- name: versions()
SELECT *
FROM manual_report_row;

-- name: metered(ids)
-- What the meters of the unit measured of the same carrier, flow and month; how many stood there on any day of it, and the
-- seconds in which they should have measured.
WITH given AS (
    SELECT
        manual_report_id AS id,
        unit_id,
        carrier,
        flow,
        month,
        (month + interval '1 month')::date AS following,
        month ::timestamp AT TIME ZONE 'Asia/Shanghai' AS starts
    FROM manual_report
    WHERE manual_report_id = ANY (:ids ::integer[])
),
due AS (
    SELECT
        given.id,
        count(DISTINCT tenure.meter_id) AS meters,
        sum(least(tenure.to_day, given.following) - greatest(tenure.from_day, given.month)) * 86400 AS expected_s
    FROM given
    JOIN tenure
        ON tenure.unit_id = given.unit_id
        AND tenure.carrier = given.carrier
        AND tenure.flow = given.flow
        AND tenure.from_day < given.following
        AND tenure.to_day > given.month
    GROUP BY given.id
),
booked AS (
    SELECT given.id, sum(kept.quantity_pico) AS quantity_pico, sum(kept.measured_s) AS measured_s
    FROM given
    JOIN account
        ON account.unit_id = given.unit_id
        AND account.carrier = given.carrier
        AND account.flow = given.flow
    JOIN energy_month AS kept ON kept.account_id = account.account_id AND kept.month = given.starts
    WHERE kept.slot_count > 0
        AND kept.meter_id = ANY (
            ARRAY(
                SELECT way.meter_id
                FROM given AS of
                JOIN meter_term AS term ON term.unit_id = of.unit_id
                CROSS JOIN LATERAL (VALUES (term.meter_id), (-term.meter_id)) AS way (meter_id)
            )
        )
    GROUP BY given.id
)
SELECT
    given.id,
    coalesce(due.meters, 0) AS meters,
    coalesce(due.expected_s, 0) ::bigint AS expected_s,
    booked.quantity_pico,
    coalesce(booked.measured_s, 0) ::bigint AS measured_s
FROM given
LEFT JOIN due USING (id)
LEFT JOIN booked USING (id);
