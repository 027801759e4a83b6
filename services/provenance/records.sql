-- name: batches(numbers)
-- Times in microseconds since 1970.
SELECT
    batch_id,
    (extract(EPOCH FROM received_at) * 1000000)::bigint AS received_us,
    writer,
    readings,
    digest,
    (extract(EPOCH FROM first_ts) * 1000000)::bigint AS first_us,
    (extract(EPOCH FROM last_ts) * 1000000)::bigint AS last_us
FROM stored_batch
WHERE batch_id = ANY (:numbers ::bigint[])
ORDER BY batch_id;

-- name: corrections(numbers)
-- Times in microseconds since 1970.
SELECT
    correction_id,
    meter_id,
    (extract(EPOCH FROM ts) * 1000000)::bigint AS ts_us,
    kind,
    original_value,
    value,
    author,
    reason,
    (extract(EPOCH FROM recorded_at) * 1000000)::bigint AS recorded_us
FROM correction
WHERE correction_id = ANY (:numbers ::bigint[])
ORDER BY correction_id;

-- name: audit_entries(batches)
-- What transactions changed, by batch and entry: times in microseconds since 1970, rows as texts.
SELECT
    batch_id,
    entry_id,
    (extract(EPOCH FROM at) * 1000000)::bigint AS at_us,
    account,
    credential,
    database_role,
    request,
    kind,
    key,
    subject,
    action,
    before::text AS before,
    after::text AS after,
    detail::text AS detail,
    reason
FROM audit
WHERE batch_id = ANY (:batches ::bigint[])
ORDER BY batch_id, entry_id;
