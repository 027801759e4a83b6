-- Messages with the subscription they go to; it may have been taken away since. Conditions speak of a row as `entry`.

-- name: messages
SELECT
    message.message_id,
    message.subscription_id,
    message.kind,
    message.alert_ids,
    message.content,
    message.created_at,
    message.not_before,
    message.status,
    message.attempts,
    message.finished_at,
    message.last_error,
    subscription.channel,
    subscription.address,
    subscription.body_code,
    subscription.enterprise_code
FROM message
LEFT JOIN subscription USING (subscription_id);

-- name: names_of_entry
LEFT JOIN LATERAL (
    SELECT
        body.name_zh AS body_name_zh,
        body.name_en AS body_name_en,
        enterprise.name_zh AS enterprise_name_zh,
        enterprise.name_en AS enterprise_name_en
    FROM (SELECT 1) AS one
    LEFT JOIN supervision_body AS body ON body.code = entry.body_code
    LEFT JOIN enterprise ON enterprise.credit_code = entry.enterprise_code
) AS named ON true;

-- name: attempts
SELECT message_id, at, outcome, detail, seconds
FROM delivery
WHERE message_id = ANY(:message_ids)
ORDER BY message_id, delivery_id;
