-- Several workers share the roll-up, and the judging of quality: each has some of 16 parts of the meters. The queues are divided in
-- the same way, so that a worker finds what is its own without passing over what is not.

CREATE FUNCTION meter_part(meter_id integer) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (meter_id # (meter_id >> 4) # (meter_id >> 8)) & 15;
COMMENT ON FUNCTION meter_part IS 'To which of the parts 0 to 15 a meter belongs. All that is booked of a meter, of both its directions, is done by who has its part';

ALTER TABLE dirty_slot RENAME TO dirty_slot_undivided;
CREATE TABLE dirty_slot (
    meter_id integer NOT NULL,
    slot timestamptz NOT NULL
) PARTITION BY LIST (meter_part(meter_id));
COMMENT ON TABLE dirty_slot IS 'Queue, repeated rows allowed: slots with new readings, written in the same transaction as these, taken by the roll-up';

ALTER TABLE late_slot RENAME TO late_slot_undivided;
CREATE TABLE late_slot (
    meter_id integer NOT NULL,
    slot timestamptz NOT NULL
) PARTITION BY LIST (meter_part(meter_id));
COMMENT ON TABLE late_slot IS 'Queue, repeated rows allowed: slots of the past that the roll-up has laid aside, so that those of the last hours go first';

ALTER TABLE quality_due RENAME TO quality_due_undivided;
CREATE TABLE quality_due (
    meter_id integer NOT NULL,
    day date NOT NULL
) PARTITION BY LIST (meter_part(meter_id));
COMMENT ON TABLE quality_due IS 'Queue, repeated rows allowed: days (Asia/Shanghai) of meters whose readings or energy have changed. Written by the roll-up with the change, taken by the quality process';

-- Queues: vacuumed by what was taken from them, not by their size.
DO $$
DECLARE
    queue text;
BEGIN
    FOREACH queue IN ARRAY ARRAY['dirty_slot', 'late_slot', 'quality_due'] LOOP
        FOR part IN 0..15 LOOP
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF %I FOR VALUES IN (%s)'
                ' WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000)',
                queue || '_' || part, queue, part
            );
        END LOOP;
    END LOOP;
END
$$;

INSERT INTO dirty_slot (meter_id, slot)
SELECT meter_id, slot FROM dirty_slot_undivided;
DROP TABLE dirty_slot_undivided;
INSERT INTO late_slot (meter_id, slot)
SELECT meter_id, slot FROM late_slot_undivided;
DROP TABLE late_slot_undivided;
INSERT INTO quality_due (meter_id, day)
SELECT meter_id, day FROM quality_due_undivided;
DROP TABLE quality_due_undivided;

CREATE INDEX meter_change_part ON meter_change (meter_part(meter_id), change_id);
