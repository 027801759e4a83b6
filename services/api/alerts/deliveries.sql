-- Messages with whom they tell, as it stood when they were written. Conditions speak of a row as `entry`.

-- name: messages()
SELECT
    message_id,
    subscription_id,
    channel,
    address,
    body_code,
    enterprise_code,
    kind,
    alert_ids,
    content,
    created_at,
    CASE WHEN status = 'waiting' THEN not_before END AS not_before,
    status,
    attempts,
    finished_at,
    last_error
FROM message;

-- part: names_of_entry()
SELECT
    body.name_zh AS body_name_zh,
    body.name_en AS body_name_en,
    enterprise.name_zh AS enterprise_name_zh,
    enterprise.name_en AS enterprise_name_en
FROM (SELECT 1) AS one
LEFT JOIN supervision_body AS body ON body.code = entry.body_code
LEFT JOIN enterprise ON enterprise.credit_code = entry.enterprise_code;

-- name: attempts(message_ids)
SELECT message_id, at, outcome, detail, seconds
FROM delivery
WHERE message_id = ANY(:message_ids)
ORDER BY message_id, delivery_id;
