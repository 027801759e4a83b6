-- How long a gateway keeps readings: what is stamped older than it can have kept is held, not booked.

ALTER TABLE gateway ADD COLUMN keeps_days integer CHECK (keeps_days > 0);
COMMENT ON COLUMN gateway.keeps_days IS 'Days for which it keeps readings that it could not send; empty: not known, so twenty years';

DROP INDEX rejected_reading_retry;
CREATE INDEX rejected_reading_retry ON rejected_reading (meter_code, rejection_id)
WHERE outcome IS NULL AND code IN ('unknown_meter', 'meter_of_another_gateway', 'ts_too_old');
CREATE INDEX rejected_reading_held ON rejected_reading (received_at)
WHERE outcome IS NULL AND code = 'ts_too_old';

COMMENT ON COLUMN reading_mark.quality IS '1 dip, 2 glitch, 3 suspect, 4 reset, 5 rollover, 6 replacement, 7 pending, 8 overlap';
