-- Readings of before, each commit of then as a batch; then the guards.

-- Rows of a batch lie together, so a summary of pages finds them; a tree would cost every insert.
CREATE INDEX reading_batch ON reading USING brin (batch_id) WITH (pages_per_range = 64, autosummarize = on);

INSERT INTO stored_batch (batch_id, received_at, writer, readings, digest, first_ts, last_ts)
SELECT
    nextval('stored_batch_number'),
    received_at,
    'before sealing',
    readings,
    digest,
    first_ts,
    last_ts
FROM (
    SELECT
        received_at,
        count(*) AS readings,
        sha256(
            string_agg(
                int4send(meter_id) || int8send((extract(EPOCH FROM ts) * 1000000)::bigint) || float8send(value),
                ''::bytea
                ORDER BY meter_id, ts
            )
        ) AS digest,
        min(ts) AS first_ts,
        max(ts) AS last_ts
    FROM reading_before
    GROUP BY received_at
    ORDER BY received_at
) AS stored;

INSERT INTO reading (meter_id, ts, value, batch_id)
SELECT
    reading_before.meter_id,
    reading_before.ts,
    reading_before.value,
    stored_batch.batch_id
FROM reading_before
JOIN stored_batch USING (received_at)
ORDER BY stored_batch.batch_id, reading_before.meter_id, reading_before.ts;

INSERT INTO seal_due (kind, ref_id)
SELECT 'batch', batch_id
FROM stored_batch
ORDER BY batch_id;

DROP TABLE reading_before;

CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON reading FOR EACH ROW EXECUTE FUNCTION refuse_change('rows of reading are only added; a wrong one is corrected beside the original, see docs/truth.md');
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON stored_batch FOR EACH ROW EXECUTE FUNCTION refuse_change('rows of stored_batch are only added');
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON seal FOR EACH ROW EXECUTE FUNCTION refuse_change('rows of seal are only added');
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON correction FOR EACH ROW EXECUTE FUNCTION refuse_change('rows of correction are only added; a further one takes an earlier back');
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON reading EXECUTE FUNCTION refuse_change('rows of reading are only added; a wrong one is corrected beside the original, see docs/truth.md');
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON stored_batch EXECUTE FUNCTION refuse_change('rows of stored_batch are only added');
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON seal EXECUTE FUNCTION refuse_change('rows of seal are only added');
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON correction EXECUTE FUNCTION refuse_change('rows of correction are only added; a further one takes an earlier back');

CREATE VIEW correction_now AS
SELECT *
FROM (
    SELECT DISTINCT ON (meter_id, ts)
        meter_id,
        ts,
        correction_id,
        kind,
        original_value,
        value,
        author,
        reason,
        recorded_at
    FROM correction
    ORDER BY meter_id, ts, correction_id DESC
) AS newest
WHERE kind <> 'revoke';
COMMENT ON VIEW correction_now IS 'Corrections that count: the newest of each meter and time';

CREATE VIEW reading_now AS
SELECT
    reading.meter_id,
    reading.ts,
    coalesce(correction_now.value, reading.value) AS value,
    reading.batch_id,
    correction_now.correction_id
FROM reading
LEFT JOIN correction_now USING (meter_id, ts)
WHERE correction_now.kind IS DISTINCT FROM 'withdraw'
UNION ALL
SELECT
    correction_now.meter_id,
    correction_now.ts,
    correction_now.value,
    NULL,
    correction_now.correction_id
FROM correction_now
WHERE
    correction_now.kind <> 'withdraw'
    AND NOT EXISTS (
        SELECT FROM reading WHERE reading.meter_id = correction_now.meter_id AND reading.ts = correction_now.ts
    );
COMMENT ON VIEW reading_now IS 'Readings as they count: as corrected, without withdrawn ones, with supplied ones. Always ask for meters and a range of time';
