-- name: device(code)
SELECT
    device.device_id,
    device.address AS asked_from,
    device.registered_at,
    device.heard_at,
    device.data_at,
    device.info,
    device.info_at
FROM gateway
LEFT JOIN necc_device AS device ON device.gateway_code = gateway.code
WHERE gateway.code = :code;

-- name: values(code, since, until, most)
-- What a device said of days, months and years that begin in a time, the newest first, beside the readings of the meter that the values
-- of the same code are: of its real-time values, or else of its days.
WITH said AS (
    SELECT
        value.*,
        row_number() OVER (PARTITION BY data_code, stat_type, ts ORDER BY necc_value_id) = 1 AS is_first,
        (
            (value.ts AT TIME ZONE 'Asia/Shanghai')
            + CASE stat_type WHEN 1 THEN interval '1 day' WHEN 2 THEN interval '1 month' ELSE interval '1 year' END
        ) AT TIME ZONE 'Asia/Shanghai' AS ends
    FROM necc_value AS value
    WHERE
        value.gateway_code = :code
        AND value.ts >= :since ::timestamptz
        AND value.ts < :until ::timestamptz
),
page AS (
    SELECT *
    FROM said
    ORDER BY ts DESC, data_code, stat_type, necc_value_id
    LIMIT :most
)
SELECT
    page.data_code,
    page.stat_type,
    page.ts,
    page.value,
    page.unit,
    page.flag,
    page.received_at,
    page.is_first,
    booked.meter,
    booked.meter_name_zh,
    booked.point_unit,
    booked.factor,
    booked.meter_unit,
    booked.interval_s,
    extract(epoch FROM page.ends - page.ts) ::bigint AS period_s,
    measured.readings,
    measured.total
FROM page
LEFT JOIN LATERAL (
    SELECT
        meter.meter_id,
        meter.code AS meter,
        meter.name_zh AS meter_name_zh,
        point.unit_of_measure AS point_unit,
        point.factor,
        term.unit_of_measure AS meter_unit,
        term.interval_s,
        CASE WHEN term.stamp = 'end' THEN term.interval_s ELSE 0 END * interval '1 second' AS shift
    FROM point
    JOIN meter USING (meter_id)
    JOIN meter_term_now AS term ON term.meter_id = meter.meter_id AND term.valid_from <= page.ts
    WHERE
        point.gateway_code = :code
        AND NOT point.is_pattern
        AND point.name IN (page.data_code || '/0', page.data_code || '/1')
        AND term.kind = 'interval'
        AND page.stat_type > 0
    ORDER BY point.name, term.valid_from DESC
    LIMIT 1
) AS booked ON TRUE
LEFT JOIN LATERAL (
    SELECT
        count(*) AS readings,
        -- In decimals, so that the order in which they are added makes no difference.
        sum(reading.value ::numeric) ::float8 AS total
    FROM reading_now AS reading
    WHERE
        reading.meter_id = booked.meter_id
        AND reading.ts >= page.ts + booked.shift
        AND reading.ts < page.ends + booked.shift
) AS measured ON booked.meter_id IS NOT NULL
ORDER BY page.ts DESC, page.data_code, page.stat_type, page.necc_value_id;
