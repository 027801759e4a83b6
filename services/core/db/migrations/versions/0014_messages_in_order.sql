ALTER TABLE message
    ADD COLUMN urgent boolean NOT NULL DEFAULT false,
    ADD COLUMN quiet_until timestamptz;
COMMENT ON COLUMN message.urgent IS 'Says that a severe alert fires: it goes before others, and waits for none but what is under way';
COMMENT ON COLUMN message.quiet_until IS 'Until when quiet hours hold it, as not_before says too; null: they do not';
CREATE INDEX message_quiet ON message (subscription_id) WHERE status = 'waiting' AND quiet_until IS NOT NULL;

ALTER TABLE message DROP CONSTRAINT message_kind_check;
ALTER TABLE message ADD CONSTRAINT message_kind_check
CHECK (kind IN ('fired', 'resolved', 'repeat', 'digest', 'escalated', 'handled', 'test'));

CREATE TABLE step_due (
    step_id bigint PRIMARY KEY REFERENCES alert_step (step_id)
);
COMMENT ON TABLE step_due IS 'Queue, filled by a trigger of alert_step and emptied by the alert service: steps of which the enterprise is to be told';

CREATE FUNCTION queue_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO step_due (step_id) VALUES (new.step_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER alert_step_is_to_be_told
AFTER INSERT ON alert_step
FOR EACH ROW WHEN (new.action NOT IN ('comment', 'attach'))
EXECUTE FUNCTION queue_step();

ALTER TABLE silence
    ADD COLUMN subject_kind text
    CHECK (subject_kind IN ('unit', 'enterprise', 'park', 'area', 'gateway', 'meter'));
COMMENT ON COLUMN silence.subject_kind IS 'Of subject_code; null where it was given without: then any kind with that code';
