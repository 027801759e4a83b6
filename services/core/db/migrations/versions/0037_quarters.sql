-- The four quarters of an hour stand in one row. A row of its own for each cost 108 bytes, and the hour beside them 25 more of
-- each quarter.
CREATE TABLE energy_quarters (
    meter_id integer NOT NULL,
    account_id integer NOT NULL,
    hour timestamptz NOT NULL,
    quantity_pico_0 bigint,
    quantity_pico_1 bigint,
    quantity_pico_2 bigint,
    quantity_pico_3 bigint,
    measured_s_0 smallint,
    measured_s_1 smallint,
    measured_s_2 smallint,
    measured_s_3 smallint,
    quality_0 smallint,
    quality_1 smallint,
    quality_2 smallint,
    quality_3 smallint,
    PRIMARY KEY (meter_id, hour)
);
COMMENT ON TABLE energy_quarters IS 'Energy of a meter in the quarters of an hour; null: no slot is booked there';
COMMENT ON COLUMN energy_quarters.account_id IS 'Of the whole hour: what a meter is booked to changes with days';
COMMENT ON COLUMN energy_quarters.quantity_pico_0 IS '1e-12 of the unit of the carrier: whole numbers, so that sums are exact in any order';
COMMENT ON COLUMN energy_quarters.measured_s_0 IS 'Seconds of the slot that are measured, not estimated; 0 where no reading is expected of the meter';
COMMENT ON COLUMN energy_quarters.quality_0 IS 'Bits: 1 estimated, 2 rollover, 4 replacement, 8 reset, 16 accepted by a person, 32 corrected, 64 collection fault';
