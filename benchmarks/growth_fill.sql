-- name: create_stage#
CREATE TEMPORARY TABLE IF NOT EXISTS sums (
    owner integer NOT NULL,
    account_id integer NOT NULL,
    period timestamptz NOT NULL,
    milli bigint NOT NULL,
    seconds bigint NOT NULL,
    slots bigint NOT NULL
);

-- name: empty_stage#
TRUNCATE sums;

-- name: empty_ledgers#
TRUNCATE ledger_hour, ledger_day, ledger_month;

-- name: book_energy_day!
INSERT INTO energy_day (meter_id, account_id, day, quantity_pico, measured_s, slot_count)
SELECT owner, account_id, period, milli * 1000000000::numeric, seconds, slots
FROM sums;

-- name: book_energy_month!
INSERT INTO energy_month (meter_id, account_id, month, quantity_pico, measured_s, slot_count)
SELECT owner, account_id, period, milli * 1000000000::numeric, seconds, slots
FROM sums;

-- name: book_ledger_hour!
INSERT INTO ledger_hour (ledger_id, hour, quantity_pico, measured_s, slot_count)
SELECT owner, period, milli * 1000000000::numeric, seconds, slots
FROM sums;

-- name: book_ledger_day!
INSERT INTO ledger_day (ledger_id, day, quantity_pico, measured_s, slot_count)
SELECT owner, period, milli * 1000000000::numeric, seconds, slots
FROM sums;

-- name: book_ledger_month!
INSERT INTO ledger_month (ledger_id, month, quantity_pico, measured_s, slot_count)
SELECT owner, period, milli * 1000000000::numeric, seconds, slots
FROM sums;
