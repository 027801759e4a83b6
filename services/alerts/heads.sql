-- name: head()
SELECT seal_id, chain, sealed_at
FROM seal
ORDER BY seal_id DESC
LIMIT 1;

-- name: last_sent(subjects)
-- When the head was last sent to each; where it never was, there is no row.
SELECT subject, max(at) AS at
FROM audit
WHERE kind = 'seal_head' AND subject = ANY (:subjects)
GROUP BY subject;
