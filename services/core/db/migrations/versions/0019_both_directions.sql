-- A meter that measures both directions: what is below zero is booked to another flow.

ALTER TABLE meter ADD COLUMN negative_flow text CHECK (
    negative_flow IS NULL
    OR (
        negative_flow IN ('input', 'output', 'feedstock', 'renewable', 'product', 'sub', 'it_load', 'rectifier')
        AND negative_flow <> flow
    )
);
COMMENT ON COLUMN meter.negative_flow IS 'Of an interval meter or gauge that measures both directions: the flow to which what is below zero is booked; empty: nothing can be below zero. What is booked so stands in the energy tables, and the days on which it is expected in tenure, under the negative of meter_id';
CREATE INDEX meter_negative_flow ON meter (meter_id) WHERE negative_flow IS NOT NULL;

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
    greatest(held.interval_s, held.holds_s) AS interval_s
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
COMMENT ON COLUMN tenure.interval_s IS 'Seconds in which a reading is expected: of a gauge that reports on change those for which its value holds';
COMMENT ON COLUMN tenure.meter_id IS 'Negative: the other direction of the meter';
