-- Energy of meters as it is handed on. Each meter is looked up by its key, since no index of energy is by time alone.

-- name: seen(areas, enterprise, carrier)
-- How many meters, and directions of them.
SELECT count(DISTINCT energy_month.meter_id)
FROM energy_month
JOIN open.account AS account ON account.account_number = energy_month.account_id
WHERE
    (:areas ::text[] IS NULL OR account.area = ANY (:areas))
    AND (:enterprise ::text IS NULL OR account.enterprise = :enterprise)
    AND (:carrier ::text IS NULL OR account.carrier = :carrier);

-- name: bounds()
SELECT min(month) AS first, max(month) + interval '32 days' AS last
FROM energy_month;

-- name: next_changed(since, from_ts, to_ts)
-- The first month from a time on of which anything was booked again since.
SELECT min(month)
FROM energy_month
JOIN open.account AS account ON account.account_number = energy_month.account_id
WHERE
    booked_by >= :since ::xid8
    AND booked_by < pg_snapshot_xmax(pg_current_snapshot())
    AND month >= :from_ts ::timestamptz
    AND month < :to_ts ::timestamptz;

-- part: row()
    meter.code AS meter,
    account.unit,
    account.enterprise,
    account.area,
    account.park,
    account.carrier,
    account.flow,
    CASE WHEN kept.slot_count > 0 THEN trim_scale(kept.quantity_pico * 0.000000000001) END AS quantity,
    account.quantity_unit,
    kept.measured_s,

-- part: rest_of_hour()
    3600 AS period_s,
    kept.slot_count AS booked_slots,
    kept.quality,
    way.number AS meter_number,
    kept.account AS account_number

-- part: rest_of_day()
    86400 AS period_s,
    kept.slot_count AS booked_slots,
    way.number AS meter_number,
    kept.account AS account_number

-- part: rest_of_month()
    extract(
        EPOCH FROM ((kept.period AT TIME ZONE 'Asia/Shanghai') + interval '1 month')
        - (kept.period AT TIME ZONE 'Asia/Shanghai')
    )::integer AS period_s,
    kept.slot_count AS booked_slots,
    way.number AS meter_number,
    kept.account AS account_number

-- part: hour(from_ts, to_ts, areas, enterprise, carrier)
FROM (
    SELECT DISTINCT energy_month.meter_id AS number
    FROM energy_month
    JOIN open.account AS account ON account.account_number = energy_month.account_id
    WHERE
        energy_month.month > :from_ts ::timestamptz - interval '31 days'
        AND energy_month.month < :to_ts ::timestamptz
        AND (:areas ::text[] IS NULL OR account.area = ANY (:areas))
        AND (:enterprise ::text IS NULL OR account.enterprise = :enterprise)
        AND (:carrier ::text IS NULL OR account.carrier = :carrier)
) AS way
CROSS JOIN LATERAL (
    SELECT
        hour AS period,
        account_id AS account,
        coalesce(quantity_pico_0, 0)::numeric + coalesce(quantity_pico_1, 0) + coalesce(quantity_pico_2, 0)
        + coalesce(quantity_pico_3, 0) AS quantity_pico,
        coalesce(measured_s_0, 0)::integer + coalesce(measured_s_1, 0) + coalesce(measured_s_2, 0)
        + coalesce(measured_s_3, 0) AS measured_s,
        num_nonnulls(quantity_pico_0, quantity_pico_1, quantity_pico_2, quantity_pico_3) AS slot_count,
        coalesce(quality_0, 0)::integer | coalesce(quality_1, 0) | coalesce(quality_2, 0)
        | coalesce(quality_3, 0) AS quality
    FROM energy_quarters
    WHERE meter_id = way.number AND hour >= :from_ts ::timestamptz AND hour < :to_ts ::timestamptz
    OFFSET 0
) AS kept

-- part: day(from_ts, to_ts, areas, enterprise, carrier)
FROM (
    SELECT DISTINCT energy_month.meter_id AS number
    FROM energy_month
    JOIN open.account AS account ON account.account_number = energy_month.account_id
    WHERE
        energy_month.month > :from_ts ::timestamptz - interval '31 days'
        AND energy_month.month < :to_ts ::timestamptz
        AND (:areas ::text[] IS NULL OR account.area = ANY (:areas))
        AND (:enterprise ::text IS NULL OR account.enterprise = :enterprise)
        AND (:carrier ::text IS NULL OR account.carrier = :carrier)
) AS way
CROSS JOIN LATERAL (
    SELECT day AS period, account_id AS account, quantity_pico, measured_s, slot_count, 0 AS quality, changed_at
    FROM energy_day
    WHERE
        meter_id = way.number
        AND day >= :from_ts ::timestamptz
        AND day < :to_ts ::timestamptz
        AND slot_count > 0
    OFFSET 0
) AS kept

-- part: month(from_ts, to_ts)
FROM (
    SELECT
        month AS period,
        meter_id AS number,
        account_id AS account,
        quantity_pico,
        measured_s,
        slot_count,
        0 AS quality,
        changed_at
    FROM energy_month
    WHERE month >= :from_ts ::timestamptz AND month < :to_ts ::timestamptz AND slot_count > 0
) AS kept
CROSS JOIN LATERAL (SELECT kept.number) AS way

