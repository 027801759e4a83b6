-- What foreign messages name: points, which are meters, or nobody wants them, or are not known yet. What of such messages does not
-- become readings is kept beside them.

CREATE TABLE point (
    point_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gateway_code text NOT NULL REFERENCES gateway (code) ON DELETE CASCADE,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    is_pattern boolean NOT NULL DEFAULT false,
    meter_id integer REFERENCES meter (meter_id) ON DELETE CASCADE,
    unit_of_measure text,
    factor numeric NOT NULL DEFAULT 1 CHECK (factor <> 0),
    UNIQUE (gateway_code, name, is_pattern),
    CHECK (NOT is_pattern OR meter_id IS NULL),
    CHECK (meter_id IS NOT NULL OR (unit_of_measure IS NULL AND factor = 1))
);
COMMENT ON TABLE point IS 'What of a gateway''s foreign messages is a meter, and what nobody wants';
COMMENT ON COLUMN point.name IS 'As the messages name it; of a pattern with * for any text and ? for any character';
COMMENT ON COLUMN point.meter_id IS 'The meter that it is; empty: nobody wants it';
COMMENT ON COLUMN point.unit_of_measure IS 'Of its values; empty: what the message says, or else that of the meter';
COMMENT ON COLUMN point.factor IS 'A value times this, brought from the point''s unit to the meter''s, is a reading of the meter';
CREATE INDEX point_meter ON point (meter_id);

ALTER TABLE point ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON point FOR SELECT USING ((SELECT sees_all()) OR EXISTS (SELECT FROM gateway WHERE gateway.code = point.gateway_code));
CREATE POLICY added ON point FOR INSERT WITH CHECK ((SELECT sees_all()) OR acts_on_subject('gateway', gateway_code));
CREATE POLICY changed ON point FOR UPDATE
USING ((SELECT sees_all()) OR EXISTS (SELECT FROM gateway WHERE gateway.code = point.gateway_code))
WITH CHECK ((SELECT sees_all()) OR acts_on_subject('gateway', gateway_code));
CREATE POLICY removed ON point FOR DELETE USING ((SELECT sees_all()) OR EXISTS (SELECT FROM gateway WHERE gateway.code = point.gateway_code));
CREATE TRIGGER theirs_to_remove BEFORE DELETE ON point
FOR EACH ROW WHEN (NOT (sees_all() OR acts_on_subject('gateway', old.gateway_code))) EXECUTE FUNCTION refuse_outside();

SELECT audit_table('point', '{point_id}', 'gateway_code');

CREATE TABLE unknown_point (
    gateway_code text NOT NULL,
    name text NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    readings bigint NOT NULL,
    last_ts timestamptz NOT NULL,
    last_value double precision NOT NULL,
    last_unit text NOT NULL,
    PRIMARY KEY (gateway_code, name)
);
COMMENT ON TABLE unknown_point IS 'Points that came and that nobody has mapped or ignored yet. Written by the intake; the newest of each gateway are kept';
COMMENT ON COLUMN unknown_point.last_unit IS 'As the message said it; empty: it said none';

CREATE TABLE held_reading (
    held_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL,
    gateway_code text NOT NULL,
    point text NOT NULL,
    ts timestamptz NOT NULL,
    value double precision NOT NULL,
    unit text NOT NULL,
    flag text NOT NULL,
    stands_for text NOT NULL CHECK (stands_for IN ('moment', 'start', 'end')),
    why text NOT NULL CHECK (why IN ('unknown_point', 'flag')),
    taken_at timestamptz,
    outcome text CHECK (outcome IN ('taken', 'conflict', 'refused'))
);
COMMENT ON TABLE held_reading IS 'Values of foreign messages that did not become readings: their points were not known, or their flags say that they are not good';
COMMENT ON COLUMN held_reading.value IS 'Of the point, in the point''s unit, as it came';
COMMENT ON COLUMN held_reading.flag IS 'What the sender said of it (services/ingest/foreign.py); empty: good';
COMMENT ON COLUMN held_reading.outcome IS 'taken: it is stored; conflict: another value is stored for its time; refused: it cannot be taken';
CREATE UNIQUE INDEX held_reading_once ON held_reading (gateway_code, point, ts, value, flag);
CREATE INDEX held_reading_at ON held_reading (received_at);
CREATE INDEX held_reading_gateway ON held_reading (gateway_code, held_id);

CREATE TABLE foreign_count (
    gateway_code text NOT NULL,
    day date NOT NULL,
    reason text NOT NULL,
    readings bigint NOT NULL,
    PRIMARY KEY (gateway_code, day, reason)
);
COMMENT ON TABLE foreign_count IS 'Values of foreign messages by what was said of them (good, a flag) and by the reason why they are no readings';
COMMENT ON COLUMN foreign_count.day IS 'Of Asia/Shanghai, on which they came';

ALTER TABLE dropped_count DROP CONSTRAINT dropped_count_kind_check;
ALTER TABLE dropped_count ADD CONSTRAINT dropped_count_kind_check
CHECK (kind IN ('rejected_reading', 'rejected_message', 'message', 'held_reading', 'unknown_point'));

-- Written by the intake, which the API runs too, of whatever came.
DO $$
DECLARE
    held text;
BEGIN
    FOREACH held IN ARRAY ARRAY['unknown_point', 'held_reading', 'foreign_count'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', held);
        EXECUTE format('CREATE POLICY seen ON %1$I FOR SELECT USING ((SELECT sees_all()) OR EXISTS (SELECT FROM gateway WHERE gateway.code = %1$I.gateway_code))', held);
        EXECUTE format('CREATE POLICY added ON %I FOR INSERT WITH CHECK (true)', held);
        EXECUTE format('CREATE POLICY changed ON %1$I FOR UPDATE USING ((SELECT sees_all()) OR EXISTS (SELECT FROM gateway WHERE gateway.code = %1$I.gateway_code)) WITH CHECK (true)', held);
        EXECUTE format('CREATE POLICY removed ON %1$I FOR DELETE USING ((SELECT sees_all()) OR EXISTS (SELECT FROM gateway WHERE gateway.code = %1$I.gateway_code))', held);
    END LOOP;
END
$$;
