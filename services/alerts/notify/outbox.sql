-- name: close_unsendable(now, channels, in_flight)
-- What nobody can be sent any more: the reason stays with the message.
UPDATE message
SET status = 'dead', finished_at = :now, last_error = gone.reason
FROM (
    SELECT waiting.message_id,
        CASE WHEN subscription.subscription_id IS NULL THEN 'the subscription no longer exists'
            WHEN waiting.channel <> ALL (:channels) THEN 'there is no channel ' || waiting.channel
            ELSE 'the subscription is switched off' || coalesce(': ' || subscription.off_reason, '')
        END AS reason
    FROM message AS waiting
    LEFT JOIN subscription USING (subscription_id)
    WHERE waiting.status = 'waiting'
        AND waiting.message_id <> ALL (:in_flight)
        AND (
            subscription.subscription_id IS NULL
            OR waiting.channel <> ALL (:channels)
            OR (NOT subscription.enabled AND waiting.kind <> 'test')
        )
) AS gone
WHERE message.message_id = gone.message_id AND message.status = 'waiting';

-- name: claim(channels, most_under_way, by_host, now, in_flight, most, busy, lease_until)
-- Takes messages that are due, of each endpoint no more than may be under way there, and counts the attempt before it is made.
-- What tells of an alert waits for what told of it before: the last that a receiver hears is how it stands. What is urgent
-- goes first, past one more than may be under way, and waits only for what is just being said of its alerts: what it
-- takes the place of was taken out of earlier messages. Of each subscription the first few are looked at, which also
-- bounds the work where thousands wait.
-- An address that was mended meanwhile is used, and stays with the message.
WITH due AS (
    SELECT message.message_id, message.created_at, message.urgent, message.alert_ids, subscription_id,
        kind.most_under_way + CAST(message.urgent AS int) AS most_under_way,
        row_number() OVER (
            PARTITION BY subscription_id
            ORDER BY message.urgent DESC, message.created_at, message.message_id
        ) AS age_place,
        CASE WHEN kind.by_host
            THEN kind.name || ' ' || coalesce(substring(subscription.address FROM '^[a-zA-Z]+://([^/?#]+)'), '')
            ELSE kind.name
        END AS endpoint
    FROM message
    JOIN subscription USING (subscription_id)
    JOIN unnest(CAST(:channels AS text[]), CAST(:most_under_way AS int[]), CAST(:by_host AS bool[]))
        AS kind (name, most_under_way, by_host) ON kind.name = message.channel
    WHERE message.status = 'waiting'
        AND message.not_before <= :now
        AND message.message_id <> ALL (:in_flight)
        AND (subscription.enabled OR message.kind = 'test')
),
ranked AS (
    SELECT message_id, created_at, urgent, subscription_id, endpoint,
        row_number() OVER (PARTITION BY endpoint ORDER BY urgent DESC, created_at, message_id) AS place,
        most_under_way
    FROM due
    WHERE age_place <= :most
        AND (
            due.urgent
            OR NOT EXISTS (
                SELECT FROM message AS earlier
                WHERE earlier.subscription_id = due.subscription_id
                    AND earlier.status = 'waiting'
                    AND earlier.created_at < due.created_at
                    AND earlier.alert_ids && due.alert_ids
            )
        )
        AND NOT EXISTS (
            SELECT FROM message AS being_said
            WHERE being_said.message_id = ANY (:in_flight)
                AND being_said.subscription_id = due.subscription_id
                AND being_said.alert_ids && due.alert_ids
        )
),
chosen AS (
    SELECT ranked.message_id, ranked.subscription_id, ranked.endpoint
    FROM ranked
    LEFT JOIN (SELECT name, count(*) AS busy FROM unnest(CAST(:busy AS text[])) AS name GROUP BY name) AS under_way
        ON under_way.name = ranked.endpoint
    WHERE ranked.place + coalesce(under_way.busy, 0) <= ranked.most_under_way
    ORDER BY ranked.urgent DESC, ranked.created_at, ranked.message_id
    LIMIT :most
),
free AS (
    -- what the cycle just adds to is passed over, not waited for: neither can hold up the other
    SELECT message.message_id, chosen.subscription_id, chosen.endpoint
    FROM message
    JOIN chosen USING (message_id)
    WHERE message.status = 'waiting' AND message.not_before <= :now
    FOR UPDATE OF message SKIP LOCKED
)
UPDATE message
SET attempts = message.attempts + 1, not_before = :lease_until, address = subscription.address
FROM free
JOIN subscription USING (subscription_id)
WHERE message.message_id = free.message_id
RETURNING message.message_id, message.kind, message.content, message.attempts, message.created_at,
    message.subscription_id, message.channel, message.address, subscription.secrets, subscription.language,
    message.enterprise_code, free.endpoint,
    CASE WHEN message.kind IN ('digest', 'test') THEN '{}'
        ELSE ARRAY(
            SELECT earlier.message_id
            FROM message AS earlier
            WHERE earlier.subscription_id = message.subscription_id
                AND earlier.alert_ids && message.alert_ids
                AND earlier.created_at < message.created_at
                AND earlier.status = 'sent'
                AND earlier.kind NOT IN ('digest', 'test')
            ORDER BY earlier.created_at DESC
            LIMIT 20
        )
    END AS earlier,
    CASE WHEN message.kind = 'resolved'
        THEN ARRAY(
            SELECT alert_id
            FROM unnest(message.alert_ids) AS alert_id
            WHERE (
                SELECT beginning.status
                FROM message AS beginning
                WHERE beginning.subscription_id = message.subscription_id
                    AND beginning.alert_ids @> ARRAY[alert_id]
                    AND beginning.kind = 'fired'
                    AND beginning.created_at <= message.created_at
                ORDER BY beginning.created_at DESC
                LIMIT 1
            ) = 'dead'
        )
        ELSE '{}'
    END AS never_begun;

