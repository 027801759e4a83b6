-- What a unit gives of itself, by which mandatory limits are corrected: feed grade, age of ovens, altitude, class.
CREATE TABLE unit_input (
    unit_id integer NOT NULL REFERENCES unit (unit_id) ON DELETE CASCADE,
    input text NOT NULL,
    valid_from date NOT NULL,
    value numeric,
    choice text,
    source text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (unit_id, input, valid_from),
    CHECK ((value IS NULL) <> (choice IS NULL))
);
COMMENT ON TABLE unit_input IS 'What a unit gives of itself from a day (Asia/Shanghai) on, until the next of the same input; mandatory limits are corrected by it';
COMMENT ON COLUMN unit_input.input IS 'A row of the data file unit_inputs.csv, which gives the unit of the value and the choices';
COMMENT ON COLUMN unit_input.value IS 'Of a number in its unit; of what is so or not 1 or 0';
COMMENT ON COLUMN unit_input.source IS 'Where it is known from: a report, an inspection';
