-- What monitors of pollution sources say: concentrations, flows and discharged amounts, which are no readings and become no energy.

CREATE TABLE emission (
    gateway_id integer NOT NULL,
    factor text NOT NULL CHECK (char_length(factor) <= 20),
    grain text NOT NULL CHECK (grain IN ('moment', 'minutes', 'hour', 'day')),
    ts timestamptz NOT NULL,
    mean double precision,
    least double precision,
    greatest double precision,
    mean_converted double precision,
    least_converted double precision,
    greatest_converted double precision,
    amount double precision,
    flag text NOT NULL CHECK (char_length(flag) <= 20),
    sent_factor text NOT NULL CHECK (char_length(sent_factor) <= 20),
    resent boolean NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (gateway_id, grain, factor, ts)
);
COMMENT ON TABLE emission IS 'What a monitor said of one factor and one period or moment; of several the first. Never added to energy';
COMMENT ON COLUMN emission.factor IS 'Code of HJ 212-2017, annex B; its units stand there';
COMMENT ON COLUMN emission.ts IS 'Start of the period; of grain moment the moment';
COMMENT ON COLUMN emission.mean IS 'Concentration, flow or level, in the unit of the factor; of grain moment the value then';
COMMENT ON COLUMN emission.mean_converted IS 'The same at the reference oxygen content (折算)';
COMMENT ON COLUMN emission.amount IS 'Of the period, in the emission unit of the factor: kg of a pollutant, m3 of water or gas';
COMMENT ON COLUMN emission.flag IS 'N normal, F stopped, M maintenance, S by hand, D fault, C calibration, T over range, B no communication; empty: none was sent';
COMMENT ON COLUMN emission.sent_factor IS 'The code that came: of a monitor of 2005 another one';
COMMENT ON COLUMN emission.resent IS 'Whether the monitor said that it sent this again, later than its time';
CREATE INDEX emission_moments ON emission (ts) WHERE grain = 'moment';

CREATE TABLE emission_later (
    later_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gateway_id integer NOT NULL,
    factor text NOT NULL,
    grain text NOT NULL,
    ts timestamptz NOT NULL,
    mean double precision,
    least double precision,
    greatest double precision,
    mean_converted double precision,
    least_converted double precision,
    greatest_converted double precision,
    amount double precision,
    flag text NOT NULL,
    resent boolean NOT NULL,
    received_at timestamptz NOT NULL,
    UNIQUE NULLS NOT DISTINCT (
        gateway_id, grain, factor, ts, mean, least, greatest, mean_converted, least_converted, greatest_converted, amount, flag
    )
);
COMMENT ON TABLE emission_later IS 'What came later for the same factor and time and differs from what stands: kept, and not taken in its place';

CREATE TABLE monitor_state (
    gateway_code text PRIMARY KEY,
    address text NOT NULL,
    edition text NOT NULL,
    connected boolean NOT NULL,
    since timestamptz NOT NULL,
    last_frame_at timestamptz NOT NULL,
    frames bigint NOT NULL,
    odd_length bigint NOT NULL,
    bad_crc bigint NOT NULL,
    no_key bigint NOT NULL,
    unfinished bigint NOT NULL,
    noise_bytes bigint NOT NULL
);
COMMENT ON TABLE monitor_state IS 'How each monitor speaks HJ 212; counts since it was first heard';
COMMENT ON COLUMN monitor_state.since IS 'Since when it is connected, or not';
COMMENT ON COLUMN monitor_state.odd_length IS 'Frames that gave a wrong length and were taken by their checksum';
COMMENT ON COLUMN monitor_state.no_key IS 'Of bad_crc, frames of the edition of 2025 that may be encrypted';

DO $$
DECLARE
    heard text;
    theirs text;
BEGIN
    FOREACH heard IN ARRAY ARRAY['emission', 'emission_later', 'monitor_state'] LOOP
        theirs := CASE heard WHEN 'monitor_state' THEN 'gateway.code = monitor_state.gateway_code' ELSE format('gateway.gateway_id = %I.gateway_id', heard) END;
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', heard);
        EXECUTE format('CREATE POLICY seen ON %I FOR SELECT USING ((SELECT sees_all()) OR EXISTS (SELECT FROM gateway WHERE %s))', heard, theirs);
        EXECUTE format('CREATE POLICY added ON %I FOR INSERT WITH CHECK ((SELECT sees_all()))', heard);
        EXECUTE format('CREATE POLICY changed ON %I FOR UPDATE USING ((SELECT sees_all()))', heard);
        EXECUTE format('CREATE POLICY removed ON %I FOR DELETE USING ((SELECT sees_all()))', heard);
    END LOOP;
END
$$;
