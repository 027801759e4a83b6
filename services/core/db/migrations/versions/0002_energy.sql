-- Readings and what they add up to. Written by ingest and its roll-up alone. No foreign keys: these tables are hot, and their keys
-- begin with the meter, so that they can be spread by meter.

CREATE TABLE reading (
    meter_id integer NOT NULL,
    ts timestamptz NOT NULL,
    value double precision NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (meter_id, ts)
);
COMMENT ON COLUMN reading.ts IS 'Of an interval meter the start of its period';
COMMENT ON COLUMN reading.value IS 'As the meter gave it: register units, before the multiplier';

CREATE TABLE reading_mark (
    meter_id integer NOT NULL,
    ts timestamptz NOT NULL,
    quality smallint NOT NULL,
    PRIMARY KEY (meter_id, ts)
);
COMMENT ON TABLE reading_mark IS 'Readings that are not plainly good. Written by the roll-up';
COMMENT ON COLUMN reading_mark.quality IS '1 dip, 2 glitch, 3 suspect, 4 reset, 5 rollover, 6 replacement, 7 pending';

CREATE TABLE dirty_slot (
    meter_id integer NOT NULL,
    slot timestamptz NOT NULL
);
COMMENT ON TABLE dirty_slot IS 'Queue, repeated rows allowed: slots with new readings, written in the same transaction as these, taken by the roll-up';

CREATE TABLE rejected_message (
    message_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL,
    gateway_code text,
    topic text NOT NULL,
    payload bytea NOT NULL,
    payload_bytes integer NOT NULL,
    code text NOT NULL,
    detail text NOT NULL
);
COMMENT ON COLUMN rejected_message.payload IS 'Whole, but for code too_large: its first 4096 bytes';
CREATE INDEX rejected_message_at ON rejected_message (received_at);

CREATE TABLE rejected_reading (
    rejection_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL,
    gateway_code text NOT NULL,
    seq bigint,
    meter_code text NOT NULL,
    ts_text text NOT NULL,
    value_text text NOT NULL,
    code text NOT NULL,
    detail text NOT NULL
);
CREATE INDEX rejected_reading_at ON rejected_reading (received_at);
CREATE INDEX rejected_reading_meter ON rejected_reading (meter_code, received_at);

CREATE TABLE gateway_state (
    gateway_code text PRIMARY KEY,
    online boolean,
    status_at timestamptz,
    last_message_at timestamptz
);
COMMENT ON COLUMN gateway_state.online IS 'What the gateway or its last will said last; null: never said';

-- A queue: vacuumed by what was taken from it, not by its size.
ALTER TABLE dirty_slot SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000);

CREATE TABLE account (
    account_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit_id integer NOT NULL,
    enterprise_id integer NOT NULL,
    area_code text,
    park_id integer,
    carrier text NOT NULL,
    flow text NOT NULL,
    UNIQUE NULLS NOT DISTINCT (unit_id, area_code, park_id, carrier, flow)
);
COMMENT ON TABLE account IS 'What a quantity is booked to: the unit and its place on that day, the carrier and the flow';

CREATE TABLE ledger (
    ledger_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    place_kind text NOT NULL CHECK (place_kind IN ('area', 'park')),
    place_code text NOT NULL,
    carrier text NOT NULL,
    flow text NOT NULL,
    UNIQUE (place_kind, place_code, carrier, flow)
);
COMMENT ON TABLE ledger IS 'A place for which sums are kept, by carrier and flow';
COMMENT ON COLUMN ledger.place_code IS 'area.code, or park.park_id as text';

CREATE TABLE account_ledger (
    account_id integer NOT NULL,
    ledger_id integer NOT NULL,
    PRIMARY KEY (account_id, ledger_id)
);
COMMENT ON TABLE account_ledger IS 'The ledgers (banner, league, region, park) to which an account adds';

CREATE TABLE energy_slot (
    meter_id integer NOT NULL,
    account_id integer NOT NULL,
    slot timestamptz NOT NULL,
    quantity_pico bigint NOT NULL,
    measured_s smallint NOT NULL,
    quality smallint NOT NULL,
    PRIMARY KEY (meter_id, slot)
);
COMMENT ON COLUMN energy_slot.slot IS 'Start of the 15 minutes';
COMMENT ON COLUMN energy_slot.quantity_pico IS '1e-12 of the unit of the carrier: whole numbers, so that sums are exact in any order';
COMMENT ON COLUMN energy_slot.measured_s IS 'Seconds of the slot that are measured, not estimated; 0 where no reading is expected of the meter';
COMMENT ON COLUMN energy_slot.quality IS 'Bits: 1 estimated, 2 rollover, 4 replacement, 8 reset, 16 accepted by a person';

