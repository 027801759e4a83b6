DROP VIEW meter_energy;
DROP TABLE energy_slot;
DROP TABLE energy_hour;

CREATE VIEW energy_slot AS
SELECT
    kept.meter_id,
    kept.account_id,
    kept.hour,
    kept.hour + slot.after AS slot,
    slot.quantity_pico,
    slot.measured_s,
    slot.quality
FROM energy_quarters AS kept
CROSS JOIN LATERAL (
    VALUES
        (interval '0', kept.quantity_pico_0, kept.measured_s_0, kept.quality_0),
        (interval '15 minutes', kept.quantity_pico_1, kept.measured_s_1, kept.quality_1),
        (interval '30 minutes', kept.quantity_pico_2, kept.measured_s_2, kept.quality_2),
        (interval '45 minutes', kept.quantity_pico_3, kept.measured_s_3, kept.quality_3)
) AS slot (after, quantity_pico, measured_s, quality)
WHERE slot.quantity_pico IS NOT NULL;
COMMENT ON VIEW energy_slot IS 'Energy of a meter in 15 minutes. Always bound the hour too: what is asked by slot alone reads every hour';

CREATE VIEW energy_hour AS
SELECT
    meter_id,
    account_id,
    hour,
    coalesce(quantity_pico_0, 0) + coalesce(quantity_pico_1, 0) + coalesce(quantity_pico_2, 0)
        + coalesce(quantity_pico_3, 0) AS quantity_pico,
    (
        coalesce(measured_s_0, 0) + coalesce(measured_s_1, 0) + coalesce(measured_s_2, 0)
        + coalesce(measured_s_3, 0)
    )::smallint AS measured_s,
    num_nonnulls(quantity_pico_0, quantity_pico_1, quantity_pico_2, quantity_pico_3)::smallint AS slot_count,
    (
        coalesce(quality_0, 0::smallint) | coalesce(quality_1, 0::smallint) | coalesce(quality_2, 0::smallint)
        | coalesce(quality_3, 0::smallint)
    )::smallint AS quality
FROM energy_quarters;
COMMENT ON VIEW energy_hour IS 'Energy of a meter in an hour: the sum of its quarters';

CREATE VIEW meter_energy AS
SELECT 0 AS grain, meter_id, account_id, slot AS period, hour AS kept_at, quantity_pico::numeric AS quantity_pico, measured_s::integer AS measured_s
FROM energy_slot
UNION ALL
SELECT 1, meter_id, account_id, hour, hour, quantity_pico::numeric, measured_s::integer
FROM energy_hour
UNION ALL
SELECT 2, meter_id, account_id, day, day, quantity_pico, measured_s
FROM energy_day
WHERE slot_count > 0
UNION ALL
SELECT 3, meter_id, account_id, month, month, quantity_pico, measured_s
FROM energy_month
WHERE slot_count > 0;
COMMENT ON VIEW meter_energy IS 'Energy by meter; grain 0 slot, 1 hour, 2 day, 3 month. Always ask for one grain; `kept_at` is the start of the row that holds the period: bound it too';
