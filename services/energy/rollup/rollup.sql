-- name: replace_marks(meter_ids, afters, untils)
DELETE FROM reading_mark
USING unnest(:meter_ids ::integer[], :afters ::timestamptz[], :untils ::timestamptz[])
    AS judged (meter_id, after_ts, until_ts)
WHERE
    reading_mark.meter_id = judged.meter_id
    AND reading_mark.ts > judged.after_ts
    AND reading_mark.ts <= judged.until_ts
RETURNING reading_mark.meter_id, reading_mark.ts, reading_mark.quality;

-- name: add_marks(meter_ids, times, qualities)
INSERT INTO reading_mark (meter_id, ts, quality)
SELECT meter_id, ts, quality
FROM unnest(:meter_ids ::integer[], :times ::timestamptz[], :qualities ::smallint[]) AS mark (meter_id, ts, quality);
