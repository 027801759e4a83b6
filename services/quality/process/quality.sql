-- name: take_due(part, today, last_over, running_before, now, over_before, most)
-- What is deleted here is committed, so what it stands for is seen by every later statement of the transaction. A day that was
-- looked at a short while ago stays in the queue. What was found of days whose readings are kept no longer stays as it is.
WITH waiting AS (
    SELECT quality_due.meter_id, quality_due.day
    FROM quality_due
    LEFT JOIN quality_day AS known USING (meter_id, day)
    WHERE
        meter_part(quality_due.meter_id) = :part
        AND quality_due.day <= :today ::date
        AND (
            known.evaluated_at IS NULL
            OR known.evaluated_at < CASE
                WHEN quality_due.day > :last_over ::date THEN :running_before ::timestamptz
                WHEN NOT known.checked THEN :now ::timestamptz
                ELSE :over_before ::timestamptz
            END
        )
    GROUP BY quality_due.meter_id, quality_due.day
    ORDER BY quality_due.meter_id, quality_due.day
    LIMIT :most
),
taken AS (
    DELETE FROM quality_due
    USING waiting
    WHERE
        meter_part(quality_due.meter_id) = :part
        AND quality_due.meter_id = waiting.meter_id
        AND quality_due.day = waiting.day
    RETURNING quality_due.meter_id, quality_due.day
)
SELECT DISTINCT meter_id, day
FROM taken
WHERE day >= coalesce((SELECT (max(kept_from) AT TIME ZONE 'Asia/Shanghai')::date FROM reading_edge), '-infinity')
ORDER BY meter_id, day;

-- name: waiting()
SELECT count(*)
FROM (
    SELECT DISTINCT meter_id, day
    FROM quality_due
) AS due;

-- name: sweep(last_over, first_day, busy_days)
-- Days that are over: those looked at while they ran, and those of which nothing came.
INSERT INTO quality_due (meter_id, day)
SELECT meter_id, day
FROM quality_day
WHERE NOT checked AND day <= :last_over ::date
UNION
SELECT tenure.meter_id, each.day ::date
FROM tenure
CROSS JOIN LATERAL generate_series(
    greatest(tenure.from_day, :first_day ::date) ::timestamp,
    least(tenure.to_day - 1, :last_over ::date) ::timestamp,
    interval '1 day'
) AS each (day)
WHERE
    tenure.meter_id > 0
    AND tenure.to_day > :first_day ::date
    AND tenure.from_day <= :last_over ::date
    AND each.day ::date <> ALL (:busy_days ::date[])
    AND NOT EXISTS (SELECT FROM quality_day WHERE quality_day.meter_id = tenure.meter_id AND quality_day.day = each.day ::date);

-- name: waiting_days()
-- Days of which readings of more meters than a hundredth wait to be rolled up: what is booked of them says little as yet.
SELECT day
FROM (
    SELECT (slot AT TIME ZONE 'Asia/Shanghai')::date AS day, meter_id
    FROM (
        SELECT meter_id, slot FROM dirty_slot
        UNION ALL
        SELECT meter_id, slot FROM late_slot
    ) AS queued
    GROUP BY 1, 2
) AS waiting
GROUP BY day
HAVING count(*) * 100 > (SELECT count(*) FROM meter);

-- name: has_later(from_ts)
-- Whether anything is booked from a moment on.
SELECT EXISTS (SELECT FROM ledger_hour WHERE hour >= :from_ts AND slot_count > 0);

-- name: facts(meter_ids)
SELECT
    meter.meter_id,
    meter.code,
    meter.carrier,
    meter.flow
FROM meter
WHERE meter.meter_id = ANY (:meter_ids ::integer[]);

-- name: product_units()
-- Units that have a product meter, or once had.
SELECT DISTINCT term.unit_id
FROM meter_term_now AS term
JOIN meter USING (meter_id)
WHERE meter.flow = 'product';

-- name: readings(meter_ids, from_ts, to_ts)
SELECT meter_id, ts, value
FROM reading_now
WHERE meter_id = ANY (:meter_ids ::integer[]) AND ts >= :from_ts AND ts < :to_ts;

