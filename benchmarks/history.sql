-- name: make_history_meters()
CREATE TEMPORARY TABLE history_meter (meter_id integer PRIMARY KEY, account_id integer NOT NULL);

-- name: add_history_meter(meter_id, account_id)
INSERT INTO history_meter (meter_id, account_id)
VALUES (:meter_id, :account_id);

-- name: make_history_days(from_ts, to_ts, step_days)
CREATE TEMPORARY TABLE history_day AS
SELECT day
FROM generate_series(
    :from_ts ::timestamptz, :to_ts ::timestamptz - interval '1 day', make_interval(days => :step_days ::integer)
) AS day;

-- name: drop_history_days()
DROP TABLE history_day;

-- name: fill_readings()
INSERT INTO reading (meter_id, ts, value, batch_id)
SELECT history_meter.meter_id, day + make_interval(hours => hour), 4, 0
FROM history_meter
CROSS JOIN history_day
CROSS JOIN generate_series(0, 23) AS hour
ORDER BY history_meter.meter_id, day, hour;

-- name: fill_quarters()
INSERT INTO energy_quarters
SELECT
    history_meter.meter_id,
    history_meter.account_id,
    day + make_interval(hours => hour),
    1000000000000, 1000000000000, 1000000000000, 1000000000000,
    900, 900, 900, 900,
    0, 0, 0, 0
FROM history_meter
CROSS JOIN history_day
CROSS JOIN generate_series(0, 23) AS hour
ORDER BY history_meter.meter_id, day, hour;

-- name: fill_days()
INSERT INTO energy_day (meter_id, account_id, day, quantity_pico, measured_s, slot_count)
SELECT history_meter.meter_id, history_meter.account_id, day, 96000000000000, 86400, 96
FROM history_meter
CROSS JOIN history_day
ORDER BY history_meter.meter_id, day;

-- name: fill_months()
INSERT INTO energy_month (meter_id, account_id, month, quantity_pico, measured_s, slot_count)
SELECT
    meter_id,
    account_id,
    date_trunc('month', day AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai' AS month,
    sum(quantity_pico),
    sum(measured_s),
    sum(slot_count)
FROM energy_day
JOIN history_meter USING (meter_id, account_id)
GROUP BY meter_id, account_id, month;

-- name: fill_ledger_hours()
INSERT INTO ledger_hour (ledger_id, hour, quantity_pico, measured_s, slot_count)
SELECT
    account_ledger.ledger_id,
    day + make_interval(hours => hour),
    4000000000000 * count(*),
    3600 * count(*),
    4 * count(*)
FROM history_meter
JOIN account_ledger USING (account_id)
CROSS JOIN history_day
CROSS JOIN generate_series(0, 23) AS hour
GROUP BY account_ledger.ledger_id, day, hour;

-- name: fill_ledger_days()
INSERT INTO ledger_day (ledger_id, day, quantity_pico, measured_s, slot_count)
SELECT account_ledger.ledger_id, day, 96000000000000 * count(*), 86400 * count(*), 96 * count(*)
FROM history_meter
JOIN account_ledger USING (account_id)
CROSS JOIN history_day
GROUP BY account_ledger.ledger_id, day;

-- name: fill_ledger_months()
INSERT INTO ledger_month (ledger_id, month, quantity_pico, measured_s, slot_count)
SELECT account_ledger.ledger_id, month, sum(quantity_pico), sum(measured_s), sum(slot_count)
FROM energy_month
JOIN history_meter USING (meter_id, account_id)
JOIN account_ledger USING (account_id)
GROUP BY account_ledger.ledger_id, month;
