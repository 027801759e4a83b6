-- name: create_stages()
CREATE TEMPORARY TABLE IF NOT EXISTS booked (
    meter_id integer NOT NULL,
    account_id integer NOT NULL,
    slot timestamptz NOT NULL,
    quantity_pico bigint NOT NULL,
    measured_s smallint NOT NULL,
    quality smallint NOT NULL,
    by_fast_path boolean NOT NULL
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS rebooked (
    position integer,
    meter_id integer NOT NULL,
    start_ts timestamptz NOT NULL,
    end_ts timestamptz NOT NULL,
    booked_slots integer
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS hour_change (
    meter_id integer NOT NULL,
    hour timestamptz NOT NULL,
    new_account_id integer,
    new_quantity_pico bigint,
    new_measured_s smallint,
    new_slot_count smallint,
    new_quality smallint,
    old_account_id integer,
    old_quantity_pico bigint,
    old_measured_s smallint,
    old_slot_count smallint
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS delta (
    meter_id integer NOT NULL,
    account_id integer NOT NULL,
    hour timestamptz NOT NULL,
    day timestamptz NOT NULL,
    month timestamptz NOT NULL,
    quantity_pico numeric NOT NULL,
    measured_s integer NOT NULL,
    slot_count integer NOT NULL
) ON COMMIT DELETE ROWS;

-- name: replace_marks(meter_ids, afters, untils)
DELETE FROM reading_mark
USING unnest(:meter_ids ::integer[], :afters ::timestamptz[], :untils ::timestamptz[])
    AS judged (meter_id, after_ts, until_ts)
WHERE
    reading_mark.meter_id = judged.meter_id
    AND reading_mark.ts > judged.after_ts
    AND reading_mark.ts <= judged.until_ts
RETURNING reading_mark.meter_id, reading_mark.ts, reading_mark.quality;

-- name: add_marks(meter_ids, times, qualities)
INSERT INTO reading_mark (meter_id, ts, quality)
SELECT meter_id, ts, quality
FROM unnest(:meter_ids ::integer[], :times ::timestamptz[], :qualities ::smallint[]) AS mark (meter_id, ts, quality);

-- name: crowded()
-- Positions of rebooked ranges that hold more slots than were booked: the others were booked before and are not any more.
-- Where the number was not noted, all that were booked before are booked again.
SELECT rebooked.position
FROM rebooked
CROSS JOIN LATERAL (
    SELECT count(*) AS slots
    FROM energy_slot
    WHERE
        energy_slot.meter_id = rebooked.meter_id
        AND energy_slot.slot >= rebooked.start_ts
        AND energy_slot.slot < rebooked.end_ts
) AS found
WHERE rebooked.booked_slots IS NOT NULL AND found.slots > rebooked.booked_slots;

-- name: slots_in(positions)
SELECT rebooked.position, energy_slot.slot
FROM energy_slot
JOIN rebooked
    ON energy_slot.meter_id = rebooked.meter_id
    AND energy_slot.slot >= rebooked.start_ts
    AND energy_slot.slot < rebooked.end_ts
WHERE rebooked.position = ANY (:positions ::integer[]);

-- name: drop_slots(meter_id, slots, first, last)
DELETE FROM energy_slot
WHERE meter_id = :meter_id AND slot = ANY (:slots ::timestamptz[]) AND slot >= :first AND slot <= :last;

-- name: book_slots()
INSERT INTO energy_slot AS kept (meter_id, account_id, slot, quantity_pico, measured_s, quality)
SELECT meter_id, account_id, slot, quantity_pico, measured_s, quality
FROM booked
ON CONFLICT (meter_id, slot) DO UPDATE
SET
    account_id = excluded.account_id,
    quantity_pico = excluded.quantity_pico,
    measured_s = excluded.measured_s,
    quality = excluded.quality
WHERE
    kept.quantity_pico <> excluded.quantity_pico
    OR kept.measured_s <> excluded.measured_s
    OR kept.quality <> excluded.quality
    OR kept.account_id <> excluded.account_id;

-- name: find_changed_hours()
-- Ranges are booked again by whole hours: what is booked in them now, beside what stood there before.
-- Of a range that took the fast path (without position) only some slots are booked. The others of its hours count as they are
-- kept: those whose readings still wait in the queue are kept later, and not counted before.
INSERT INTO hour_change
WITH held AS (
    SELECT meter_id, account_id, slot, quantity_pico, measured_s, quality
    FROM booked
    WHERE NOT by_fast_path
    UNION ALL
    SELECT
        rebooked.meter_id,
        kept.account_id,
        kept.slot,
        kept.quantity_pico,
        kept.measured_s,
        kept.quality
    FROM rebooked
    CROSS JOIN LATERAL (
        SELECT *
        FROM energy_slot
        WHERE
            energy_slot.meter_id = rebooked.meter_id
            AND energy_slot.slot >= rebooked.start_ts
            AND energy_slot.slot < rebooked.end_ts
            AND energy_slot.slot >= (SELECT min(start_ts) FROM rebooked WHERE position IS NULL)
    ) AS kept
    WHERE rebooked.position IS NULL
),
fresh AS (
    SELECT
        meter_id,
        date_trunc('hour', slot) AS hour,
        min(account_id) AS account_id,
        sum(quantity_pico)::bigint AS quantity_pico,
        sum(measured_s)::smallint AS measured_s,
        count(*)::smallint AS slot_count,
        bit_or(quality) AS quality
    FROM held
    GROUP BY meter_id, date_trunc('hour', slot)
),
old AS (
    SELECT
        rebooked.meter_id,
        stood.hour,
        stood.account_id,
        stood.quantity_pico,
        stood.measured_s,
        stood.slot_count,
        stood.quality
    FROM rebooked
    CROSS JOIN LATERAL (
        SELECT *
        FROM energy_hour
        WHERE
            energy_hour.meter_id = rebooked.meter_id
            AND energy_hour.hour >= rebooked.start_ts
            AND energy_hour.hour < rebooked.end_ts
    ) AS stood
)
SELECT
    meter_id,
    hour,
    fresh.account_id,
    fresh.quantity_pico,
    fresh.measured_s,
    fresh.slot_count,
    fresh.quality,
    old.account_id,
    old.quantity_pico,
    old.measured_s,
    old.slot_count
FROM fresh
FULL JOIN old USING (meter_id, hour)
WHERE
    (fresh.account_id, fresh.quantity_pico, fresh.measured_s, fresh.slot_count, fresh.quality)
    IS DISTINCT FROM (old.account_id, old.quantity_pico, old.measured_s, old.slot_count, old.quality);

-- name: book_hours()
INSERT INTO energy_hour (meter_id, account_id, hour, quantity_pico, measured_s, slot_count, quality)
SELECT meter_id, new_account_id, hour, new_quantity_pico, new_measured_s, new_slot_count, new_quality
FROM hour_change
WHERE new_account_id IS NOT NULL
ON CONFLICT (meter_id, hour) DO UPDATE
SET
    account_id = excluded.account_id,
    quantity_pico = excluded.quantity_pico,
    measured_s = excluded.measured_s,
    slot_count = excluded.slot_count,
    quality = excluded.quality;

-- name: empty_hours()
SELECT meter_id, hour
FROM hour_change
WHERE new_account_id IS NULL;

-- name: drop_hours(meter_id, hours, first, last)
DELETE FROM energy_hour
WHERE meter_id = :meter_id AND hour = ANY (:hours ::timestamptz[]) AND hour >= :first AND hour <= :last;

-- name: find_delta()
-- What the change of the hours means for everything above them.
INSERT INTO delta (meter_id, account_id, hour, day, month, quantity_pico, measured_s, slot_count)
SELECT
    meter_id,
    account_id,
    hour,
    date_trunc('day', hour AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai',
    date_trunc('month', hour AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai',
    sum(quantity_pico),
    sum(measured_s),
    sum(slot_count)
FROM (
    SELECT
        meter_id,
        hour,
        new_account_id AS account_id,
        new_quantity_pico AS quantity_pico,
        new_measured_s AS measured_s,
        new_slot_count AS slot_count
    FROM hour_change
    WHERE new_account_id IS NOT NULL
    UNION ALL
    SELECT meter_id, hour, old_account_id, -old_quantity_pico, -old_measured_s, -old_slot_count
    FROM hour_change
    WHERE old_account_id IS NOT NULL
) AS change
GROUP BY meter_id, account_id, hour
HAVING sum(quantity_pico) <> 0 OR sum(measured_s) <> 0 OR sum(slot_count) <> 0;

-- name: book_days()
INSERT INTO energy_day AS kept (meter_id, day, account_id, quantity_pico, measured_s, slot_count)
SELECT meter_id, day, account_id, sum(quantity_pico), sum(measured_s), sum(slot_count)
FROM delta
GROUP BY meter_id, day, account_id
ON CONFLICT (meter_id, day, account_id) DO UPDATE
SET
    quantity_pico = kept.quantity_pico + excluded.quantity_pico,
    measured_s = kept.measured_s + excluded.measured_s,
    slot_count = kept.slot_count + excluded.slot_count;

-- name: book_months()
INSERT INTO energy_month AS kept (meter_id, month, account_id, quantity_pico, measured_s, slot_count)
SELECT meter_id, month, account_id, sum(quantity_pico), sum(measured_s), sum(slot_count)
FROM delta
GROUP BY meter_id, month, account_id
ON CONFLICT (meter_id, month, account_id) DO UPDATE
SET
    quantity_pico = kept.quantity_pico + excluded.quantity_pico,
    measured_s = kept.measured_s + excluded.measured_s,
    slot_count = kept.slot_count + excluded.slot_count;

-- name: book_ledger_hours()
INSERT INTO ledger_hour AS kept (ledger_id, hour, quantity_pico, measured_s, slot_count)
SELECT account_ledger.ledger_id, delta.hour, sum(delta.quantity_pico), sum(delta.measured_s), sum(delta.slot_count)
FROM delta
JOIN account_ledger USING (account_id)
GROUP BY account_ledger.ledger_id, delta.hour
ON CONFLICT (ledger_id, hour) DO UPDATE
SET
    quantity_pico = kept.quantity_pico + excluded.quantity_pico,
    measured_s = kept.measured_s + excluded.measured_s,
    slot_count = kept.slot_count + excluded.slot_count;

-- name: book_ledger_days()
INSERT INTO ledger_day AS kept (ledger_id, day, quantity_pico, measured_s, slot_count)
SELECT account_ledger.ledger_id, delta.day, sum(delta.quantity_pico), sum(delta.measured_s), sum(delta.slot_count)
FROM delta
JOIN account_ledger USING (account_id)
GROUP BY account_ledger.ledger_id, delta.day
ON CONFLICT (ledger_id, day) DO UPDATE
SET
    quantity_pico = kept.quantity_pico + excluded.quantity_pico,
    measured_s = kept.measured_s + excluded.measured_s,
    slot_count = kept.slot_count + excluded.slot_count;

-- name: book_ledger_months()
INSERT INTO ledger_month AS kept (ledger_id, month, quantity_pico, measured_s, slot_count)
SELECT account_ledger.ledger_id, delta.month, sum(delta.quantity_pico), sum(delta.measured_s), sum(delta.slot_count)
FROM delta
JOIN account_ledger USING (account_id)
GROUP BY account_ledger.ledger_id, delta.month
ON CONFLICT (ledger_id, month) DO UPDATE
SET
    quantity_pico = kept.quantity_pico + excluded.quantity_pico,
    measured_s = kept.measured_s + excluded.measured_s,
    slot_count = kept.slot_count + excluded.slot_count;

-- name: tell()
-- First and last hour whose energy has changed, in seconds since 1970: who listens need not look at others.
SELECT
    pg_notify(
        'enermon_energy',
        coalesce(extract(EPOCH FROM min(hour))::bigint || '/' || extract(EPOCH FROM max(hour))::bigint, '')
    )
FROM hour_change;
