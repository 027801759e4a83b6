-- Readings with a mark are listed over all meters, the newest first.
CREATE INDEX reading_mark_time ON reading_mark (ts, meter_id, quality);