-- part: changed_hour(from_ts, to_ts, since, areas, enterprise, carrier, after_period, after_number, after_account, most)
-- All hours of the first days of meters that were booked again, also those that hold nothing (any more): who copies puts them in the
-- place of what it has.
FROM (
    SELECT changed.day, changed.meter_id AS number, changed.account_id AS account
    FROM energy_month AS above
    CROSS JOIN LATERAL (
        SELECT day, meter_id, account_id
        FROM energy_day
        WHERE
            meter_id = above.meter_id
            AND account_id = above.account_id
            AND day >= greatest(:from_ts ::timestamptz - interval '23 hours', :after_period ::timestamptz)
            AND day < :to_ts ::timestamptz
            AND booked_by >= :since ::xid8
            AND booked_by < pg_snapshot_xmax(pg_current_snapshot())
        OFFSET 0
    ) AS changed
    JOIN open.account AS seen ON seen.account_number = above.account_id
    WHERE
        (:areas ::text[] IS NULL OR seen.area = ANY (:areas))
        AND (:enterprise ::text IS NULL OR seen.enterprise = :enterprise)
        AND (:carrier ::text IS NULL OR seen.carrier = :carrier)
        AND above.booked_by >= :since ::xid8
        AND above.month >= :from_ts ::timestamptz - interval '31 days'
        AND above.month < :to_ts ::timestamptz
        AND (changed.day, changed.meter_id, changed.account_id)
        > (:after_period ::timestamptz, :after_number ::integer, :after_account ::integer)
    ORDER BY changed.day, changed.meter_id, changed.account_id
    LIMIT (:most ::integer + 23) / 24
) AS way
CROSS JOIN LATERAL (
    SELECT
        hours.period,
        way.account,
        coalesce(quantity_pico_0, 0)::numeric + coalesce(quantity_pico_1, 0) + coalesce(quantity_pico_2, 0)
        + coalesce(quantity_pico_3, 0) AS quantity_pico,
        coalesce(measured_s_0, 0)::integer + coalesce(measured_s_1, 0) + coalesce(measured_s_2, 0)
        + coalesce(measured_s_3, 0) AS measured_s,
        num_nonnulls(quantity_pico_0, quantity_pico_1, quantity_pico_2, quantity_pico_3) AS slot_count,
        coalesce(quality_0, 0)::integer | coalesce(quality_1, 0) | coalesce(quality_2, 0)
        | coalesce(quality_3, 0) AS quality
    FROM generate_series(way.day, way.day + interval '23 hours', interval '1 hour') AS hours (period)
    LEFT JOIN energy_quarters
        ON
            energy_quarters.meter_id = way.number
            AND energy_quarters.hour = hours.period
            AND energy_quarters.account_id = way.account
            AND energy_quarters.hour >= :from_ts ::timestamptz
            AND energy_quarters.hour < :to_ts ::timestamptz
    WHERE
        hours.period >= :from_ts ::timestamptz
        AND hours.period < :to_ts ::timestamptz
        AND (energy_quarters.hour IS NOT NULL OR hours.period < now())
    OFFSET 0
) AS kept

-- part: changed_day(from_ts, to_ts, since)
FROM (
    SELECT meter_id AS number, account_id AS booked_to
    FROM energy_month
    WHERE
        booked_by >= :since ::xid8
        AND month >= :from_ts ::timestamptz - interval '31 days'
        AND month < :to_ts ::timestamptz
    GROUP BY meter_id, account_id
) AS way
CROSS JOIN LATERAL (
    SELECT day AS period, account_id AS account, quantity_pico, measured_s, slot_count, 0 AS quality, changed_at
    FROM energy_day
    WHERE
        meter_id = way.number
        AND account_id = way.booked_to
        AND day >= :from_ts ::timestamptz
        AND day < :to_ts ::timestamptz
        AND booked_by >= :since ::xid8
        AND booked_by < pg_snapshot_xmax(pg_current_snapshot())
    OFFSET 0
) AS kept

-- part: changed_month(from_ts, to_ts, since)
FROM (
    SELECT
        month AS period,
        meter_id AS number,
        account_id AS account,
        quantity_pico,
        measured_s,
        slot_count,
        0 AS quality,
        changed_at
    FROM energy_month
    WHERE
        month >= :from_ts ::timestamptz
        AND month < :to_ts ::timestamptz
        AND booked_by >= :since ::xid8
        AND booked_by < pg_snapshot_xmax(pg_current_snapshot())
) AS kept
CROSS JOIN LATERAL (SELECT kept.number) AS way

-- part: page(areas, enterprise, carrier, after_period, after_number, after_account, most)
JOIN open.account AS account ON account.account_number = kept.account
JOIN meter ON meter.meter_id = abs(way.number)
WHERE
    (:areas ::text[] IS NULL OR account.area = ANY (:areas))
    AND (:enterprise ::text IS NULL OR account.enterprise = :enterprise)
    AND (:carrier ::text IS NULL OR account.carrier = :carrier)
    AND (kept.period, way.number, kept.account)
    > (:after_period ::timestamptz, :after_number ::integer, :after_account ::integer)
ORDER BY kept.period, way.number, kept.account
LIMIT :most

-- part: page_of_days()
-- Their pages are cut by days of meters.
JOIN open.account AS account ON account.account_number = kept.account
JOIN meter ON meter.meter_id = abs(way.number)
ORDER BY way.day, way.number, kept.account, kept.period
