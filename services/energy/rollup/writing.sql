-- name: months_kept(meter_ids)
-- Of each meter the first and last month of which anything was ever booked.
SELECT
    listed.meter_id,
    first.month AS first_ts,
    last.month AS last_ts
FROM unnest(:meter_ids ::integer[]) AS listed (meter_id)
CROSS JOIN LATERAL (
    SELECT energy_month.month
    FROM energy_month
    WHERE energy_month.meter_id = listed.meter_id
    ORDER BY energy_month.month
    LIMIT 1
) AS first
CROSS JOIN LATERAL (
    SELECT energy_month.month
    FROM energy_month
    WHERE energy_month.meter_id = listed.meter_id
    ORDER BY energy_month.month DESC
    LIMIT 1
) AS last;

-- name: slots_kept(meter_ids, starts, ends, from_ts, to_ts)
-- The slots that stand in these stretches, which lie from `from_ts` to before `to_ts`, so that no other chunk is opened: all
-- in one row, as they are fetched row by row much more slowly. OFFSET keeps each stretch a look-up of its own.
SELECT
    array_agg(stretch.position::integer) AS positions,
    array_agg(kept.meter_id) AS meter_ids,
    array_agg(kept.slot) AS times,
    array_agg(kept.account_id) AS account_ids,
    array_agg(kept.quantity_pico) AS quantities,
    array_agg(kept.measured_s::integer) AS measured,
    array_agg(1) AS slot_counts,
    array_agg(kept.quality::integer) AS qualities
FROM unnest(:meter_ids ::integer[], :starts ::timestamptz[], :ends ::timestamptz[])
    WITH ORDINALITY AS stretch (meter_id, start_ts, end_ts, position)
CROSS JOIN LATERAL (
    SELECT *
    FROM energy_slot
    WHERE
        energy_slot.meter_id = stretch.meter_id
        AND energy_slot.slot >= stretch.start_ts
        AND energy_slot.slot < stretch.end_ts
        AND energy_slot.slot >= :from_ts ::timestamptz
        AND energy_slot.slot < :to_ts ::timestamptz
    OFFSET 0
) AS kept;

-- name: hours_kept(meter_ids, starts, ends, from_ts, to_ts)
-- The same of hours.
SELECT
    array_agg(stretch.position::integer) AS positions,
    array_agg(kept.meter_id) AS meter_ids,
    array_agg(kept.hour) AS times,
    array_agg(kept.account_id) AS account_ids,
    array_agg(kept.quantity_pico) AS quantities,
    array_agg(kept.measured_s::integer) AS measured,
    array_agg(kept.slot_count::integer) AS slot_counts,
    array_agg(kept.quality::integer) AS qualities
FROM unnest(:meter_ids ::integer[], :starts ::timestamptz[], :ends ::timestamptz[])
    WITH ORDINALITY AS stretch (meter_id, start_ts, end_ts, position)
CROSS JOIN LATERAL (
    SELECT *
    FROM energy_hour
    WHERE
        energy_hour.meter_id = stretch.meter_id
        AND energy_hour.hour >= stretch.start_ts
        AND energy_hour.hour < stretch.end_ts
        AND energy_hour.hour >= :from_ts ::timestamptz
        AND energy_hour.hour < :to_ts ::timestamptz
    OFFSET 0
) AS kept;

-- name: change_slots(meter_ids, times, account_ids, quantities, measured, qualities)
-- Of slots that stand.
INSERT INTO energy_slot (meter_id, slot, account_id, quantity_pico, measured_s, quality)
SELECT meter_id, slot, account_id, quantity_pico, measured_s, quality
FROM unnest(
    :meter_ids ::integer[], :times ::timestamptz[], :account_ids ::integer[], :quantities ::bigint[],
    :measured ::integer[], :qualities ::integer[]
) AS booked (meter_id, slot, account_id, quantity_pico, measured_s, quality)
ON CONFLICT (meter_id, slot) DO UPDATE
SET
    account_id = excluded.account_id,
    quantity_pico = excluded.quantity_pico,
    measured_s = excluded.measured_s,
    quality = excluded.quality;

-- name: change_hours(meter_ids, times, account_ids, quantities, measured, slot_counts, qualities)
-- Of hours that stand.
INSERT INTO energy_hour (meter_id, hour, account_id, quantity_pico, measured_s, slot_count, quality)
SELECT meter_id, hour, account_id, quantity_pico, measured_s, slot_count, quality
FROM unnest(
    :meter_ids ::integer[], :times ::timestamptz[], :account_ids ::integer[], :quantities ::bigint[],
    :measured ::integer[], :slot_counts ::integer[], :qualities ::integer[]
) AS booked (meter_id, hour, account_id, quantity_pico, measured_s, slot_count, quality)
ON CONFLICT (meter_id, hour) DO UPDATE
SET
    account_id = excluded.account_id,
    quantity_pico = excluded.quantity_pico,
    measured_s = excluded.measured_s,
    slot_count = excluded.slot_count,
    quality = excluded.quality;

-- name: drop_slots(meter_id, times, first, last)
DELETE FROM energy_slot
WHERE meter_id = :meter_id AND slot = ANY (:times ::timestamptz[]) AND slot >= :first AND slot <= :last;