-- name: received(meter_ids, from_ts, to_ts)
SELECT reading.meter_id, reading.ts, stored_batch.received_at
FROM reading
JOIN stored_batch USING (batch_id)
WHERE reading.meter_id = ANY (:meter_ids ::integer[]) AND reading.ts >= :from_ts AND reading.ts < :to_ts;

-- name: marks(meter_ids, from_ts, to_ts)
SELECT meter_id, ts, quality
FROM reading_mark
WHERE meter_id = ANY (:meter_ids ::integer[]) AND ts >= :from_ts AND ts < :to_ts;

-- name: slots(meter_ids, from_ts, to_ts)
SELECT meter_id, slot, quantity_pico, measured_s, quality
FROM energy_slot
WHERE
    meter_id = ANY (:meter_ids ::integer[])
    AND hour > :from_ts ::timestamptz - interval '1 hour'
    AND hour < :to_ts
    AND slot >= :from_ts
    AND slot < :to_ts;

-- name: products(unit_ids, from_ts, to_ts)
-- What units made, by hour.
SELECT account.unit_id, energy_hour.hour, sum(energy_hour.quantity_pico)::double precision AS quantity_pico
FROM (SELECT DISTINCT meter_id FROM meter_term_now WHERE unit_id = ANY (:unit_ids ::integer[])) AS held
JOIN energy_hour USING (meter_id)
JOIN account USING (account_id)
WHERE
    account.unit_id = ANY (:unit_ids ::integer[])
    AND account.flow = 'product'
    AND energy_hour.hour >= :from_ts
    AND energy_hour.hour < :to_ts
GROUP BY account.unit_id, energy_hour.hour;

-- name: keep_days(now, meter_ids, days, readings, received, on_time, valid, resets, measured_s, checked)
INSERT INTO quality_day (meter_id, day, readings, received, on_time, valid, resets, measured_s, checked, evaluated_at)
SELECT meter_id, day, readings, received, on_time, valid, resets, measured_s, checked, :now
FROM unnest(
    :meter_ids ::integer[], :days ::date[], :readings ::integer[], :received ::integer[], :on_time ::integer[],
    :valid ::integer[], :resets ::integer[], :measured_s ::integer[], :checked ::boolean[]
) AS fresh (meter_id, day, readings, received, on_time, valid, resets, measured_s, checked)
ON CONFLICT (meter_id, day) DO UPDATE
SET
    readings = excluded.readings,
    received = excluded.received,
    on_time = excluded.on_time,
    valid = excluded.valid,
    resets = excluded.resets,
    measured_s = excluded.measured_s,
    checked = excluded.checked,
    evaluated_at = excluded.evaluated_at;

-- name: drop_findings(codes, days, kind, slugs)
DELETE FROM finding
USING unnest(:codes ::text[], :days ::date[]) AS again (code, day)
WHERE
    finding.subject_kind = :kind
    AND finding.subject_code = again.code
    AND finding.day = again.day
    AND finding.check_slug = ANY (:slugs ::text[]);

-- name: drop_findings_of_day(day, slugs)
DELETE FROM finding
WHERE day = :day AND check_slug = ANY (:slugs ::text[]);

-- name: drop_findings_since(day, slugs)
DELETE FROM finding
WHERE day >= :day AND check_slug = ANY (:slugs ::text[]);

-- name: keep_findings(now, slugs, kinds, codes, days, starts, ends, values, limits, details)
INSERT INTO finding (check_slug, subject_kind, subject_code, day, starts_at, ends_at, value, limit_value, detail, found_at)
SELECT check_slug, subject_kind, subject_code, day, starts_at, ends_at, value, limit_value, detail, :now
FROM unnest(
    :slugs ::text[], :kinds ::text[], :codes ::text[], :days ::date[], :starts ::timestamptz[], :ends ::timestamptz[],
    :values ::double precision[], :limits ::double precision[], :details ::jsonb[]
) AS fresh (check_slug, subject_kind, subject_code, day, starts_at, ends_at, value, limit_value, detail);

