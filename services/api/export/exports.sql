-- Of what state of things a file is.

-- name: state_of_things()
SELECT
    revision,
    seal_id,
    chain
FROM registry_revision
LEFT JOIN (
    SELECT seal_id, chain
    FROM seal
    ORDER BY seal_id DESC
    LIMIT 1
) AS newest ON true;
