-- Bounds: late slots wait apart from live ones, rejected readings can be taken in later, and what is not kept is counted.

CREATE TABLE late_slot (
    meter_id integer NOT NULL,
    slot timestamptz NOT NULL
);
COMMENT ON TABLE late_slot IS 'Queue, repeated rows allowed: slots of the past that the roll-up has laid aside, so that those of the last hours go first';
ALTER TABLE late_slot SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000);

ALTER TABLE rejected_reading
    ADD COLUMN retried_at timestamptz,
    ADD COLUMN outcome text CHECK (outcome IN ('taken', 'conflict', 'refused'));
COMMENT ON COLUMN rejected_reading.retried_at IS 'When it was taken in on request, after its meter was registered; null: was not';
COMMENT ON COLUMN rejected_reading.outcome IS 'taken: it is stored; conflict: another value was stored for its time meanwhile; refused: it cannot be taken';
CREATE INDEX rejected_reading_gateway ON rejected_reading (gateway_code, rejection_id);
CREATE INDEX rejected_message_gateway ON rejected_message (gateway_code, message_id);
CREATE INDEX rejected_reading_retry ON rejected_reading (meter_code, rejection_id)
WHERE outcome IS NULL AND code IN ('unknown_meter', 'meter_of_another_gateway');

CREATE TABLE dropped_count (
    gateway_code text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('rejected_reading', 'rejected_message', 'message')),
    reason text NOT NULL CHECK (reason IN ('age', 'cap', 'flood')),
    day date NOT NULL,
    dropped bigint NOT NULL,
    PRIMARY KEY (gateway_code, kind, reason, day)
);
COMMENT ON TABLE dropped_count IS 'How much is not kept: rejected readings and messages by age or beyond the cap of a gateway, and messages turned away unanswered while their gateway flooded';
COMMENT ON COLUMN dropped_count.gateway_code IS 'Empty: rejected messages that name no gateway';
COMMENT ON COLUMN dropped_count.day IS 'Day of Asia/Shanghai on which it was dropped';
