-- name: balances(first_day, last_day)
-- By enterprise, carrier and day: the boundary of the units that have sub meters of the carrier, and these. Quantities in 1e-12.
-- Rectifiers of potlines are sub meters too.
WITH compared AS (
    SELECT
        tenure.meter_id,
        enterprise.credit_code,
        tenure.carrier,
        CASE tenure.flow WHEN 'rectifier' THEN 'sub' ELSE tenure.flow END AS flow,
        tenure.from_day,
        tenure.to_day
    FROM tenure
    JOIN enterprise USING (enterprise_id)
    WHERE
        tenure.flow IN ('input', 'renewable', 'feedstock', 'output', 'sub', 'rectifier')
        AND tenure.from_day <= :last_day ::date
        AND tenure.to_day > :first_day ::date
        AND EXISTS (
            SELECT
            FROM meter AS detail
            JOIN meter_term_now AS held USING (meter_id)
            WHERE held.unit_id = tenure.unit_id AND detail.carrier = tenure.carrier AND detail.flow IN ('sub', 'rectifier')
        )
)
SELECT
    compared.credit_code,
    compared.carrier,
    each.day ::date AS day,
    coalesce(sum(CASE compared.flow WHEN 'output' THEN -kept.quantity_pico ELSE kept.quantity_pico END) FILTER (WHERE compared.flow <> 'sub'), 0)::double precision AS boundary,
    (coalesce(sum(kept.measured_s) FILTER (WHERE compared.flow <> 'sub'), 0)::double precision / 86400) AS boundary_days,
    count(*) FILTER (WHERE compared.flow <> 'sub') AS boundary_meters,
    coalesce(sum(kept.quantity_pico) FILTER (WHERE compared.flow = 'sub'), 0)::double precision AS sub,
    (coalesce(sum(kept.measured_s) FILTER (WHERE compared.flow = 'sub'), 0)::double precision / 86400) AS sub_days,
    count(*) FILTER (WHERE compared.flow = 'sub') AS sub_meters
FROM compared
CROSS JOIN LATERAL generate_series(
    greatest(compared.from_day, :first_day ::date) ::timestamp, least(compared.to_day - 1, :last_day ::date) ::timestamp, interval '1 day'
) AS each (day)
LEFT JOIN LATERAL (
    SELECT sum(energy_day.quantity_pico) AS quantity_pico, sum(energy_day.measured_s) AS measured_s
    FROM energy_day
    WHERE energy_day.meter_id = compared.meter_id AND energy_day.day = each.day AT TIME ZONE 'Asia/Shanghai'
) AS kept ON true
GROUP BY compared.credit_code, compared.carrier, each.day
ORDER BY compared.credit_code, compared.carrier, each.day;

-- name: unit_days(first_day, last_day)
-- What units with a product meter used and made, by day; only boundary meters and products.
SELECT
    unit.code,
    each.day ::date AS day,
    tenure.carrier,
    tenure.flow,
    coalesce(sum(kept.quantity_pico), 0)::double precision AS quantity_pico,
    (coalesce(sum(kept.measured_s), 0)::double precision / 86400) AS measured_days,
    count(*) AS meters
FROM tenure
JOIN unit USING (unit_id)
CROSS JOIN LATERAL generate_series(
    greatest(tenure.from_day, :first_day ::date) ::timestamp, least(tenure.to_day - 1, :last_day ::date) ::timestamp, interval '1 day'
) AS each (day)
LEFT JOIN LATERAL (
    SELECT sum(energy_day.quantity_pico) AS quantity_pico, sum(energy_day.measured_s) AS measured_s
    FROM energy_day
    WHERE energy_day.meter_id = tenure.meter_id AND energy_day.day = each.day AT TIME ZONE 'Asia/Shanghai'
) AS kept ON true
WHERE
    tenure.flow IN ('input', 'renewable', 'feedstock', 'output', 'product')
    AND EXISTS (
        SELECT
        FROM meter AS made
        JOIN meter_term_now AS held USING (meter_id)
        WHERE held.unit_id = tenure.unit_id AND made.flow = 'product'
    )
    AND tenure.from_day <= :last_day ::date
    AND tenure.to_day > :first_day ::date
