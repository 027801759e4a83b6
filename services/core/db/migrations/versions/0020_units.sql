-- Registers that change their unit, or are changed, without a word.

COMMENT ON COLUMN reading_mark.quality IS '1 dip, 2 glitch, 3 suspect, 4 reset, 5 rollover, 6 replacement, 7 pending, 8 overlap, 9 swap, 10 larger unit, 11 smaller unit';

-- Asked for each meter that is booked: few have any.
CREATE INDEX reading_mark_unit ON reading_mark (meter_id, ts) WHERE quality IN (10, 11);
