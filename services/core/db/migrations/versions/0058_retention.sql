-- From when on readings are kept, what was dropped of them, and what stays of batches that were dropped in part.

CREATE TABLE reading_edge (
    edge_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kept_from timestamptz NOT NULL,
    decided_at timestamptz NOT NULL DEFAULT now(),
    CHECK (kept_from < decided_at - interval '700 days')
);
COMMENT ON TABLE reading_edge IS 'Moments from which on readings are kept; the latest holds. Older ones are refused, and what is booked by them stays as it is; only added to';
COMMENT ON COLUMN reading_edge.kept_from IS 'Start of a month of Asia/Shanghai; so long ago that intake need not ask for it where all is newer';

CREATE TABLE reading_drop (
    drop_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    edge_id integer NOT NULL REFERENCES reading_edge (edge_id),
    dropped_before timestamptz NOT NULL,
    dropped_at timestamptz NOT NULL DEFAULT now(),
    readings bigint NOT NULL,
    carried bigint NOT NULL,
    remainders bigint NOT NULL,
    remainders_digest bytea NOT NULL
);
COMMENT ON TABLE reading_drop IS 'Readings that were dropped on purpose, after all of their batches had agreed with their digests; only added to';
COMMENT ON COLUMN reading_drop.dropped_before IS 'All readings before it, but for those that were carried; the end of a chunk, and not after the edge';
COMMENT ON COLUMN reading_drop.readings IS 'So many went';
COMMENT ON COLUMN reading_drop.carried IS 'So many of them are there still: the last ones of meters, from which the first ones after the edge are counted';
COMMENT ON COLUMN reading_drop.remainders IS 'Batches with a reading before then of which something stays';
COMMENT ON COLUMN reading_drop.remainders_digest IS 'SHA-256 of these, as services/provenance/digest.py has it';

CREATE TABLE batch_remainder (
    drop_id integer NOT NULL REFERENCES reading_drop (drop_id),
    batch_id bigint NOT NULL,
    readings integer NOT NULL CHECK (readings > 0),
    digest bytea NOT NULL,
    PRIMARY KEY (drop_id, batch_id)
);
COMMENT ON TABLE batch_remainder IS 'What stays of stored batches by each drop: how many readings, and the SHA-256 of them; only added to';

CREATE TABLE carried_reading (
    meter_id integer NOT NULL,
    ts timestamptz NOT NULL,
    value double precision NOT NULL,
    batch_id bigint NOT NULL,
    PRIMARY KEY (meter_id, ts)
);
COMMENT ON TABLE carried_reading IS 'Of a drop under way: readings that go with their chunks and are put back; of no use after it';

CREATE VIEW batch_kept WITH (security_invoker = true) AS
SELECT
    stored_batch.batch_id,
    stored_batch.received_at,
    stored_batch.writer,
    stored_batch.first_ts,
    stored_batch.last_ts,
    CASE WHEN newest.drop_id IS NULL THEN stored_batch.readings ELSE coalesce(remainder.readings, 0) END AS readings,
    CASE WHEN newest.drop_id IS NULL THEN stored_batch.digest ELSE coalesce(remainder.digest, sha256('')) END AS digest
FROM stored_batch
LEFT JOIN (SELECT drop_id, dropped_before FROM reading_drop ORDER BY drop_id DESC LIMIT 1) AS newest
    ON stored_batch.first_ts < newest.dropped_before
LEFT JOIN batch_remainder AS remainder
    ON remainder.drop_id = newest.drop_id AND remainder.batch_id = stored_batch.batch_id;
COMMENT ON VIEW batch_kept IS 'What is to stand of each stored batch: all of it, or what the newest drop has left';

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['reading_edge', 'reading_drop', 'batch_remainder'] LOOP
        EXECUTE format('CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON %1$I FOR EACH ROW EXECUTE FUNCTION refuse_change(%2$L)', kept, 'rows of ' || kept || ' are only added');
        EXECUTE format('CREATE TRIGGER never_emptied BEFORE TRUNCATE ON %1$I EXECUTE FUNCTION refuse_change(%2$L)', kept, 'rows of ' || kept || ' are only added');
    END LOOP;
END
$$;

SELECT audit_table('reading_edge', '{edge_id}', 'kept_from');
SELECT audit_table('reading_drop', '{drop_id}', 'dropped_before');
