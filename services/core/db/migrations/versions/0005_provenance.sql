-- What was stored is kept: batches of readings with their digest, the chain of seals over them, and corrections beside the originals.

CREATE SEQUENCE stored_batch_number;

CREATE TABLE stored_batch (
    batch_id bigint PRIMARY KEY,
    received_at timestamptz NOT NULL,
    writer text NOT NULL,
    readings integer NOT NULL CHECK (readings > 0),
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    first_ts timestamptz NOT NULL,
    last_ts timestamptz NOT NULL
);
COMMENT ON TABLE stored_batch IS 'Readings stored by one commit; only added to';
COMMENT ON COLUMN stored_batch.received_at IS 'Start of the transaction that stored the readings';
COMMENT ON COLUMN stored_batch.writer IS 'Process that stored it: ingest-0, api; "before sealing": stored by a version without seals, digested when the schema was changed';
COMMENT ON COLUMN stored_batch.readings IS 'Readings really inserted, without duplicates';
COMMENT ON COLUMN stored_batch.digest IS 'SHA-256 of these readings by meter and time, each as big-endian int32 meter_id, int64 microseconds since 1970, float64 value';
COMMENT ON COLUMN stored_batch.first_ts IS 'Earliest time of its readings; last_ts the latest, included';
CREATE INDEX stored_batch_received ON stored_batch USING brin (received_at) WITH (autosummarize = on);

CREATE TABLE seal (
    seal_id bigint PRIMARY KEY CHECK (seal_id > 0),
    kind text NOT NULL CHECK (kind IN ('batch', 'correction')),
    ref_id bigint NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    chain bytea NOT NULL CHECK (octet_length(chain) = 32),
    sealed_at timestamptz NOT NULL,
    UNIQUE (kind, ref_id)
);
COMMENT ON TABLE seal IS 'Chain over stored batches and corrections; only added to, numbered 1, 2, 3 without gaps';
COMMENT ON COLUMN seal.ref_id IS 'stored_batch.batch_id or correction.correction_id';
COMMENT ON COLUMN seal.digest IS 'SHA-256 of all that the batch or the correction says (services/provenance/digest.py)';
COMMENT ON COLUMN seal.chain IS 'SHA-256 of the chain of the seal before (32 zero bytes for the first), seal_id, kind, ref_id, digest and sealed_at';

CREATE TABLE seal_due (
    kind text NOT NULL,
    ref_id bigint NOT NULL
);
COMMENT ON TABLE seal_due IS 'Queue: batches and corrections to be sealed, written in their own transaction, taken by the roll-up';
ALTER TABLE seal_due SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE TABLE corrector (
    name text PRIMARY KEY CHECK (name <> ''),
    token_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(token_sha256) = 32),
    valid_from timestamptz NOT NULL,
    revoked_at timestamptz
);
COMMENT ON TABLE corrector IS 'People who may correct readings; a name is never given to another person';
COMMENT ON COLUMN corrector.token_sha256 IS 'SHA-256 of the token, which is shown once and kept nowhere';

CREATE TABLE correction (
    correction_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    meter_id integer NOT NULL REFERENCES meter (meter_id),
    ts timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('replace', 'withdraw', 'supply', 'revoke')),
    original_value double precision,
    value double precision,
    author text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    recorded_at timestamptz NOT NULL,
    CHECK ((value IS NOT NULL) = (kind IN ('replace', 'supply'))),
    CHECK (original_value IS NOT NULL OR kind IN ('supply', 'revoke'))
);
COMMENT ON TABLE correction IS 'Authorised changes of readings, beside the originals; only added to. The newest for a meter and time counts';
COMMENT ON COLUMN correction.kind IS 'replace: another value counts; withdraw: the reading does not count; supply: a value where none was stored; revoke: the corrections before it do not count any more';
COMMENT ON COLUMN correction.original_value IS 'The stored reading as the meter gave it, when the correction was recorded; null: none was stored';
COMMENT ON COLUMN correction.value IS 'What counts instead: register units, before the multiplier';
COMMENT ON COLUMN correction.author IS 'Holder of the token with which it was sent';
CREATE INDEX correction_reading ON correction (meter_id, ts, correction_id);

COMMENT ON COLUMN energy_slot.quality IS 'Bits: 1 estimated, 2 rollover, 4 replacement, 8 reset, 16 accepted by a person, 32 corrected by a person';

ALTER TABLE reading RENAME TO reading_before;
ALTER TABLE reading_before RENAME CONSTRAINT reading_pkey TO reading_before_pkey;

CREATE TABLE reading (
    meter_id integer NOT NULL,
    ts timestamptz NOT NULL,
    value double precision NOT NULL,
    batch_id bigint NOT NULL,
    PRIMARY KEY (meter_id, ts)
);
COMMENT ON TABLE reading IS 'Every value once, as the meter gave it; only added to';
COMMENT ON COLUMN reading.ts IS 'Of an interval meter the start of its period';
COMMENT ON COLUMN reading.value IS 'As the meter gave it: register units, before the multiplier';
COMMENT ON COLUMN reading.batch_id IS 'stored_batch with which it came: when, and by which process';
