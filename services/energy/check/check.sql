-- name: pending()
SELECT
    (SELECT count(*) FROM dirty_slot) + (SELECT count(*) FROM late_slot) AS dirty_slots,
    (SELECT count(*) FROM meter_change) AS meter_changes;

-- name: gateways_named(prefix)
SELECT code
FROM gateway
WHERE starts_with(code, :prefix)
ORDER BY code;

-- name: disagreements()
-- Sums that differ from those of the level below, by meter or by ledger; none if all is well.
WITH slots AS (
    SELECT meter_id, date_trunc('hour', slot) AS hour, sum(quantity_pico) AS quantity_pico, sum(measured_s) AS measured_s
    FROM energy_slot
    GROUP BY meter_id, date_trunc('hour', slot)
),
hours_off AS (
    SELECT 'energy_hour' AS level, count(*) AS differing
    FROM slots
    FULL JOIN energy_hour USING (meter_id, hour)
    WHERE
        slots.quantity_pico IS DISTINCT FROM energy_hour.quantity_pico
        OR slots.measured_s IS DISTINCT FROM energy_hour.measured_s
),
hours AS (
    SELECT
        meter_id,
        account_id,
        date_trunc('day', hour AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai' AS day,
        sum(quantity_pico) AS quantity_pico,
        sum(measured_s) AS measured_s
    FROM energy_hour
    GROUP BY 1, 2, 3
),
days_off AS (
    SELECT 'energy_day', count(*)
    FROM hours
    FULL JOIN energy_day USING (meter_id, account_id, day)
    WHERE
        coalesce(hours.quantity_pico, 0) <> coalesce(energy_day.quantity_pico, 0)
        OR coalesce(hours.measured_s, 0) <> coalesce(energy_day.measured_s, 0)
),
days AS (
    SELECT
        meter_id,
        account_id,
        date_trunc('month', day AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai' AS month,
        sum(quantity_pico) AS quantity_pico
    FROM energy_day
    GROUP BY 1, 2, 3
),
months_off AS (
    SELECT 'energy_month', count(*)
    FROM days
    FULL JOIN energy_month USING (meter_id, account_id, month)
    WHERE coalesce(days.quantity_pico, 0) <> coalesce(energy_month.quantity_pico, 0)
),
placed AS (
    SELECT account_ledger.ledger_id, energy_day.day, sum(energy_day.quantity_pico) AS quantity_pico
    FROM energy_day
    JOIN account_ledger USING (account_id)
    GROUP BY 1, 2
),
ledger_days_off AS (
    SELECT 'ledger_day', count(*)
    FROM placed
    FULL JOIN ledger_day USING (ledger_id, day)
    WHERE coalesce(placed.quantity_pico, 0) <> coalesce(ledger_day.quantity_pico, 0)
),
ledger_hours AS (
    SELECT
        ledger_id,
        date_trunc('day', hour AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai' AS day,
        sum(quantity_pico) AS quantity_pico
    FROM ledger_hour
    GROUP BY 1, 2
),
ledger_hours_off AS (
    SELECT 'ledger_hour', count(*)
    FROM ledger_hours
    FULL JOIN ledger_day USING (ledger_id, day)
    WHERE coalesce(ledger_hours.quantity_pico, 0) <> coalesce(ledger_day.quantity_pico, 0)
),
ledger_months AS (
    SELECT
        ledger_id,
        date_trunc('month', day AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai' AS month,
        sum(quantity_pico) AS quantity_pico
    FROM ledger_day
    GROUP BY 1, 2
),
ledger_months_off AS (
    SELECT 'ledger_month', count(*)
    FROM ledger_months
    FULL JOIN ledger_month USING (ledger_id, month)
    WHERE coalesce(ledger_months.quantity_pico, 0) <> coalesce(ledger_month.quantity_pico, 0)
)
SELECT level, differing FROM hours_off
UNION ALL SELECT * FROM days_off
UNION ALL SELECT * FROM months_off
UNION ALL SELECT * FROM ledger_days_off
UNION ALL SELECT * FROM ledger_hours_off
UNION ALL SELECT * FROM ledger_months_off;

-- name: meters_off()
-- Meters that are not as their newest term says, or whose terms do not follow each other from ever on.
SELECT count(*)
FROM meter
WHERE
    NOT EXISTS (
        SELECT
        FROM meter_term_now AS term
        WHERE
            term.meter_id = meter.meter_id
            AND term.valid_to = 'infinity'
            AND (
                term.unit_id, term.gateway_id, term.kind, term.unit_of_measure, term.multiplier, term.register_size,
                term.rated_per_hour, term.interval_s, term.stamp, term.holds_s
            ) IS NOT DISTINCT FROM (
                meter.unit_id, meter.gateway_id, meter.kind, meter.unit_of_measure, meter.multiplier, meter.register_size,
                meter.rated_per_hour, meter.interval_s, meter.stamp, meter.holds_s
            )
    )
    OR EXISTS (
        SELECT
        FROM (
            SELECT valid_from, lag(valid_to, 1, '-infinity') OVER (ORDER BY valid_from) AS ended
            FROM meter_term_now AS term
            WHERE term.meter_id = meter.meter_id
        ) AS each
        WHERE each.valid_from <> each.ended
    );
