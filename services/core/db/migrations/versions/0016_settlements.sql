-- What people have settled of stretches of readings. Only added to: what does not count any more says since when.

CREATE TABLE settlement (
    settlement_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    meter_id integer NOT NULL REFERENCES meter (meter_id),
    from_ts timestamptz NOT NULL,
    to_ts timestamptz NOT NULL,
    action text NOT NULL CHECK (action IN ('swap', 'unit', 'set_aside', 'accept')),
    factor double precision CHECK (factor > 0),
    reason text NOT NULL,
    author text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    withdrawn_at timestamptz,
    CHECK (from_ts < to_ts),
    CHECK ((action = 'unit') = (factor IS NOT NULL))
);
COMMENT ON TABLE settlement IS 'A person''s word on the readings of a meter in [from_ts, to_ts): it goes before what the readings themselves say';
COMMENT ON COLUMN settlement.factor IS 'Of a change of unit: how many register units of before one of now is worth';
COMMENT ON COLUMN settlement.withdrawn_at IS 'Since when it does not count any more; empty: it counts';
CREATE INDEX settlement_meter ON settlement (meter_id, from_ts);
