-- name: begun()
-- The first transaction that may not be over: what was booked by one before is seen by statements after this one.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text;

-- name: changed_months(since, from_ts)
-- Months of which anything was booked by a transaction that was not over then.
SELECT DISTINCT (month AT TIME ZONE 'Asia/Shanghai')::date AS month
FROM energy_month
WHERE month >= :from_ts ::timestamptz AND booked_by >= :since ::xid8;

-- name: reports(from_month)
-- By month what stands there by hand, as a text that differs when that does.
SELECT
    month,
    md5(string_agg(concat_ws('/', manual_report_id, enterprise_id), ',' ORDER BY manual_report_id)) AS told
FROM manual_report_counted
WHERE month >= :from_month ::date
GROUP BY month;

-- name: metered_days(from_day, to_day, from_ts, to_ts)
-- Sums of days by enterprise, carrier and flow, also of days of which something was due and nothing is booked.
WITH kept AS (
    SELECT
        account.enterprise_id,
        account.carrier,
        account.flow,
        (energy_day.day AT TIME ZONE 'Asia/Shanghai')::date AS period,
        sum(energy_day.quantity_pico) AS quantity_pico,
        sum(energy_day.measured_s) AS measured_s
    FROM energy_day
    JOIN account USING (account_id)
    WHERE
        energy_day.day >= :from_ts ::timestamptz
        AND energy_day.day < :to_ts ::timestamptz
        AND energy_day.slot_count > 0
        AND account.flow IN ('input', 'output')
    GROUP BY 1, 2, 3, 4
),

due AS (
    SELECT
        tenure.enterprise_id,
        tenure.carrier,
        tenure.flow,
        of_month.day::date AS period,
        count(*) * 86400 AS expected_s
    FROM tenure
    JOIN generate_series(:from_day ::timestamp, :to_day ::timestamp - interval '1 day', interval '1 day') AS of_month (day)
        ON of_month.day >= tenure.from_day AND of_month.day < tenure.to_day
    WHERE tenure.flow IN ('input', 'output')
    GROUP BY 1, 2, 3, 4
)

SELECT
    enterprise.credit_code,
    carrier.code AS carrier,
    flow,
    1 AS stat_type,
    period,
    coalesce(kept.quantity_pico, 0) AS quantity_pico,
    carrier.unit AS carrier_unit,
    coalesce(kept.measured_s, 0)::bigint AS measured_s,
    coalesce(due.expected_s, 0)::bigint AS expected_s,
    false AS by_hand
FROM kept
FULL JOIN due USING (enterprise_id, carrier, flow, period)
JOIN enterprise USING (enterprise_id)
JOIN carrier ON carrier.code = carrier;

-- name: metered_month(from_day, to_day, from_ts)
-- The same of a month.
WITH kept AS (
    SELECT
        account.enterprise_id,
        account.carrier,
        account.flow,
        sum(energy_month.quantity_pico) AS quantity_pico,
        sum(energy_month.measured_s) AS measured_s
    FROM energy_month
    JOIN account USING (account_id)
    WHERE
        energy_month.month = :from_ts ::timestamptz
        AND energy_month.slot_count > 0
        AND account.flow IN ('input', 'output')
    GROUP BY 1, 2, 3
),

due AS (
    SELECT
        enterprise_id,
        carrier,
        flow,
        sum(least(to_day, :to_day ::date) - greatest(from_day, :from_day ::date)) * 86400 AS expected_s
    FROM tenure
    WHERE flow IN ('input', 'output') AND from_day < :to_day ::date AND to_day > :from_day ::date
    GROUP BY 1, 2, 3
)

SELECT
    enterprise.credit_code,
    carrier.code AS carrier,
    flow,
    2 AS stat_type,
    :from_day ::date AS period,
    coalesce(kept.quantity_pico, 0) AS quantity_pico,
    carrier.unit AS carrier_unit,
    coalesce(kept.measured_s, 0)::bigint AS measured_s,
    coalesce(due.expected_s, 0)::bigint AS expected_s,
    false AS by_hand
FROM kept
FULL JOIN due USING (enterprise_id, carrier, flow)
JOIN enterprise USING (enterprise_id)
JOIN carrier ON carrier.code = carrier;

-- name: by_hand(month)
SELECT
    enterprise.credit_code,
    carrier.code AS carrier,
    report.flow,
    2 AS stat_type,
    report.month AS period,
    sum(report.quantity_pico) AS quantity_pico,
    carrier.unit AS carrier_unit,
    0 AS measured_s,
    0 AS expected_s,
    true AS by_hand
