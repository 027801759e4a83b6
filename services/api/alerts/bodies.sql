-- Supervision bodies, and the subscriptions of bodies and enterprises. The secrets of webhooks are never read here but
-- counted.

-- name: select()
SELECT
    body.code,
    body.name_zh,
    body.name_en,
    body.area_code,
    area.name_zh AS area_name_zh,
    area.name_en AS area_name_en,
    area.level AS area_level,
    (SELECT count(*) FROM subscription WHERE subscription.body_code = body.code) AS subscriptions
FROM supervision_body AS body
JOIN area ON area.code = body.area_code;

-- name: existing(keys)
SELECT code
FROM codes_taken('supervision_body', :keys) AS code;

-- name: insert(rows)
INSERT INTO supervision_body (code, name_zh, name_en, area_code)
SELECT code, name_zh, name_en, area_code
FROM json_to_recordset(CAST(:rows AS json)) AS entry (code text, name_zh text, name_en text, area_code text);

-- name: update(name_zh, name_en, area_code, code)
UPDATE supervision_body
SET name_zh = :name_zh,
    name_en = :name_en,
    area_code = :area_code
WHERE code = :code;

-- name: delete(key)
DELETE FROM supervision_body
WHERE code = :key;

-- name: count_subscriptions(body_code)
SELECT count(*)
FROM subscription
WHERE body_code = :body_code;

-- name: known_body(code)
SELECT 1
FROM supervision_body
WHERE code = :code;

-- name: known_enterprise(code)
SELECT 1
FROM enterprise
WHERE credit_code = :code;

-- name: hold_body(code)
SELECT 1
FROM supervision_body
WHERE code = :code
FOR NO KEY UPDATE;

-- name: hold_enterprise(code)
SELECT 1
FROM enterprise
WHERE credit_code = :code
FOR NO KEY UPDATE;

-- name: subscriptions(code, owner_kind)
SELECT
    subscription_id,
    body_code,
    enterprise_code,
    channel,
    address,
    cardinality(secrets) AS secrets,
    language,
    least_severity,
    rules,
    mode,
    quiet_from,
    quiet_to,
    enabled,
    off_reason
FROM subscription
WHERE body_code = :code AND :owner_kind = 'body'
    OR enterprise_code = :code AND :owner_kind = 'enterprise'
ORDER BY subscription_id;

-- name: insert_subscription(owner_kind, code, channel, address, language, least_severity, rules, mode, quiet_from, quiet_to, enabled)
INSERT INTO subscription (
    body_code,
    enterprise_code,
    channel,
    address,
    language,
    least_severity,
    rules,
    mode,
    quiet_from,
    quiet_to,
    enabled
)
VALUES (
    CASE WHEN :owner_kind = 'body' THEN :code END,
    CASE WHEN :owner_kind = 'enterprise' THEN :code END,
    :channel,
    :address,
    :language,
    :least_severity,
    :rules,
    :mode,
    :quiet_from,
    :quiet_to,
    :enabled
)
RETURNING subscription_id;

-- name: update_subscription(address, language, least_severity, rules, mode, quiet_from, quiet_to, enabled, subscription_id)
UPDATE subscription
SET address = :address,
    language = :language,
    least_severity = :least_severity,
    rules = :rules,
    mode = :mode,
    quiet_from = :quiet_from,
    quiet_to = :quiet_to,
    enabled = :enabled,
    off_reason = CASE WHEN :enabled THEN NULL ELSE off_reason END
WHERE subscription_id = :subscription_id;

-- name: delete_subscription(subscription_id)
DELETE FROM subscription
WHERE subscription_id = :subscription_id;

-- name: add_secret(secrets, subscription_id)
UPDATE subscription
SET secrets = CAST(:secrets AS text[]) || secrets
WHERE subscription_id = :subscription_id;

-- name: retire_secrets(subscription_id)
UPDATE subscription
SET secrets = ARRAY[secrets[1]]
WHERE subscription_id = :subscription_id;

-- name: known_rules(slugs)
SELECT DISTINCT slug
FROM rule_version
WHERE slug = ANY(:slugs);

-- name: count_waiting_tests(subscription_id)
SELECT count(*)
FROM message
WHERE subscription_id = :subscription_id
    AND kind = 'test'
    AND status = 'waiting';

-- name: insert_test(message_id, content, now, subscription_id)
INSERT INTO message (
    message_id,
    subscription_id,
    channel,
    address,
    body_code,
    enterprise_code,
    kind,
    group_key,
    alert_ids,
    content,
    created_at,
    not_before
)
SELECT
    :message_id,
    subscription_id,
    channel,
    address,
    body_code,
    enterprise_code,
    'test',
    'test',
    '{}',
    CAST(:content AS jsonb),
    CAST(:now AS timestamptz),
    CAST(:now AS timestamptz)
FROM subscription
WHERE subscription_id = :subscription_id;
