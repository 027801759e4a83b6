-- name: ask_to_drop()
NOTIFY enermon_rejected;

-- name: listen_for_asking()
LISTEN enermon_rejected;

-- name: drop_old_readings(before, most)
WITH dropped AS (
    DELETE FROM rejected_reading
    WHERE rejection_id = ANY (
        ARRAY(SELECT rejection_id FROM rejected_reading WHERE received_at < :before ORDER BY received_at LIMIT :most)
    )
    RETURNING gateway_code
)
SELECT gateway_code, count(*) FROM dropped GROUP BY gateway_code;

-- name: drop_old_messages(before, most)
WITH dropped AS (
    DELETE FROM rejected_message
    WHERE message_id = ANY (
        ARRAY(SELECT message_id FROM rejected_message WHERE received_at < :before ORDER BY received_at LIMIT :most)
    )
    RETURNING coalesce(gateway_code, '') AS gateway_code
)
SELECT gateway_code, count(*) FROM dropped GROUP BY gateway_code;

-- name: drop_readings_beyond(cap, most)
-- Of each gateway the newest `cap` stay.
WITH beyond AS (
    SELECT gateway_code, count(*) - :cap AS surplus
    FROM rejected_reading
    GROUP BY gateway_code
    HAVING count(*) > :cap
),
dropped AS (
    DELETE FROM rejected_reading
    USING beyond
    CROSS JOIN LATERAL (
        SELECT oldest.rejection_id
        FROM rejected_reading AS oldest
        WHERE oldest.gateway_code = beyond.gateway_code
        ORDER BY oldest.rejection_id
        LIMIT least(beyond.surplus, :most)
    ) AS chosen
    WHERE rejected_reading.rejection_id = chosen.rejection_id
    RETURNING rejected_reading.gateway_code
)
SELECT gateway_code, count(*) FROM dropped GROUP BY gateway_code;

-- name: drop_old_held(before, most)
WITH dropped AS (
    DELETE FROM held_reading
    WHERE held_id = ANY (
        ARRAY(SELECT held_id FROM held_reading WHERE received_at < :before ORDER BY received_at LIMIT :most)
    )
    RETURNING gateway_code
)
SELECT gateway_code, count(*) FROM dropped GROUP BY gateway_code;

-- name: drop_held_beyond(cap, most)
-- Of each gateway the newest `cap` stay.
WITH beyond AS (
    SELECT gateway_code, count(*) - :cap AS surplus
    FROM held_reading
    GROUP BY gateway_code
    HAVING count(*) > :cap
),
dropped AS (
    DELETE FROM held_reading
    USING beyond
    CROSS JOIN LATERAL (
        SELECT oldest.held_id
        FROM held_reading AS oldest
        WHERE oldest.gateway_code = beyond.gateway_code
        ORDER BY oldest.held_id
        LIMIT least(beyond.surplus, :most)
    ) AS chosen
    WHERE held_reading.held_id = chosen.held_id
    RETURNING held_reading.gateway_code
)
SELECT gateway_code, count(*) FROM dropped GROUP BY gateway_code;

-- name: drop_points_beyond(cap)
-- Names can be invented without end: of each gateway those stay that were seen last.
WITH ranked AS (
    SELECT
        gateway_code,
        name,
        row_number() OVER (PARTITION BY gateway_code ORDER BY last_seen_at DESC, name) AS place
    FROM unknown_point
),
dropped AS (
    DELETE FROM unknown_point
    USING ranked
    WHERE unknown_point.gateway_code = ranked.gateway_code AND unknown_point.name = ranked.name AND ranked.place > :cap
    RETURNING unknown_point.gateway_code
)
SELECT gateway_code, count(*) FROM dropped GROUP BY gateway_code;

-- name: drop_old_incidents(before)
DELETE FROM edge_incident
WHERE noted_at < :before;

-- name: drop_old_counts(before)
WITH of_foreign AS (
    DELETE FROM foreign_count
    WHERE day < (:before ::timestamptz AT TIME ZONE 'Asia/Shanghai')::date
)
DELETE FROM intake_count
WHERE day < (:before ::timestamptz AT TIME ZONE 'Asia/Shanghai')::date;

-- name: drop_messages_read(before, most)
-- Of each gateway the newest `most` stay, if they are not too old.
WITH ranked AS (
    SELECT message_id, row_number() OVER (PARTITION BY gateway_code ORDER BY message_id DESC) AS place
    FROM foreign_message
)
DELETE FROM foreign_message
USING ranked
WHERE foreign_message.message_id = ranked.message_id
    AND (ranked.place > :most OR foreign_message.received_at < :before);

-- name: drop_messages_beyond(cap, cap_bytes)
-- Of each gateway the newest `cap` of together `cap_bytes` stay; and so many of all that are not registered, together:
-- names can be invented without end.
WITH ranked AS (
    SELECT
        message_id,
        coalesce(gateway.code, '') AS gateway_code,
        count(*) OVER newest_first AS place,
        sum(octet_length(payload)) OVER newest_first AS upto_bytes
    FROM rejected_message
    LEFT JOIN gateway ON gateway.code = rejected_message.gateway_code
    WINDOW newest_first AS (PARTITION BY coalesce(gateway.code, '') ORDER BY message_id DESC)
),
dropped AS (
    DELETE FROM rejected_message
    USING ranked
    WHERE rejected_message.message_id = ranked.message_id AND (ranked.place > :cap OR ranked.upto_bytes > :cap_bytes)
    RETURNING ranked.gateway_code
)
SELECT gateway_code, count(*) FROM dropped GROUP BY gateway_code;

-- name: count_dropped(kind, reason, gateways, counts)
-- Those that are not registered are counted together, without a name.
INSERT INTO dropped_count AS kept (gateway_code, kind, reason, day, dropped)
SELECT
    coalesce(gateway.code, '') AS gateway_code,
    :kind,
    :reason,
    (now() AT TIME ZONE 'Asia/Shanghai')::date,
    sum(fresh.dropped)
FROM unnest(:gateways ::text[], :counts ::bigint[]) AS fresh (gateway_code, dropped)
LEFT JOIN gateway ON gateway.code = fresh.gateway_code
GROUP BY coalesce(gateway.code, '')
ORDER BY 1
ON CONFLICT (gateway_code, kind, reason, day) DO UPDATE
SET dropped = kept.dropped + excluded.dropped;
