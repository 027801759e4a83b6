-- The same of areas and parks: sums of places as they are handed on.

-- name: seen(areas, carrier)
SELECT count(*)
FROM open.ledger
WHERE (:areas ::text[] IS NULL OR area = ANY (:areas)) AND (:carrier ::text IS NULL OR carrier = :carrier);

-- name: bounds()
SELECT min(month) AS first, max(month) + interval '32 days' AS last
FROM ledger_month;

-- name: next_changed(since, from_ts, to_ts)
-- The first month of a range of which anything was booked again since.
SELECT min(month)
FROM ledger_month
JOIN open.ledger AS ledger ON ledger.ledger_number = ledger_month.ledger_id
WHERE
    booked_by >= :since ::xid8
    AND booked_by < pg_snapshot_xmax(pg_current_snapshot())
    AND month >= :from_ts ::timestamptz
    AND month < :to_ts ::timestamptz;

-- part: row()
    ledger.place_kind,
    ledger.place,
    ledger.place_name,
    ledger.carrier,
    ledger.flow,
    CASE WHEN kept.slot_count > 0 THEN trim_scale(kept.quantity_pico * 0.000000000001) END AS quantity,
    ledger.quantity_unit,
    kept.measured_s,
    kept.slot_count AS booked_slots,
    way.number AS ledger_number

-- part: hour(from_ts, to_ts, areas, carrier)
FROM (
    SELECT ledger_number AS number
    FROM open.ledger
    WHERE (:areas ::text[] IS NULL OR area = ANY (:areas)) AND (:carrier ::text IS NULL OR carrier = :carrier)
) AS way
CROSS JOIN LATERAL (
    SELECT hour AS period, quantity_pico, measured_s, slot_count
    FROM ledger_hour
    WHERE
        ledger_id = way.number
        AND hour >= :from_ts ::timestamptz
        AND hour < :to_ts ::timestamptz
        AND slot_count > 0
    OFFSET 0
) AS kept

-- part: day(from_ts, to_ts, areas, carrier)
FROM (
    SELECT ledger_number AS number
    FROM open.ledger
    WHERE (:areas ::text[] IS NULL OR area = ANY (:areas)) AND (:carrier ::text IS NULL OR carrier = :carrier)
) AS way
CROSS JOIN LATERAL (
    SELECT day AS period, quantity_pico, measured_s, slot_count, changed_at
    FROM ledger_day
    WHERE
        ledger_id = way.number
        AND day >= :from_ts ::timestamptz
        AND day < :to_ts ::timestamptz
        AND slot_count > 0
    OFFSET 0
) AS kept

-- part: month(from_ts, to_ts, areas, carrier)
FROM (
    SELECT ledger_number AS number
    FROM open.ledger
    WHERE (:areas ::text[] IS NULL OR area = ANY (:areas)) AND (:carrier ::text IS NULL OR carrier = :carrier)
) AS way
CROSS JOIN LATERAL (
    SELECT month AS period, quantity_pico, measured_s, slot_count, changed_at
    FROM ledger_month
    WHERE
        ledger_id = way.number
        AND month >= :from_ts ::timestamptz
        AND month < :to_ts ::timestamptz
        AND slot_count > 0
    OFFSET 0
) AS kept

-- part: changed_hour(from_ts, to_ts, since, areas, carrier, after_period, after_number, most)
-- All hours of the first days that were booked again, also those that hold nothing (any more).
FROM (
    SELECT ledger_day.day, ledger_day.ledger_id AS number
    FROM ledger_day
    JOIN open.ledger AS seen ON seen.ledger_number = ledger_day.ledger_id
    WHERE
        (:areas ::text[] IS NULL OR seen.area = ANY (:areas))
        AND (:carrier ::text IS NULL OR seen.carrier = :carrier)
        AND ledger_day.booked_by >= :since ::xid8
        AND ledger_day.booked_by < pg_snapshot_xmax(pg_current_snapshot())
        AND ledger_day.day > :from_ts ::timestamptz - interval '1 day'
        AND ledger_day.day < :to_ts ::timestamptz
        AND (ledger_day.day, ledger_day.ledger_id) > (:after_period ::timestamptz, :after_number ::integer)
    ORDER BY ledger_day.day, ledger_day.ledger_id
    LIMIT (:most ::integer + 23) / 24
) AS way
CROSS JOIN LATERAL (
    SELECT
        hours.period,
        coalesce(ledger_hour.quantity_pico, 0) AS quantity_pico,
        coalesce(ledger_hour.measured_s, 0) AS measured_s,
        coalesce(ledger_hour.slot_count, 0) AS slot_count
    FROM generate_series(way.day, way.day + interval '23 hours', interval '1 hour') AS hours (period)
    LEFT JOIN ledger_hour ON ledger_hour.ledger_id = way.number AND ledger_hour.hour = hours.period
    WHERE
        hours.period >= :from_ts ::timestamptz
        AND hours.period < :to_ts ::timestamptz
        AND (ledger_hour.slot_count > 0 OR hours.period < now())
    OFFSET 0
) AS kept

-- part: changed_day(from_ts, to_ts, since)
FROM (
    SELECT day AS period, ledger_id AS number, quantity_pico, measured_s, slot_count, changed_at
    FROM ledger_day
    WHERE
        day >= :from_ts ::timestamptz
        AND day < :to_ts ::timestamptz
        AND booked_by >= :since ::xid8
        AND booked_by < pg_snapshot_xmax(pg_current_snapshot())
) AS kept
CROSS JOIN LATERAL (SELECT kept.number) AS way

-- part: changed_month(from_ts, to_ts, since)
FROM (
    SELECT month AS period, ledger_id AS number, quantity_pico, measured_s, slot_count, changed_at
    FROM ledger_month
    WHERE
        month >= :from_ts ::timestamptz
        AND month < :to_ts ::timestamptz
        AND booked_by >= :since ::xid8
        AND booked_by < pg_snapshot_xmax(pg_current_snapshot())
) AS kept
CROSS JOIN LATERAL (SELECT kept.number) AS way

-- part: page(areas, carrier, after_period, after_number, most)
JOIN open.ledger AS ledger ON ledger.ledger_number = way.number
WHERE
    (:areas ::text[] IS NULL OR ledger.area = ANY (:areas))
    AND (:carrier ::text IS NULL OR ledger.carrier = :carrier)
    AND (kept.period, way.number) > (:after_period ::timestamptz, :after_number ::integer)
ORDER BY kept.period, way.number
LIMIT :most

-- part: page_of_days()
JOIN open.ledger AS ledger ON ledger.ledger_number = way.number
ORDER BY way.day, way.number, kept.period
