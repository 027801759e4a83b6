-- Registry: who uses energy, where, and by which meter it is measured. Written by the API alone.

CREATE TABLE registry_revision (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    revision bigint NOT NULL
);
COMMENT ON TABLE registry_revision IS 'One row; its number rises with every change of the registry, so that readers know when to look again';
INSERT INTO registry_revision (revision) VALUES (1);

CREATE TABLE area (
    code text PRIMARY KEY CHECK (code ~ '^[0-9]{6}$'),
    name_zh text NOT NULL,
    name_en text NOT NULL,
    level text NOT NULL CHECK (level IN ('region', 'league', 'banner')),
    parent_code text REFERENCES area (code),
    CHECK ((level = 'region') = (parent_code IS NULL))
);
COMMENT ON COLUMN area.code IS 'GB/T 2260 code';
CREATE INDEX area_parent ON area (parent_code);

CREATE TABLE carrier (
    code text PRIMARY KEY,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    unit text NOT NULL,
    is_energy boolean NOT NULL
);
COMMENT ON COLUMN carrier.unit IS 'Unit in which quantities of this carrier are kept and answered';

CREATE TABLE park (
    park_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE,
    name_zh text NOT NULL,
    name_en text,
    kind text NOT NULL CHECK (kind IN ('ordinary', 'low_carbon', 'zero_carbon')),
    area_code text NOT NULL REFERENCES area (code)
);
CREATE INDEX park_area ON park (area_code);

CREATE TABLE enterprise (
    enterprise_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    credit_code text NOT NULL UNIQUE CHECK (credit_code ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'),
    name_zh text NOT NULL,
    name_en text,
    trade text NOT NULL
);
COMMENT ON COLUMN enterprise.credit_code IS 'Unified social credit code, GB 32100, check character verified at entry';

CREATE TABLE membership (
    enterprise_id integer NOT NULL REFERENCES enterprise (enterprise_id) ON DELETE CASCADE,
    valid_from date NOT NULL,
    area_code text NOT NULL REFERENCES area (code),
    park_id integer REFERENCES park (park_id),
    PRIMARY KEY (enterprise_id, valid_from)
);
COMMENT ON TABLE membership IS 'The banner and park an enterprise belongs to, from a day (Asia/Shanghai) until the next row of the enterprise';
CREATE INDEX membership_area ON membership (area_code);
CREATE INDEX membership_park ON membership (park_id);

CREATE TABLE unit (
    unit_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE,
    enterprise_id integer NOT NULL REFERENCES enterprise (enterprise_id),
    name_zh text NOT NULL,
    name_en text,
    process text,
    status text NOT NULL DEFAULT 'existing' CHECK (status IN ('existing', 'building', 'planned')),
    commissioned_on date
);
CREATE INDEX unit_enterprise ON unit (enterprise_id);

CREATE TABLE gateway (
    gateway_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE,
    enterprise_id integer NOT NULL REFERENCES enterprise (enterprise_id),
    name text
);
COMMENT ON COLUMN gateway.code IS 'MQTT user name and topic level';
CREATE INDEX gateway_enterprise ON gateway (enterprise_id);

CREATE TABLE meter (
    meter_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE,
    unit_id integer NOT NULL REFERENCES unit (unit_id),
    gateway_id integer NOT NULL REFERENCES gateway (gateway_id),
    name_zh text NOT NULL,
    name_en text,
    kind text NOT NULL CHECK (kind IN ('counter', 'interval', 'gauge')),
    carrier text NOT NULL REFERENCES carrier (code),
    flow text NOT NULL CHECK (flow IN ('input', 'output', 'feedstock', 'renewable', 'product', 'sub', 'it_load')),
    unit_of_measure text NOT NULL,
    multiplier double precision NOT NULL DEFAULT 1 CHECK (multiplier > 0),
    register_size double precision CHECK (register_size > 0),
    rated_per_hour double precision CHECK (rated_per_hour > 0 AND rated_per_hour <= 8e6),
    interval_s integer NOT NULL DEFAULT 900 CHECK (interval_s BETWEEN 1 AND 2678400),
    valid_from date,
    valid_to date,
    CHECK (valid_from < valid_to)
);
COMMENT ON COLUMN meter.multiplier IS 'CT ratio times PT ratio: register units to real units';
COMMENT ON COLUMN meter.register_size IS 'Register units at which a counter rolls over to zero';
COMMENT ON COLUMN meter.rated_per_hour IS 'Greatest plausible quantity in an hour, in the unit of the carrier';
COMMENT ON COLUMN meter.interval_s IS 'Seconds expected between readings; of an interval meter the length of its period';
COMMENT ON COLUMN meter.valid_from IS 'First day (Asia/Shanghai) readings are expected; empty: as long as the enterprise is a member';
CREATE INDEX meter_unit ON meter (unit_id);
CREATE INDEX meter_gateway ON meter (gateway_id);

CREATE TABLE meter_replacement (
    meter_id integer NOT NULL REFERENCES meter (meter_id),
    ts timestamptz NOT NULL,
    final_value double precision NOT NULL,
    first_value double precision NOT NULL,
    note text,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (meter_id, ts)
);
COMMENT ON COLUMN meter_replacement.final_value IS 'Register of the meter taken out, register units';
COMMENT ON COLUMN meter_replacement.first_value IS 'Register of the meter put in, register units';

CREATE TABLE reading_acceptance (
    meter_id integer NOT NULL REFERENCES meter (meter_id),
    ts timestamptz NOT NULL,
    accepted_by text NOT NULL,
    reason text NOT NULL,
    accepted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (meter_id, ts)
);
COMMENT ON TABLE reading_acceptance IS 'Suspect readings that a person has accepted, so that their energy is booked';

CREATE TABLE meter_change (
    change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    meter_id integer NOT NULL,
    from_ts timestamptz NOT NULL
);
COMMENT ON TABLE meter_change IS 'Queue: the registry changed what the readings of a meter mean from this time on. Written with the change, taken by the roll-up';

CREATE VIEW tenure AS
SELECT
    meter.meter_id,
    meter.carrier,
    meter.flow,
    unit.unit_id,
    unit.enterprise_id,
    spell.area_code,
    spell.park_id,
    greatest(spell.from_day, meter.valid_from) AS from_day,
    least(spell.to_day, meter.valid_to) AS to_day
FROM meter
JOIN unit USING (unit_id)
JOIN (
    SELECT
        enterprise_id,
        area_code,
        park_id,
        valid_from AS from_day,
        lead(valid_from, 1, 'infinity'::date) OVER (PARTITION BY enterprise_id ORDER BY valid_from) AS to_day
    FROM membership
) AS spell USING (enterprise_id)
WHERE greatest(spell.from_day, meter.valid_from) < least(spell.to_day, meter.valid_to);
COMMENT ON VIEW tenure IS 'The days (Asia/Shanghai, half-open) on which readings of a meter are expected, with its place';