-- name: say_never_begun(content, message_id)
UPDATE message
SET content = :content
WHERE message_id = :message_id;

-- name: next_due(now, in_flight)
-- What is due already waits for its endpoint: the end of an attempt wakes.
SELECT min(not_before)
FROM message
WHERE status = 'waiting' AND not_before > :now AND message_id <> ALL (:in_flight);

-- name: add_delivery(message_id, at, outcome, detail, seconds)
INSERT INTO delivery (message_id, at, outcome, detail, seconds)
VALUES (:message_id, :at, :outcome, :detail, :seconds);

-- name: first_attempt(message_id)
SELECT min(at)
FROM delivery
WHERE message_id = :message_id;

-- name: switch_off(reason, subscription_id, address)
-- A receiver that says it is gone is told nothing more; if it was given another address meanwhile, that one goes on.
UPDATE subscription
SET enabled = false, off_reason = :reason
WHERE subscription_id = :subscription_id AND address = :address AND enabled
RETURNING subscription_id;

-- name: finish(status, at, last_error, message_id)
UPDATE message
SET status = :status, finished_at = :at, last_error = :last_error
WHERE message_id = :message_id;

-- name: try_again(not_before, last_error, message_id)
UPDATE message
SET not_before = :not_before, last_error = :last_error
WHERE message_id = :message_id AND status = 'waiting';

-- name: take_up_interrupted(now, detail)
-- Attempts without an outcome: their sender died. They are made again, with the same message id.
WITH interrupted AS (
    UPDATE message
    SET not_before = :now, last_error = :detail
    WHERE status = 'waiting'
        AND attempts > (SELECT count(*) FROM delivery WHERE delivery.message_id = message.message_id)
    RETURNING message_id
)
INSERT INTO delivery (message_id, at, outcome, detail, seconds)
SELECT message_id, :now, 'failed', :detail, 0
FROM interrupted
RETURNING message_id;

-- name: count_waiting()
SELECT count(*) FILTER (WHERE attempts = 0) AS new, count(*) FILTER (WHERE attempts > 0) AS again
FROM message
WHERE status = 'waiting';
