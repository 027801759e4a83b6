-- Quality of what was received: which days of meters are to be looked at, what was found, and what stands in for gaps. All of it
-- follows from readings, energy and registry, and is made anew when these change.

CREATE TABLE quality_due (
    meter_id integer NOT NULL,
    day date NOT NULL
);
COMMENT ON TABLE quality_due IS 'Queue, repeated rows allowed: days (Asia/Shanghai) of meters whose readings or energy have changed. Written by the roll-up with the change, taken by the quality process';
ALTER TABLE quality_due SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000);

CREATE TABLE quality_day (
    meter_id integer NOT NULL,
    day date NOT NULL,
    readings integer NOT NULL,
    received integer NOT NULL,
    on_time integer NOT NULL,
    valid integer NOT NULL,
    resets integer NOT NULL,
    measured_s integer NOT NULL,
    checked boolean NOT NULL,
    evaluated_at timestamptz NOT NULL,
    PRIMARY KEY (meter_id, day)
) WITH (fillfactor = 80);
COMMENT ON TABLE quality_day IS 'Whole counts of a meter in a day of Asia/Shanghai, so that months and places are sums of them';
COMMENT ON COLUMN quality_day.readings IS 'Readings stored, also more than one of the same period';
COMMENT ON COLUMN quality_day.received IS 'Expected readings that came: periods of the meter''s interval with a reading';
COMMENT ON COLUMN quality_day.on_time IS 'Those of them that came in time';
COMMENT ON COLUMN quality_day.valid IS 'Those of them that are believed: neither set aside nor suspect';
COMMENT ON COLUMN quality_day.measured_s IS 'Seconds of the day that are measured';
COMMENT ON COLUMN quality_day.checked IS 'Whether the day was over, so that the checks were run';
CREATE INDEX quality_day_day ON quality_day (day);

CREATE TABLE finding (
    finding_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    check_slug text NOT NULL,
    subject_kind text NOT NULL CHECK (subject_kind IN ('meter', 'unit', 'enterprise', 'gateway', 'area')),
    subject_code text NOT NULL,
    day date NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    value double precision NOT NULL,
    limit_value double precision NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    found_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE finding IS 'What a check has found for a subject and day; those of a subject and day are replaced when it is looked at again';
COMMENT ON COLUMN finding.check_slug IS 'A row of the data file checks.csv, which gives the unit of value and limit_value';
COMMENT ON COLUMN finding.day IS 'The day (Asia/Shanghai) for which it was looked for; of monthly checks the last one of the month';
CREATE INDEX finding_day ON finding (day, finding_id);
CREATE INDEX finding_subject ON finding (subject_kind, subject_code, day);

CREATE TABLE quality_region_day (
    day date PRIMARY KEY,
    changed_at timestamptz NOT NULL,
    checked_at timestamptz
);
COMMENT ON TABLE quality_region_day IS 'Days whose checks across meters are made: when a meter of the day was last looked at, and when the day as a whole was';

CREATE TABLE estimate (
    meter_id integer NOT NULL,
    hour timestamptz NOT NULL,
    method text NOT NULL CHECK (method IN ('linear', 'profile')),
    quantity_pico bigint NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (meter_id, hour, method)
);
COMMENT ON TABLE estimate IS 'What stands in for an hour that was not measured; never part of a measured sum, gone when the reading comes';
COMMENT ON COLUMN estimate.quantity_pico IS '1e-12 of the unit of the carrier: the whole hour, in place of what is booked in it';
CREATE INDEX estimate_hour ON estimate (hour);

CREATE TABLE collection_fault (
    meter_id integer NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
    found_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (meter_id, starts_at)
);
COMMENT ON TABLE collection_fault IS 'Whole hours in which many enterprises fell silent together: a fault of the collection. What is booked in them stays, and does not count as measured';

COMMENT ON COLUMN energy_slot.quality IS 'Bits: 1 estimated, 2 rollover, 4 replacement, 8 reset, 16 accepted by a person, 32 corrected, 64 collection fault';

INSERT INTO quality_due (meter_id, day)
SELECT DISTINCT meter_id, (day AT TIME ZONE 'Asia/Shanghai')::date
FROM energy_day;
