-- End devices of key energy-using units, which speak the national protocol (NECC): what each said of itself, and values that are kept to be
-- compared.

CREATE TABLE necc_device (
    gateway_code text PRIMARY KEY REFERENCES gateway (code) ON DELETE CASCADE,
    device_id text NOT NULL,
    address text NOT NULL,
    registered_at timestamptz,
    heard_at timestamptz NOT NULL,
    data_at timestamptz,
    info jsonb,
    info_at timestamptz
);
COMMENT ON TABLE necc_device IS 'End devices of the national protocol: when each was heard, and what it said of its enterprise';
COMMENT ON COLUMN necc_device.device_id IS 'The id that it has from here';
COMMENT ON COLUMN necc_device.data_at IS 'When it sent values last';
COMMENT ON COLUMN necc_device.info IS 'The newest upload of information, as it came: enterprise, processes, meters, what it collects';

CREATE TABLE necc_value (
    necc_value_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gateway_code text NOT NULL,
    data_code text NOT NULL CHECK (char_length(data_code) BETWEEN 1 AND 40),
    stat_type smallint NOT NULL CHECK (stat_type BETWEEN 0 AND 3),
    ts timestamptz NOT NULL,
    value double precision NOT NULL,
    unit text NOT NULL,
    flag text NOT NULL,
    scope text NOT NULL,
    received_at timestamptz NOT NULL,
    UNIQUE (gateway_code, data_code, stat_type, ts, value, flag)
);
CREATE INDEX necc_value_at ON necc_value (gateway_code, ts);
COMMENT ON TABLE necc_value IS 'Values of end devices that are no readings: days, months, years, coefficients and indicators. The first of a period stays; what differs and comes later is kept beside it';
COMMENT ON COLUMN necc_value.stat_type IS '0 real time, 1 day, 2 month, 3 year';
COMMENT ON COLUMN necc_value.ts IS 'Start of the period';
COMMENT ON COLUMN necc_value.value IS 'As it came';
COMMENT ON COLUMN necc_value.unit IS 'That of the dictionary of the province; empty: it has none for this code';

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['necc_device', 'necc_value'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', kept);
        EXECUTE format('CREATE POLICY seen ON %1$I FOR SELECT USING ((SELECT sees_all()) OR EXISTS (SELECT FROM gateway WHERE gateway.code = %1$I.gateway_code))', kept);
        EXECUTE format('CREATE POLICY added ON %I FOR INSERT WITH CHECK ((SELECT sees_all()))', kept);
        EXECUTE format('CREATE POLICY changed ON %I FOR UPDATE USING ((SELECT sees_all()))', kept);
    END LOOP;
END
$$;

-- Values whose unit nobody knows: held until their point has one.
ALTER TABLE held_reading DROP CONSTRAINT held_reading_why_check;
ALTER TABLE held_reading ADD CONSTRAINT held_reading_why_check CHECK (why IN ('unknown_point', 'flag', 'no_unit'));
