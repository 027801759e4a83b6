-- What is expected of a meter on a day goes by the term of the day: of several in a day by the last one.
CREATE OR REPLACE VIEW tenure AS
SELECT
    meter.meter_id,
    meter.carrier,
    meter.flow,
    unit.unit_id,
    unit.enterprise_id,
    spell.area_code,
    spell.park_id,
    greatest(spell.from_day, meter.valid_from, held.from_day) AS from_day,
    least(spell.to_day, meter.valid_to, held.to_day) AS to_day,
    held.gateway_id,
    held.kind,
    held.interval_s
FROM meter
JOIN (
    SELECT
        meter_id,
        unit_id,
        gateway_id,
        kind,
        interval_s,
        (valid_from AT TIME ZONE 'Asia/Shanghai')::date AS from_day,
        (valid_to AT TIME ZONE 'Asia/Shanghai')::date AS to_day
    FROM meter_term_now
) AS held USING (meter_id)
JOIN unit ON unit.unit_id = held.unit_id
JOIN (
    SELECT
        enterprise_id,
        area_code,
        park_id,
        valid_from AS from_day,
        lead(valid_from, 1, 'infinity'::date) OVER (PARTITION BY enterprise_id ORDER BY valid_from) AS to_day
    FROM membership
) AS spell USING (enterprise_id)
WHERE greatest(spell.from_day, meter.valid_from, held.from_day) < least(spell.to_day, meter.valid_to, held.to_day);
