-- Values of unknown points that cannot be read: a point of which nothing else came has no last value.
ALTER TABLE unknown_point
ALTER COLUMN last_ts DROP NOT NULL,
ALTER COLUMN last_value DROP NOT NULL,
ALTER COLUMN last_unit DROP NOT NULL,
ADD COLUMN unread bigint NOT NULL DEFAULT 0,
ADD COLUMN last_unread text CHECK (length(last_unread) <= 200),
ADD COLUMN last_unread_code text;
COMMENT ON COLUMN unknown_point.readings IS 'How many of its values came that could be read';
COMMENT ON COLUMN unknown_point.unread IS 'How many came that could not be read';
COMMENT ON COLUMN unknown_point.last_unread IS 'The newest of these as it came, cut to 200 characters';
COMMENT ON COLUMN unknown_point.last_unread_code IS 'Why it could not be read';