-- name: replace_estimates(day_meters, day_starts, meter_ids, hours, methods, now, quantities)
-- Hours of these days of meters: what is not estimated any more goes, what is stays as it was where it did not change.
WITH gone AS (
    DELETE FROM estimate
    USING unnest(:day_meters ::integer[], :day_starts ::timestamptz[]) AS again (meter_id, start_ts)
    WHERE
        estimate.meter_id = again.meter_id
        AND estimate.hour >= again.start_ts
        AND estimate.hour < again.start_ts + interval '1 day'
        AND NOT EXISTS (
            SELECT
            FROM unnest(:meter_ids ::integer[], :hours ::timestamptz[], :methods ::text[]) AS fresh (meter_id, hour, method)
            WHERE fresh.meter_id = estimate.meter_id AND fresh.hour = estimate.hour AND fresh.method = estimate.method
        )
)
INSERT INTO estimate AS kept (meter_id, hour, method, quantity_pico, made_at)
SELECT meter_id, hour, method, quantity_pico, :now
FROM unnest(:meter_ids ::integer[], :hours ::timestamptz[], :methods ::text[], :quantities ::bigint[])
    AS fresh (meter_id, hour, method, quantity_pico)
ON CONFLICT (meter_id, hour, method) DO UPDATE
SET
    quantity_pico = excluded.quantity_pico,
    made_at = excluded.made_at
WHERE kept.quantity_pico <> excluded.quantity_pico;

-- name: note_changed(now, days)
-- Days are shared by the meters of all workers: each takes their rows in the same order, and who ends later has not always
-- begun later.
INSERT INTO quality_region_day AS kept (day, changed_at)
SELECT day, :now
FROM unnest(:days ::date[]) AS changed (day)
ORDER BY changed.day
ON CONFLICT (day) DO UPDATE
SET changed_at = greatest(kept.changed_at, excluded.changed_at);

-- name: cross_days(last_over, quiet_before, checked_before, most)
-- Days that are over whose meters were looked at after the day as a whole was; not those that are just being looked at.
SELECT day
FROM quality_region_day
WHERE
    day <= :last_over ::date
    AND changed_at < :quiet_before
    AND (checked_at IS NULL OR checked_at < changed_at)
    AND (checked_at IS NULL OR checked_at < :checked_before)
ORDER BY day DESC
LIMIT :most;

-- name: note_checked(now, days)
UPDATE quality_region_day
SET checked_at = :now
WHERE day = ANY (:days ::date[]);

-- name: drop_faults(from_ts, to_ts, meter_ids, starts, ends)
-- Faults that begin in the judged hours and are not found any more.
DELETE FROM collection_fault
WHERE
    starts_at >= :from_ts
    AND starts_at < :to_ts
    AND NOT EXISTS (
        SELECT
        FROM unnest(:meter_ids ::integer[], :starts ::timestamptz[], :ends ::timestamptz[]) AS fresh (meter_id, starts_at, ends_at)
        WHERE
            fresh.meter_id = collection_fault.meter_id
            AND fresh.starts_at = collection_fault.starts_at
            AND fresh.ends_at = collection_fault.ends_at
    )
RETURNING meter_id, starts_at, ends_at;

-- name: keep_faults(now, meter_ids, starts, ends)
INSERT INTO collection_fault (meter_id, starts_at, ends_at, found_at)
SELECT meter_id, starts_at, ends_at, :now
FROM unnest(:meter_ids ::integer[], :starts ::timestamptz[], :ends ::timestamptz[]) AS fresh (meter_id, starts_at, ends_at)
ON CONFLICT DO NOTHING
RETURNING meter_id, starts_at, ends_at;

-- name: book_again(meter_ids, starts, ends)
-- The roll-up books these hours anew.
INSERT INTO dirty_slot (meter_id, slot)
SELECT fault.meter_id, each.hour
FROM unnest(:meter_ids ::integer[], :starts ::timestamptz[], :ends ::timestamptz[]) AS fault (meter_id, starts_at, ends_at)
CROSS JOIN LATERAL generate_series(fault.starts_at, fault.ends_at - interval '1 hour', interval '1 hour') AS each (hour);
