-- What of enterprises is handed upward by the national protocol (NECC), in versions, and how far each has come.

CREATE TABLE upward_sent (
    credit_code text NOT NULL,
    item text NOT NULL,
    stat_type smallint NOT NULL CHECK (stat_type IN (1, 2)),
    period date NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    value text,
    unit text NOT NULL,
    input_type smallint NOT NULL CHECK (input_type IN (4, 5)),
    state text NOT NULL CHECK (state IN ('waiting', 'sent', 'held', 'superseded')),
    answer text NOT NULL DEFAULT '',
    attempts integer NOT NULL DEFAULT 0,
    planned_at timestamptz NOT NULL DEFAULT now(),
    tried_at timestamptz,
    sent_at timestamptz,
    PRIMARY KEY (credit_code, item, stat_type, period, version),
    CHECK (value IS NOT NULL OR state IN ('held', 'superseded')),
    CHECK ((state = 'sent') = (sent_at IS NOT NULL))
);
CREATE INDEX upward_sent_open ON upward_sent (credit_code, period) WHERE state IN ('waiting', 'held');
CREATE INDEX upward_sent_period ON upward_sent (period);
COMMENT ON TABLE upward_sent IS 'Values of enterprises handed upward by the national protocol: a value that was booked again is a new version, none is overwritten';
COMMENT ON COLUMN upward_sent.item IS 'Data code of 16 digits; carrier and flow where no code is known for them';
COMMENT ON COLUMN upward_sent.stat_type IS '1 day, 2 month';
COMMENT ON COLUMN upward_sent.period IS 'First day of the period (Asia/Shanghai)';
COMMENT ON COLUMN upward_sent.value IS 'As it is sent, in unit; empty: there is none that may be sent';
COMMENT ON COLUMN upward_sent.input_type IS '4 metered, 5 by hand, be it in part';
COMMENT ON COLUMN upward_sent.state IS 'held: not sent, for the reason in answer; superseded: a later version took its place before it was answered';
COMMENT ON COLUMN upward_sent.answer IS 'What the receiver said last, or why it is held';
