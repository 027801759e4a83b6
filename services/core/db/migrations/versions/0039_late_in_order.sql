-- What is late is taken in the order of time by ten days, and in these of meters: what is taken together then lies together in the
-- series of its meters, and in the hours of their places, in whatever order it came.
CREATE INDEX late_slot_in_order ON late_slot (
    date_bin('10 days', slot, timestamptz '1970-01-01 00:00:00+00') DESC, meter_id, slot
);