FROM manual_report_counted AS report
JOIN enterprise USING (enterprise_id)
JOIN carrier ON carrier.code = report.carrier
WHERE report.month = :month ::date AND report.flow IN ('input', 'output')
GROUP BY enterprise.credit_code, carrier.code, report.flow, report.month, carrier.unit;

-- name: newest(from_day, to_day)
SELECT DISTINCT ON (credit_code, item, stat_type, period)
    credit_code,
    item,
    stat_type,
    period,
    version,
    state,
    value,
    unit,
    input_type,
    answer
FROM upward_sent
WHERE period >= :from_day ::date AND period < :to_day ::date
ORDER BY credit_code, item, stat_type, period, version DESC;

-- name: carriers()
SELECT code, nbs_code
FROM carrier
WHERE nbs_code IS NOT NULL;

-- name: supersede(credit_codes, items, stat_types, periods)
UPDATE upward_sent AS earlier
SET state = 'superseded'
FROM unnest(:credit_codes ::text[], :items ::text[], :stat_types ::smallint[], :periods ::date[])
AS again (credit_code, item, stat_type, period)
WHERE
    earlier.credit_code = again.credit_code
    AND earlier.item = again.item
    AND earlier.stat_type = again.stat_type
    AND earlier.period = again.period
    AND earlier.state IN ('waiting', 'held');

-- name: plan(credit_codes, items, stat_types, periods, versions, values, units, input_types, held)
INSERT INTO upward_sent (credit_code, item, stat_type, period, version, value, unit, input_type, state, answer)
SELECT
    planned.credit_code,
    planned.item,
    planned.stat_type,
    planned.period,
    planned.version,
    planned.value,
    planned.unit,
    planned.input_type,
    CASE planned.held WHEN '' THEN 'waiting' ELSE 'held' END,
    planned.held
FROM unnest(
    :credit_codes ::text[], :items ::text[], :stat_types ::smallint[], :periods ::date[], :versions ::integer[],
    :values ::text[], :units ::text[], :input_types ::smallint[], :held ::text[]
) AS planned (credit_code, item, stat_type, period, version, value, unit, input_type, held);

-- name: waiting_enterprises()
-- Enterprises of which something waits, with the area that they are in now.
SELECT
    enterprise.credit_code,
    place.area_code
FROM enterprise
JOIN LATERAL (
    SELECT membership.area_code
    FROM membership
    WHERE membership.enterprise_id = enterprise.enterprise_id
    ORDER BY membership.valid_from DESC
    LIMIT 1
) AS place ON true
WHERE EXISTS (SELECT FROM upward_sent WHERE upward_sent.credit_code = enterprise.credit_code AND state = 'waiting')
ORDER BY enterprise.credit_code;

-- name: waiting(credit_code, now, upload_time, most)
-- The oldest that may be sent: from the time of upload on the day after their period on.
SELECT item, stat_type, period, version, value, input_type
FROM upward_sent
WHERE
    credit_code = :credit_code
    AND state = 'waiting'
    AND period + CASE stat_type WHEN 1 THEN interval '1 day' ELSE interval '1 month' END + :upload_time ::interval
    <= :now ::timestamptz AT TIME ZONE 'Asia/Shanghai'
ORDER BY period, stat_type, item
LIMIT :most;

-- name: note(credit_code, items, stat_types, periods, versions, answer, taken)
UPDATE upward_sent AS noted
SET
    state = CASE WHEN :taken ::boolean THEN 'sent' ELSE noted.state END,
    sent_at = CASE WHEN :taken ::boolean THEN now() END,
    answer = :answer,
    attempts = noted.attempts + 1,
    tried_at = now()
FROM unnest(:items ::text[], :stat_types ::smallint[], :periods ::date[], :versions ::integer[])
AS tried (item, stat_type, period, version)
WHERE
    noted.credit_code = :credit_code
    AND noted.item = tried.item
    AND noted.stat_type = tried.stat_type
    AND noted.period = tried.period
    AND noted.version = tried.version;

-- name: note_unreached(credit_code, answer)
-- Of an enterprise whose device was not registered.
UPDATE upward_sent
SET
    answer = :answer,
    attempts = attempts + 1,
    tried_at = now()
WHERE credit_code = :credit_code AND state = 'waiting';

-- name: counts()
SELECT state, count(*) AS many
FROM upward_sent
WHERE state IN ('waiting', 'held')
GROUP BY state;

-- name: not_sent(most)
SELECT credit_code, item, stat_type, period, version, value, unit, state, attempts, answer
FROM upward_sent
WHERE state IN ('waiting', 'held')
ORDER BY period DESC, credit_code, item, stat_type
LIMIT :most;