CREATE TABLE energy_hour (
    meter_id integer NOT NULL,
    account_id integer NOT NULL,
    hour timestamptz NOT NULL,
    quantity_pico bigint NOT NULL,
    measured_s smallint NOT NULL,
    slot_count smallint NOT NULL,
    quality smallint NOT NULL,
    PRIMARY KEY (meter_id, hour)
);

CREATE TABLE energy_day (
    meter_id integer NOT NULL,
    account_id integer NOT NULL,
    day timestamptz NOT NULL,
    quantity_pico numeric NOT NULL,
    measured_s integer NOT NULL,
    slot_count integer NOT NULL,
    PRIMARY KEY (meter_id, day, account_id)
);
COMMENT ON COLUMN energy_day.day IS 'Start of the day in Asia/Shanghai';
COMMENT ON COLUMN energy_day.slot_count IS 'Slots booked; 0: nothing is booked here any more, as if there were no row';
CREATE INDEX energy_day_day ON energy_day (day);

CREATE TABLE energy_month (
    meter_id integer NOT NULL,
    account_id integer NOT NULL,
    month timestamptz NOT NULL,
    quantity_pico numeric NOT NULL,
    measured_s integer NOT NULL,
    slot_count integer NOT NULL,
    PRIMARY KEY (meter_id, month, account_id)
);
COMMENT ON COLUMN energy_month.month IS 'Start of the month in Asia/Shanghai';
CREATE INDEX energy_month_month ON energy_month (month);

CREATE TABLE ledger_hour (
    ledger_id integer NOT NULL,
    hour timestamptz NOT NULL,
    quantity_pico numeric NOT NULL,
    measured_s bigint NOT NULL,
    slot_count bigint NOT NULL,
    PRIMARY KEY (ledger_id, hour)
) WITH (fillfactor = 70);

CREATE TABLE ledger_day (
    ledger_id integer NOT NULL,
    day timestamptz NOT NULL,
    quantity_pico numeric NOT NULL,
    measured_s bigint NOT NULL,
    slot_count bigint NOT NULL,
    PRIMARY KEY (ledger_id, day)
) WITH (fillfactor = 70);

CREATE TABLE ledger_month (
    ledger_id integer NOT NULL,
    month timestamptz NOT NULL,
    quantity_pico numeric NOT NULL,
    measured_s bigint NOT NULL,
    slot_count bigint NOT NULL,
    PRIMARY KEY (ledger_id, month)
) WITH (fillfactor = 70);

CREATE VIEW meter_energy AS
SELECT 0 AS grain, meter_id, account_id, slot AS period, quantity_pico::numeric AS quantity_pico, measured_s::integer AS measured_s
FROM energy_slot
UNION ALL
SELECT 1, meter_id, account_id, hour, quantity_pico::numeric, measured_s::integer
FROM energy_hour
UNION ALL
SELECT 2, meter_id, account_id, day, quantity_pico, measured_s
FROM energy_day
WHERE slot_count > 0
UNION ALL
SELECT 3, meter_id, account_id, month, quantity_pico, measured_s
FROM energy_month
WHERE slot_count > 0;
COMMENT ON VIEW meter_energy IS 'Energy by meter; grain 0 slot, 1 hour, 2 day, 3 month. Always ask for one grain';

CREATE VIEW ledger_energy AS
SELECT 1 AS grain, ledger_id, hour AS period, quantity_pico, measured_s
FROM ledger_hour
WHERE slot_count > 0
UNION ALL
SELECT 2, ledger_id, day, quantity_pico, measured_s
FROM ledger_day
WHERE slot_count > 0
UNION ALL
SELECT 3, ledger_id, month, quantity_pico, measured_s
FROM ledger_month
WHERE slot_count > 0;
COMMENT ON VIEW ledger_energy IS 'Energy by place; grain 1 hour, 2 day, 3 month. Always ask for one grain';
