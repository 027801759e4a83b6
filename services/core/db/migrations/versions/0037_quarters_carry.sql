INSERT INTO energy_quarters
SELECT
    meter_id,
    min(account_id),
    date_trunc('hour', slot) AS hour,
    sum(quantity_pico) FILTER (WHERE date_part('minute', slot) = 0)::bigint,
    sum(quantity_pico) FILTER (WHERE date_part('minute', slot) = 15)::bigint,
    sum(quantity_pico) FILTER (WHERE date_part('minute', slot) = 30)::bigint,
    sum(quantity_pico) FILTER (WHERE date_part('minute', slot) = 45)::bigint,
    max(measured_s) FILTER (WHERE date_part('minute', slot) = 0),
    max(measured_s) FILTER (WHERE date_part('minute', slot) = 15),
    max(measured_s) FILTER (WHERE date_part('minute', slot) = 30),
    max(measured_s) FILTER (WHERE date_part('minute', slot) = 45),
    max(quality) FILTER (WHERE date_part('minute', slot) = 0),
    max(quality) FILTER (WHERE date_part('minute', slot) = 15),
    max(quality) FILTER (WHERE date_part('minute', slot) = 30),
    max(quality) FILTER (WHERE date_part('minute', slot) = 45)
FROM energy_slot
WHERE slot >= %(from_ts)s AND slot < %(to_ts)s
GROUP BY meter_id, date_trunc('hour', slot)
ORDER BY meter_id, date_trunc('hour', slot);
