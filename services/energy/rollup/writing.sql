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

-- name: quarters_kept(meter_ids, starts, ends, from_ts, to_ts)
-- The hours that stand in these stretches, which lie from `from_ts` to before `to_ts`, so that no other chunk is opened: all in
-- one row, as they are fetched row by row much more slowly. `booked` has a bit for each quarter. OFFSET keeps each stretch a
-- look-up of its own.
SELECT
    array_agg(stretch.position::integer) AS positions,
    array_agg(kept.meter_id) AS meter_ids,
    array_agg(kept.hour) AS times,
    array_agg(kept.account_id) AS account_ids,
    array_agg(
        (kept.quantity_pico_0 IS NOT NULL)::integer + 2 * (kept.quantity_pico_1 IS NOT NULL)::integer
        + 4 * (kept.quantity_pico_2 IS NOT NULL)::integer + 8 * (kept.quantity_pico_3 IS NOT NULL)::integer
    ) AS booked,
    array_agg(coalesce(kept.quantity_pico_0, 0)) AS quantity_pico_0,
    array_agg(coalesce(kept.quantity_pico_1, 0)) AS quantity_pico_1,
    array_agg(coalesce(kept.quantity_pico_2, 0)) AS quantity_pico_2,
    array_agg(coalesce(kept.quantity_pico_3, 0)) AS quantity_pico_3,
    array_agg(coalesce(kept.measured_s_0, 0)::integer) AS measured_s_0,
    array_agg(coalesce(kept.measured_s_1, 0)::integer) AS measured_s_1,
    array_agg(coalesce(kept.measured_s_2, 0)::integer) AS measured_s_2,
    array_agg(coalesce(kept.measured_s_3, 0)::integer) AS measured_s_3,
    array_agg(coalesce(kept.quality_0, 0)::integer) AS quality_0,
    array_agg(coalesce(kept.quality_1, 0)::integer) AS quality_1,
    array_agg(coalesce(kept.quality_2, 0)::integer) AS quality_2,
    array_agg(coalesce(kept.quality_3, 0)::integer) AS quality_3
FROM unnest(:meter_ids ::integer[], :starts ::timestamptz[], :ends ::timestamptz[])
    WITH ORDINALITY AS stretch (meter_id, start_ts, end_ts, position)
CROSS JOIN LATERAL (
    SELECT *
    FROM energy_quarters
    WHERE
        energy_quarters.meter_id = stretch.meter_id
        AND energy_quarters.hour >= stretch.start_ts
        AND energy_quarters.hour < stretch.end_ts
        AND energy_quarters.hour >= :from_ts ::timestamptz
        AND energy_quarters.hour < :to_ts ::timestamptz
    OFFSET 0
) AS kept;

-- name: change_quarters(meter_ids, times, account_ids, booked, quantity_pico_0, quantity_pico_1, quantity_pico_2, quantity_pico_3, measured_s_0, measured_s_1, measured_s_2, measured_s_3, quality_0, quality_1, quality_2, quality_3)
-- Of hours that stand.
INSERT INTO energy_quarters
SELECT
    now.meter_id,
    now.account_id,
    now.hour,
    CASE WHEN now.booked & 1 > 0 THEN now.quantity_pico_0 END,
    CASE WHEN now.booked & 2 > 0 THEN now.quantity_pico_1 END,
    CASE WHEN now.booked & 4 > 0 THEN now.quantity_pico_2 END,
    CASE WHEN now.booked & 8 > 0 THEN now.quantity_pico_3 END,
    CASE WHEN now.booked & 1 > 0 THEN now.measured_s_0 END,
    CASE WHEN now.booked & 2 > 0 THEN now.measured_s_1 END,
    CASE WHEN now.booked & 4 > 0 THEN now.measured_s_2 END,
    CASE WHEN now.booked & 8 > 0 THEN now.measured_s_3 END,
    CASE WHEN now.booked & 1 > 0 THEN now.quality_0 END,
    CASE WHEN now.booked & 2 > 0 THEN now.quality_1 END,
    CASE WHEN now.booked & 4 > 0 THEN now.quality_2 END,
    CASE WHEN now.booked & 8 > 0 THEN now.quality_3 END
FROM unnest(
    :meter_ids ::integer[], :times ::timestamptz[], :account_ids ::integer[], :booked ::integer[],
    :quantity_pico_0 ::bigint[], :quantity_pico_1 ::bigint[], :quantity_pico_2 ::bigint[], :quantity_pico_3 ::bigint[],
    :measured_s_0 ::integer[], :measured_s_1 ::integer[], :measured_s_2 ::integer[], :measured_s_3 ::integer[],
    :quality_0 ::integer[], :quality_1 ::integer[], :quality_2 ::integer[], :quality_3 ::integer[]
) AS now (
    meter_id, hour, account_id, booked,
    quantity_pico_0, quantity_pico_1, quantity_pico_2, quantity_pico_3,
    measured_s_0, measured_s_1, measured_s_2, measured_s_3,
    quality_0, quality_1, quality_2, quality_3
)
ON CONFLICT (meter_id, hour) DO UPDATE
SET
    account_id = excluded.account_id,
    quantity_pico_0 = excluded.quantity_pico_0,
    quantity_pico_1 = excluded.quantity_pico_1,
    quantity_pico_2 = excluded.quantity_pico_2,
    quantity_pico_3 = excluded.quantity_pico_3,
    measured_s_0 = excluded.measured_s_0,
    measured_s_1 = excluded.measured_s_1,
    measured_s_2 = excluded.measured_s_2,
    measured_s_3 = excluded.measured_s_3,
    quality_0 = excluded.quality_0,
    quality_1 = excluded.quality_1,
    quality_2 = excluded.quality_2,
    quality_3 = excluded.quality_3;

-- name: drop_quarters(meter_id, times, first, last)
DELETE FROM energy_quarters
WHERE meter_id = :meter_id AND hour = ANY (:times ::timestamptz[]) AND hour >= :first AND hour <= :last;

-- name: book_days(meter_ids, account_ids, times, highs, lows, measured, slot_counts)
-- Also where the day gains nothing and one of its hours does, here and below: then it has changed all the same.
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
    slot_count = kept.slot_count + excluded.slot_count,
    booked_by = excluded.booked_by,
    changed_at = excluded.changed_at;

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
    slot_count = kept.slot_count + excluded.slot_count,
    booked_by = excluded.booked_by,
    changed_at = excluded.changed_at;

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
    slot_count = kept.slot_count + excluded.slot_count,
    booked_by = excluded.booked_by,
    changed_at = excluded.changed_at;

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
    slot_count = kept.slot_count + excluded.slot_count,
    booked_by = excluded.booked_by,
    changed_at = excluded.changed_at;

-- name: tell(told)
-- Who listens need not look at other hours.
SELECT pg_notify('enermon_energy', :told);