GROUP BY unit.code, each.day, tenure.carrier, tenure.flow
ORDER BY unit.code, each.day;

-- name: reported_months(to_day, from_day, kinds, period)
-- What enterprises reported for a month, beside what their meters measured in it.
SELECT
    reported.owner_code,
    substr(reported.kind, 10) AS carrier,
    NULL AS unit,
    NULL AS flow,
    reported.value AS reported,
    coalesce(sum(CASE account.flow WHEN 'output' THEN -kept.quantity_pico ELSE kept.quantity_pico END), 0) AS quantity_pico,
    coalesce(sum(kept.measured_s), 0)::double precision AS measured_s,
    (
        SELECT coalesce(sum(least(tenure.to_day, :to_day ::date) - greatest(tenure.from_day, :from_day ::date)), 0) * 86400
        FROM tenure
        JOIN enterprise USING (enterprise_id)
        WHERE
            enterprise.credit_code = reported.owner_code
            AND tenure.carrier = substr(reported.kind, 10)
            AND tenure.flow IN ('input', 'renewable', 'feedstock', 'output')
            AND tenure.from_day < :to_day ::date
            AND tenure.to_day > :from_day ::date
    )::double precision AS expected_s
FROM statistic_now AS reported
JOIN enterprise ON enterprise.credit_code = reported.owner_code
LEFT JOIN account
    ON account.enterprise_id = enterprise.enterprise_id
    AND account.carrier = substr(reported.kind, 10)
    AND account.flow IN ('input', 'renewable', 'feedstock', 'output')
LEFT JOIN energy_month AS kept
    ON kept.account_id = account.account_id AND kept.month = :from_day ::timestamp AT TIME ZONE 'Asia/Shanghai'
WHERE
    reported.owner_kind = 'enterprise'
    AND reported.kind = ANY (:kinds ::text[])
    AND reported.period = :period
GROUP BY reported.owner_code, reported.kind, reported.value;

-- name: manual_months(to_day, from_day)
-- What people entered by hand for a month of units with a meter of the same carrier and flow, beside what these measured in it.
SELECT
    enterprise.credit_code AS owner_code,
    unit.code AS unit,
    reported.carrier,
    reported.flow,
    reported.quantity_pico * 1e-12 AS reported,
    coalesce(booked.quantity_pico, 0) AS quantity_pico,
    coalesce(booked.measured_s, 0)::double precision AS measured_s,
    due.expected_s
FROM manual_report_now AS reported
JOIN unit USING (unit_id)
JOIN enterprise USING (enterprise_id)
CROSS JOIN LATERAL (
    SELECT sum(least(tenure.to_day, :to_day ::date) - greatest(tenure.from_day, :from_day ::date))::double precision * 86400 AS expected_s
    FROM tenure
    WHERE
        tenure.unit_id = reported.unit_id
        AND tenure.carrier = reported.carrier
        AND tenure.flow = reported.flow
        AND tenure.from_day < :to_day ::date
        AND tenure.to_day > :from_day ::date
) AS due
CROSS JOIN LATERAL (
    SELECT sum(kept.quantity_pico) AS quantity_pico, sum(kept.measured_s) AS measured_s
    FROM account
    JOIN energy_month AS kept
        ON kept.account_id = account.account_id AND kept.month = :from_day ::timestamp AT TIME ZONE 'Asia/Shanghai'
    WHERE
        account.unit_id = reported.unit_id AND account.carrier = reported.carrier AND account.flow = reported.flow
) AS booked
WHERE reported.month = :from_day ::date AND due.expected_s > 0;

-- name: arrivals(from_ts, to_ts)
-- When readings of a day can be known at the earliest, and when they were received, by gateway.
SELECT
    term.gateway_id,
    CASE WHEN term.kind = 'interval' AND term.stamp = 'start' THEN reading.ts + make_interval(secs => term.interval_s) ELSE reading.ts END AS due_at,
    stored_batch.received_at
FROM reading
JOIN meter_term_now AS term
    ON term.meter_id = reading.meter_id AND term.valid_from <= reading.ts AND term.valid_to > reading.ts
