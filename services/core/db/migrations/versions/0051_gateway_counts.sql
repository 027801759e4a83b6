-- What became of what gateways sent, by day and format; which of them send again what did not arrive; whose later values count; and some of
-- their messages whole, to try another version of a profile on.

CREATE TABLE intake_count (
    gateway_code text NOT NULL,
    day date NOT NULL,
    format text NOT NULL,
    outcome text NOT NULL,
    messages bigint NOT NULL DEFAULT 0,
    readings bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (gateway_code, day, format, outcome)
);
COMMENT ON TABLE intake_count IS 'What became of the messages and readings of a gateway; written with what is stored';
COMMENT ON COLUMN intake_count.day IS 'Of Asia/Shanghai, on which they came';
COMMENT ON COLUMN intake_count.format IS 'enermon, profile, hj212, sparkplug, necc; or taken_in: what a person took in later';
COMMENT ON COLUMN intake_count.outcome IS 'read (of messages), stored, duplicate, or the code of what was rejected';

CREATE TABLE foreign_message (
    message_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gateway_code text NOT NULL,
    received_at timestamptz NOT NULL,
    source text NOT NULL,
    retained boolean NOT NULL,
    payload bytea NOT NULL
);
COMMENT ON TABLE foreign_message IS 'Some messages that were read by a profile, whole: the newest of each gateway, one in ten minutes at most';
COMMENT ON COLUMN foreign_message.source IS 'Topic, or how else it came';
CREATE INDEX foreign_message_gateway ON foreign_message (gateway_code, received_at);

ALTER TABLE gateway ADD COLUMN resends boolean;
COMMENT ON COLUMN gateway.resends IS 'Whether it sends again what did not arrive; empty: as its profile says, and by other protocols yes';
ALTER TABLE gateway ADD COLUMN corrections text NOT NULL DEFAULT 'keep' CHECK (corrections IN ('keep', 'accept'));
COMMENT ON COLUMN gateway.corrections IS 'Of two values of one time: keep, the first stays booked; accept, the later is taken as a correction';

CREATE INDEX held_reading_open ON held_reading (gateway_code) WHERE outcome IS NULL;

DO $$
DECLARE
    held text;
BEGIN
    FOREACH held IN ARRAY ARRAY['intake_count', 'foreign_message'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', held);
        EXECUTE format('CREATE POLICY seen ON %1$I FOR SELECT USING ((SELECT sees_all()) OR EXISTS (SELECT FROM gateway WHERE gateway.code = %1$I.gateway_code))', held);
        EXECUTE format('CREATE POLICY added ON %I FOR INSERT WITH CHECK (true)', held);
        EXECUTE format('CREATE POLICY changed ON %1$I FOR UPDATE USING ((SELECT sees_all()) OR EXISTS (SELECT FROM gateway WHERE gateway.code = %1$I.gateway_code)) WITH CHECK (true)', held);
        EXECUTE format('CREATE POLICY removed ON %1$I FOR DELETE USING ((SELECT sees_all()) OR EXISTS (SELECT FROM gateway WHERE gateway.code = %1$I.gateway_code))', held);
    END LOOP;
END
$$;