-- name: drop_hours(meter_id, times, first, last)
DELETE FROM energy_hour
WHERE meter_id = :meter_id AND hour = ANY (:times ::timestamptz[]) AND hour >= :first AND hour <= :last;

-- name: book_days(meter_ids, account_ids, times, highs, lows, measured, slot_counts)
INSERT INTO energy_day AS kept (meter_id, account_id, day, quantity_pico, measured_s, slot_count)
SELECT meter_id, account_id, day, high::numeric * 4294967296 + low, measured_s, slot_count
FROM unnest(
    :meter_ids ::integer[], :account_ids ::integer[], :times ::timestamptz[], :highs ::bigint[], :lows ::bigint[],
    :measured ::bigint[], :slot_counts ::bigint[]
) AS gained (meter_id, account_id, day, high, low, measured_s, slot_count)
ON CONFLICT (meter_id, day, account_id) DO UPDATE
SET
    quantity_pico = kept.quantity_pico + excluded.quantity_pico,
    measured_s = kept.measured_s + excluded.measured_s,
    slot_count = kept.slot_count + excluded.slot_count;

-- name: book_months(meter_ids, account_ids, times, highs, lows, measured, slot_counts)
INSERT INTO energy_month AS kept (meter_id, account_id, month, quantity_pico, measured_s, slot_count)
SELECT meter_id, account_id, month, high::numeric * 4294967296 + low, measured_s, slot_count
FROM unnest(
    :meter_ids ::integer[], :account_ids ::integer[], :times ::timestamptz[], :highs ::bigint[], :lows ::bigint[],
    :measured ::bigint[], :slot_counts ::bigint[]
) AS gained (meter_id, account_id, month, high, low, measured_s, slot_count)
ON CONFLICT (meter_id, month, account_id) DO UPDATE
SET
    quantity_pico = kept.quantity_pico + excluded.quantity_pico,
    measured_s = kept.measured_s + excluded.measured_s,
    slot_count = kept.slot_count + excluded.slot_count;

-- name: book_ledger_hours(account_ids, times, highs, lows, measured, slot_counts)
-- Rows of places are taken in one order, so that two writers cannot wait for each other in a circle.
INSERT INTO ledger_hour AS kept (ledger_id, hour, quantity_pico, measured_s, slot_count)
SELECT
    account_ledger.ledger_id,
    gained.hour,
    sum(gained.high) * 4294967296 + sum(gained.low),
    sum(gained.measured_s),
    sum(gained.slot_count)
FROM unnest(
    :account_ids ::integer[], :times ::timestamptz[], :highs ::bigint[], :lows ::bigint[],
    :measured ::bigint[], :slot_counts ::bigint[]
) AS gained (account_id, hour, high, low, measured_s, slot_count)
JOIN account_ledger USING (account_id)
GROUP BY account_ledger.ledger_id, gained.hour
ORDER BY account_ledger.ledger_id, gained.hour
ON CONFLICT (ledger_id, hour) DO UPDATE
SET
    quantity_pico = kept.quantity_pico + excluded.quantity_pico,
    measured_s = kept.measured_s + excluded.measured_s,
    slot_count = kept.slot_count + excluded.slot_count;

-- name: book_ledger_days(account_ids, times, highs, lows, measured, slot_counts)
INSERT INTO ledger_day AS kept (ledger_id, day, quantity_pico, measured_s, slot_count)
SELECT
    account_ledger.ledger_id,
    gained.day,
    sum(gained.high) * 4294967296 + sum(gained.low),
    sum(gained.measured_s),
    sum(gained.slot_count)
FROM unnest(
    :account_ids ::integer[], :times ::timestamptz[], :highs ::bigint[], :lows ::bigint[],
    :measured ::bigint[], :slot_counts ::bigint[]
) AS gained (account_id, day, high, low, measured_s, slot_count)
JOIN account_ledger USING (account_id)
GROUP BY account_ledger.ledger_id, gained.day
ORDER BY account_ledger.ledger_id, gained.day
ON CONFLICT (ledger_id, day) DO UPDATE
SET
    quantity_pico = kept.quantity_pico + excluded.quantity_pico,
    measured_s = kept.measured_s + excluded.measured_s,
    slot_count = kept.slot_count + excluded.slot_count;

-- name: book_ledger_months(account_ids, times, highs, lows, measured, slot_counts)
INSERT INTO ledger_month AS kept (ledger_id, month, quantity_pico, measured_s, slot_count)
SELECT
    account_ledger.ledger_id,
    gained.month,
    sum(gained.high) * 4294967296 + sum(gained.low),
    sum(gained.measured_s),
    sum(gained.slot_count)
FROM unnest(
    :account_ids ::integer[], :times ::timestamptz[], :highs ::bigint[], :lows ::bigint[],
    :measured ::bigint[], :slot_counts ::bigint[]
) AS gained (account_id, month, high, low, measured_s, slot_count)
JOIN account_ledger USING (account_id)
GROUP BY account_ledger.ledger_id, gained.month
ORDER BY account_ledger.ledger_id, gained.month
ON CONFLICT (ledger_id, month) DO UPDATE
SET
    quantity_pico = kept.quantity_pico + excluded.quantity_pico,
    measured_s = kept.measured_s + excluded.measured_s,
    slot_count = kept.slot_count + excluded.slot_count;

-- name: tell(told)
-- Who listens need not look at other hours.
SELECT pg_notify('enermon_energy', :told);