JOIN stored_batch USING (batch_id)
WHERE reading.ts >= :from_ts AND reading.ts < :to_ts;

-- name: gateways()
SELECT gateway_id, code FROM gateway;

-- name: refused_from_the_future(from_ts, to_ts)
-- Readings that were refused because they lay in the future: their number, and how far the clock was ahead, in seconds.
SELECT
    gateway_code,
    count(*) AS readings,
    max(
        CASE WHEN ts_text ~ '^[0-9]{1,15}$' THEN ts_text::double precision / 1000 - extract(EPOCH FROM received_at) ELSE 0 END
    )::double precision AS ahead_s
FROM rejected_reading
WHERE code = 'ts_in_future' AND received_at >= :from_ts AND received_at < :to_ts
GROUP BY gateway_code;

-- name: held_readings(first_day, last_day)
-- Readings received on a day that are held since their time cannot be right: how many, and the oldest time among them.
SELECT
    gateway_code,
    (received_at AT TIME ZONE 'Asia/Shanghai')::date AS day,
    count(*) AS readings,
    min(
        CASE
            WHEN ts_text ~ '^[0-9]{1,15}$'
                THEN to_char(to_timestamp(ts_text::double precision / 1000) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"')
            ELSE ts_text
        END
    ) AS oldest
FROM rejected_reading
WHERE
    code = 'ts_too_old'
    AND outcome IS NULL
    AND received_at >= :first_day ::timestamp AT TIME ZONE 'Asia/Shanghai'
    AND received_at < (:last_day ::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
GROUP BY 1, 2;

-- name: calibrations(day)
SELECT DISTINCT meter.code, meter.calibrated_until
FROM meter
JOIN tenure USING (meter_id)
WHERE
    meter.calibrated_until < :day ::date
    AND tenure.from_day <= :day ::date
    AND tenure.to_day > :day ::date;

-- name: fleet_hours(weights, carriers, from_ts, to_ts)
-- Inputs of enterprises by carrier and hour, of meters that measure both directions too. Not known is what was only spread
-- over a gap.
SELECT
    account.enterprise_id,
    extract(EPOCH FROM energy_hour.hour)::bigint AS hour_s,
    sum(energy_hour.quantity_pico * (:weights ::double precision[])[array_position(:carriers ::text[], account.carrier)]) AS quantity
FROM account
JOIN energy_hour USING (account_id)
WHERE
    account.flow = 'input'
    AND account.carrier = ANY (:carriers ::text[])
    AND energy_hour.hour >= :from_ts
    AND energy_hour.hour < :to_ts
    AND (energy_hour.measured_s > 0 OR (energy_hour.quality & 65) = 64)
GROUP BY account.enterprise_id, energy_hour.hour;

-- name: fleet_places(day)
-- Enterprises of which readings are expected on a day, with their banner.
SELECT DISTINCT ON (tenure.enterprise_id) tenure.enterprise_id, enterprise.credit_code, tenure.area_code AS banner
FROM tenure
JOIN enterprise USING (enterprise_id)
WHERE tenure.flow = 'input' AND tenure.from_day <= :day ::date AND tenure.to_day > :day ::date
ORDER BY tenure.enterprise_id;

-- name: areas()
SELECT code, level, parent_code FROM area;

-- name: fallen(enterprise_ids, hours)
-- Meters of enterprises in hours in which these were silent: those that said nothing, or zero, in either direction.
SELECT term.meter_id, extract(EPOCH FROM silent.hour)::bigint AS hour_s
FROM unnest(:enterprise_ids ::integer[], :hours ::timestamptz[]) AS silent (enterprise_id, hour)
JOIN unit USING (enterprise_id)
JOIN meter_term_now AS term
    ON term.unit_id = unit.unit_id AND term.valid_from <= silent.hour AND term.valid_to > silent.hour
WHERE NOT EXISTS (
    SELECT
    FROM energy_hour
    WHERE
        energy_hour.meter_id IN (term.meter_id, -term.meter_id)
        AND energy_hour.hour = silent.hour
        AND energy_hour.quantity_pico <> 0
        AND (energy_hour.measured_s > 0 OR (energy_hour.quality & 65) = 64)
)
ORDER BY term.meter_id, silent.hour;
