-- name: dropped(gateway, after, row_limit)
-- Newest day first; the key is in the order of the rows.
SELECT *
FROM (
    SELECT
        gateway_code AS gateway,
        kind,
        reason,
        day,
        dropped,
        (DATE '9999-12-31' - day) || '/' || gateway_code || '/' || kind || '/' || reason AS key
    FROM dropped_count
    WHERE :gateway ::text IS NULL OR gateway_code = :gateway
) AS counted
WHERE :after ::text IS NULL OR key COLLATE "C" > :after
ORDER BY key COLLATE "C"
LIMIT :row_limit;
