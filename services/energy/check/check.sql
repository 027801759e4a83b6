-- name: pending()
SELECT
    (SELECT count(*) FROM dirty_slot) + (SELECT count(*) FROM late_slot) AS dirty_slots,
    (SELECT count(*) FROM meter_change) AS meter_changes;

-- name: gateway_codes()
SELECT code
FROM gateway
ORDER BY code;

-- name: disagreements()
-- Sums that differ from those of the level below, by meter or by ledger; none if all is well. What adds up to nothing may
-- have no row.
WITH hours AS (
    SELECT
        meter_id,
        account_id,
        date_trunc('day', hour AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai' AS day,
        sum(quantity_pico) AS quantity_pico,
        sum(measured_s) AS measured_s,
        sum(slot_count) AS slot_count
    FROM energy_hour
    GROUP BY 1, 2, 3
),
days_off AS (
    SELECT 'energy_day' AS level, count(*) AS differing
    FROM hours
    FULL JOIN energy_day USING (meter_id, account_id, day)
    WHERE
        coalesce(hours.quantity_pico, 0) <> coalesce(energy_day.quantity_pico, 0)
        OR coalesce(hours.measured_s, 0) <> coalesce(energy_day.measured_s, 0)
        OR coalesce(hours.slot_count, 0) <> coalesce(energy_day.slot_count, 0)
),
days AS (
    SELECT
        meter_id,
        account_id,
        date_trunc('month', day AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai' AS month,
        sum(quantity_pico) AS quantity_pico,
        sum(measured_s) AS measured_s,
        sum(slot_count) AS slot_count
    FROM energy_day
    GROUP BY 1, 2, 3
),
months_off AS (
    SELECT 'energy_month', count(*)
    FROM days
    FULL JOIN energy_month USING (meter_id, account_id, month)
    WHERE
        coalesce(days.quantity_pico, 0) <> coalesce(energy_month.quantity_pico, 0)
        OR coalesce(days.measured_s, 0) <> coalesce(energy_month.measured_s, 0)
        OR coalesce(days.slot_count, 0) <> coalesce(energy_month.slot_count, 0)
),
placed AS (
    SELECT
        account_ledger.ledger_id,
        energy_day.day,
        sum(energy_day.quantity_pico) AS quantity_pico,
        sum(energy_day.measured_s) AS measured_s,
        sum(energy_day.slot_count) AS slot_count
    FROM energy_day
    JOIN account_ledger USING (account_id)
    GROUP BY 1, 2
),
ledger_days_off AS (
    SELECT 'ledger_day', count(*)
    FROM placed
    FULL JOIN ledger_day USING (ledger_id, day)
    WHERE
        coalesce(placed.quantity_pico, 0) <> coalesce(ledger_day.quantity_pico, 0)
        OR coalesce(placed.measured_s, 0) <> coalesce(ledger_day.measured_s, 0)
        OR coalesce(placed.slot_count, 0) <> coalesce(ledger_day.slot_count, 0)
),
ledger_hours AS (
    SELECT
        ledger_id,
        date_trunc('day', hour AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai' AS day,
        sum(quantity_pico) AS quantity_pico,
        sum(measured_s) AS measured_s,
        sum(slot_count) AS slot_count
    FROM ledger_hour
    GROUP BY 1, 2
),
ledger_hours_off AS (
    SELECT 'ledger_hour', count(*)
    FROM ledger_hours
    FULL JOIN ledger_day USING (ledger_id, day)
    WHERE
        coalesce(ledger_hours.quantity_pico, 0) <> coalesce(ledger_day.quantity_pico, 0)
        OR coalesce(ledger_hours.measured_s, 0) <> coalesce(ledger_day.measured_s, 0)
        OR coalesce(ledger_hours.slot_count, 0) <> coalesce(ledger_day.slot_count, 0)
),
ledger_months AS (
    SELECT
        ledger_id,
        date_trunc('month', day AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai' AS month,
        sum(quantity_pico) AS quantity_pico,
        sum(measured_s) AS measured_s,
        sum(slot_count) AS slot_count
    FROM ledger_day
    GROUP BY 1, 2
),
ledger_months_off AS (
    SELECT 'ledger_month', count(*)
    FROM ledger_months
    FULL JOIN ledger_month USING (ledger_id, month)
    WHERE
        coalesce(ledger_months.quantity_pico, 0) <> coalesce(ledger_month.quantity_pico, 0)
        OR coalesce(ledger_months.measured_s, 0) <> coalesce(ledger_month.measured_s, 0)
        OR coalesce(ledger_months.slot_count, 0) <> coalesce(ledger_month.slot_count, 0)
)
SELECT level, differing FROM days_off
UNION ALL SELECT * FROM months_off
UNION ALL SELECT * FROM ledger_days_off
UNION ALL SELECT * FROM ledger_hours_off
UNION ALL SELECT * FROM ledger_months_off;

-- name: accounts_off()
-- Accounts that do not add to exactly their banner, the areas above it, and their park.
WITH RECURSIVE above AS (
    SELECT account.account_id, account.carrier, account.flow, area.code, area.parent_code
    FROM account
    JOIN area ON area.code = account.area_code
    UNION ALL
    SELECT above.account_id, above.carrier, above.flow, area.code, area.parent_code
    FROM above
    JOIN area ON area.code = above.parent_code
),
right_one AS (
    SELECT account_id, 'area' AS place_kind, code AS place_code, carrier, flow FROM above
    UNION ALL
    SELECT account_id, 'park', park_id::text, carrier, flow FROM account WHERE park_id IS NOT NULL
),
kept AS (
    SELECT account_ledger.account_id, ledger.place_kind, ledger.place_code, ledger.carrier, ledger.flow
    FROM account_ledger
    LEFT JOIN ledger USING (ledger_id)
)
SELECT count(DISTINCT account_id)
FROM (
    (SELECT * FROM right_one EXCEPT SELECT * FROM kept)
    UNION ALL
    (SELECT * FROM kept EXCEPT SELECT * FROM right_one)
) AS differing;

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
