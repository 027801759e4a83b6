-- `hold` lets one writing follow another, so that each finds the newest version; lists go on. `period` is what a row
-- speaks of, so that it can be ordered by: the month, or own.

-- name: hold(family)
SELECT pg_advisory_xact_lock(:family, 0);

-- name: known_enterprises(codes)
SELECT credit_code
FROM enterprise
WHERE credit_code = ANY(:codes);

-- name: measured_before(rows)
-- Of each entry of a month the newest month before it that was measured.
SELECT given.enterprise, given.carrier, given.month, before.month AS last_month, before.ncv_mj::float8 AS last_ncv_mj
FROM json_to_recordset(CAST(:rows AS json)) AS given (enterprise text, carrier text, month date)
JOIN enterprise ON enterprise.credit_code = given.enterprise
CROSS JOIN LATERAL (
    SELECT kept.month, kept.ncv_mj
    FROM heat_value_now AS kept
    WHERE kept.enterprise_id = enterprise.enterprise_id
        AND kept.carrier = given.carrier
        AND kept.month < given.month
    ORDER BY kept.month DESC
    LIMIT 1
) AS before;

-- name: append(rows)
INSERT INTO heat_value (
    enterprise_id,
    carrier,
    month,
    version,
    ncv_mj,
    carbon_tc_per_tj,
    carbon_tc_per_t,
    laboratory,
    report,
    reason
)
SELECT
    enterprise.enterprise_id,
    entry.carrier,
    entry.month,
    COALESCE(newest.version, 0) + 1,
    entry.ncv_mj,
    entry.carbon_tc_per_tj,
    entry.carbon_tc_per_t,
    entry.laboratory,
    entry.report,
    entry.reason
FROM json_to_recordset(CAST(:rows AS json)) AS entry (
    enterprise text,
    carrier text,
    month date,
    ncv_mj numeric,
    carbon_tc_per_tj numeric,
    carbon_tc_per_t numeric,
    laboratory text,
    report text,
    reason text
)
JOIN enterprise ON enterprise.credit_code = entry.enterprise
LEFT JOIN LATERAL (
    SELECT *
    FROM heat_value
    WHERE heat_value.enterprise_id = enterprise.enterprise_id
        AND heat_value.carrier = entry.carrier
        AND heat_value.month IS NOT DISTINCT FROM entry.month
    ORDER BY heat_value.version DESC
    LIMIT 1
) AS newest ON true
WHERE (newest.ncv_mj, newest.carbon_tc_per_tj, newest.carbon_tc_per_t, newest.laboratory, newest.report)
    IS DISTINCT FROM (entry.ncv_mj, entry.carbon_tc_per_tj, entry.carbon_tc_per_t, entry.laboratory, entry.report)
RETURNING heat_value_id;

-- name: withdraw(id, reason)
-- A version without a value.
INSERT INTO heat_value (enterprise_id, carrier, month, version, laboratory, report, reason)
SELECT enterprise_id, carrier, month, version + 1, laboratory, report, :reason
FROM heat_value_now
WHERE heat_value_id = :id
RETURNING heat_value_id;

-- name: newest()
SELECT row.*
FROM heat_value_row AS row
JOIN heat_value_now AS kept ON kept.heat_value_id = row.id;

-- name: versions()
SELECT *
FROM heat_value_row;
