-- What a meter means has dates. The columns of `meter` stay what holds now: those of its newest term.
ALTER TABLE meter
    ADD COLUMN stamp text NOT NULL DEFAULT 'start' CHECK (stamp IN ('start', 'end')),
    ADD COLUMN holds_s integer CHECK (holds_s BETWEEN 1 AND 2678400);
COMMENT ON COLUMN meter.stamp IS 'Which end of its period the time of an interval meter''s reading is';
COMMENT ON COLUMN meter.holds_s IS 'Of a gauge that reports on change: seconds for which its last value holds at most';

CREATE TABLE meter_term (
    term_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    meter_id integer NOT NULL REFERENCES meter (meter_id) ON DELETE CASCADE,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz NOT NULL DEFAULT 'infinity',
    fields text[] NOT NULL,
    unit_id integer NOT NULL REFERENCES unit (unit_id),
    gateway_id integer NOT NULL REFERENCES gateway (gateway_id),
    kind text NOT NULL CHECK (kind IN ('counter', 'interval', 'gauge')),
    unit_of_measure text NOT NULL,
    multiplier double precision NOT NULL CHECK (multiplier > 0),
    register_size double precision CHECK (register_size > 0),
    rated_per_hour double precision CHECK (rated_per_hour > 0 AND rated_per_hour <= 8e6),
    interval_s integer NOT NULL CHECK (interval_s BETWEEN 1 AND 2678400),
    stamp text NOT NULL CHECK (stamp IN ('start', 'end')),
    holds_s integer CHECK (holds_s BETWEEN 1 AND 2678400),
    reason text,
    author text,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    withdrawn_at timestamptz,
    CHECK (valid_from < valid_to)
);
COMMENT ON TABLE meter_term IS 'What a meter means from a moment on; its first term holds from ever. A corrected or withdrawn row stays, with the time';
COMMENT ON COLUMN meter_term.valid_to IS 'Where the next term begins, kept by the writer; of a withdrawn row as it was last';
COMMENT ON COLUMN meter_term.fields IS 'Which columns this term itself says; the others are carried on from the term before';
CREATE UNIQUE INDEX meter_term_from ON meter_term (meter_id, valid_from) WHERE withdrawn_at IS NULL;
CREATE INDEX meter_term_meter ON meter_term (meter_id);
CREATE INDEX meter_term_unit ON meter_term (unit_id);
CREATE INDEX meter_term_gateway ON meter_term (gateway_id);

CREATE VIEW meter_term_now AS
SELECT *
FROM meter_term
WHERE withdrawn_at IS NULL;
COMMENT ON VIEW meter_term_now IS 'The terms that count';

CREATE FUNCTION begin_meter_term() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO meter_term (
        meter_id, valid_from, fields, unit_id, gateway_id, kind, unit_of_measure, multiplier, register_size,
        rated_per_hour, interval_s, stamp, holds_s
    )
    VALUES (
        new.meter_id,
        '-infinity',
        ARRAY[
            'unit_code', 'gateway_code', 'kind', 'unit_of_measure', 'multiplier', 'register_size', 'rated_per_hour',
            'interval_s', 'stamp', 'holds_s'
        ],
        new.unit_id, new.gateway_id, new.kind, new.unit_of_measure, new.multiplier, new.register_size,
        new.rated_per_hour, new.interval_s, new.stamp, new.holds_s
    );
    RETURN NULL;
END
$$;
CREATE TRIGGER meter_begins_with_a_term
AFTER INSERT ON meter
FOR EACH ROW
EXECUTE FUNCTION begin_meter_term();

INSERT INTO meter_term (
    meter_id, valid_from, fields, unit_id, gateway_id, kind, unit_of_measure, multiplier, register_size, rated_per_hour,
    interval_s, stamp, holds_s
)
SELECT
    meter_id,
    '-infinity',
    ARRAY[
        'unit_code', 'gateway_code', 'kind', 'unit_of_measure', 'multiplier', 'register_size', 'rated_per_hour',
        'interval_s', 'stamp', 'holds_s'
    ],
    unit_id,
    gateway_id,
    kind,
    unit_of_measure,
    multiplier,
    register_size,
    rated_per_hour,
    interval_s,
    stamp,
    holds_s
FROM meter;

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
    least(spell.to_day, meter.valid_to, held.to_day) AS to_day
FROM meter
JOIN (
    SELECT
        meter_id,
        unit_id,
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
COMMENT ON VIEW tenure IS 'The days (Asia/Shanghai, half-open) on which readings of a meter are expected, with its unit and place; cut where its terms or memberships begin, so rows of a meter may follow each other';

CREATE TABLE reinterpretation (
    meter_id integer NOT NULL,
    from_ts timestamptz NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE reinterpretation IS 'When the registry changed what the readings of a meter mean from a time on: the changes of meter_change, kept';
CREATE INDEX reinterpretation_meter ON reinterpretation (meter_id, changed_at);
