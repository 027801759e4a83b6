-- What is asked by the time at which it was changed is found by it; what is expected of a counter goes by the rating of the day.

CREATE INDEX reinterpretation_changed ON reinterpretation (changed_at);
CREATE INDEX correction_recorded ON correction (recorded_at);

CREATE OR REPLACE VIEW tenure AS
SELECT
    way.meter_id,
    meter.carrier,
    way.flow,
    unit.unit_id,
    unit.enterprise_id,
    spell.area_code,
    spell.park_id,
    greatest(spell.from_day, meter.valid_from, held.from_day) AS from_day,
    least(spell.to_day, meter.valid_to, held.to_day) AS to_day,
    held.gateway_id,
    held.kind,
    greatest(held.interval_s, held.holds_s) AS interval_s,
    held.rated_per_hour
FROM meter
CROSS JOIN LATERAL (
    SELECT meter.meter_id, meter.flow
    UNION ALL
    SELECT -meter.meter_id, meter.negative_flow
    WHERE meter.negative_flow IS NOT NULL
) AS way (meter_id, flow)
JOIN (
    SELECT
        meter_id,
        unit_id,
        gateway_id,
        kind,
        interval_s,
        holds_s,
        rated_per_hour,
        (valid_from AT TIME ZONE 'Asia/Shanghai')::date AS from_day,
        (valid_to AT TIME ZONE 'Asia/Shanghai')::date AS to_day
    FROM meter_term_now
) AS held ON held.meter_id = meter.meter_id
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
COMMENT ON COLUMN tenure.rated_per_hour IS 'By the term of the day; empty: none was registered';
