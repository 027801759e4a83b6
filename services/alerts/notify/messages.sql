-- name: areas()
SELECT code, level, parent_code
FROM area;

-- name: bodies()
SELECT code, area_code
FROM supervision_body;

-- name: subscriptions()
SELECT subscription_id, body_code, enterprise_code, least_severity, rules, mode, quiet_from, quiet_to, enabled, language
FROM subscription
WHERE enabled;

-- name: silences(now)
SELECT silence_id, starts_at, ends_at, rule, area_code, enterprise_code, subject_kind, subject_code
FROM silence
WHERE ends_at > :now AND starts_at <= :now;

-- name: alerts(alert_ids)
SELECT alert.alert_id, alert.rule, alert.rule_version, alert.severity, alert.subject_kind, alert.subject_code,
    alert.area_code, alert.enterprise_code, alert.fired_at, alert.resolved_at, alert.last_value, alert.inhibited_by,
    coalesce(judged_again.observed, alert.evidence -> 'observed') AS observed,
    (
        SELECT max(at)
        FROM alert_event
        WHERE alert_event.alert_id = alert.alert_id AND kind = 'reopened'
    ) AS reopened_at,
    last_end.at AS ended_at,
    last_end.because,
    alert.reopened,
    (
        SELECT jsonb_agg(jsonb_build_object('at', at, 'actor', actor, 'action', action, 'due_on', due_on) ORDER BY step_id)
        FROM alert_step
        WHERE alert_step.alert_id = alert.alert_id
    ) AS steps,
    rule_version.body ->> 'source' AS source,
    rule_version.body ->> 'period' AS period,
    CAST(rule_version.body ->> 'settle_s' AS integer) AS settle_s,
    rule_version.body -> 'title' ->> 'zh' AS title_zh,
    rule_version.body -> 'title' ->> 'en' AS title_en,
    area.name_zh AS area_zh,
    area.name_en AS area_en,
    enterprise.name_zh AS enterprise_zh,
    enterprise.name_en AS enterprise_en
FROM alert
LEFT JOIN rule_version ON rule_version.slug = alert.rule AND rule_version.version = alert.rule_version
LEFT JOIN area ON area.code = alert.area_code
LEFT JOIN enterprise ON enterprise.credit_code = alert.enterprise_code
LEFT JOIN LATERAL (
    -- What was found as it last fired again, or as its rule last changed.
    SELECT detail -> 'evidence' -> 'observed' AS observed
    FROM alert_event
    WHERE alert_event.alert_id = alert.alert_id AND kind IN ('reopened', 'rule_changed')
    ORDER BY event_id DESC
    LIMIT 1
) AS judged_again ON true
LEFT JOIN LATERAL (
    SELECT at, detail ->> 'because' AS because
    FROM alert_event
    WHERE alert_event.alert_id = alert.alert_id AND kind = 'resolved'
    ORDER BY event_id DESC
    LIMIT 1
) AS last_end ON true
WHERE alert.alert_id = ANY (:alert_ids);

-- name: hold_untouched(group_keys, alert_ids)
-- The newest message of each group. One that no attempt was made of is held until the end of the transaction, so that
-- it can be added to; the sender passes it over meanwhile. Nothing is added to one if a later one that waits speaks of
-- the same alerts: what is told last must be how they stand.
WITH newest AS (
    SELECT DISTINCT ON (group_key) message_id
    FROM message
    WHERE group_key = ANY (:group_keys)
    ORDER BY group_key, created_at DESC
),
held AS (
    SELECT message_id
    FROM message
    WHERE message_id IN (SELECT message_id FROM newest)
        AND status = 'waiting'
        AND attempts = 0
        AND NOT EXISTS (
            SELECT FROM message AS later
            WHERE later.subscription_id = message.subscription_id
                AND later.status = 'waiting'
                AND later.alert_ids && CAST(:alert_ids AS bigint[])
                AND later.created_at > message.created_at
        )
    FOR UPDATE
)
SELECT message_id, group_key, created_at, finished_at, not_before, held.message_id IS NOT NULL AS untouched,
    CASE WHEN held.message_id IS NOT NULL THEN content END AS content,
    CASE WHEN held.message_id IS NOT NULL THEN alert_ids END AS alert_ids
FROM newest
JOIN message USING (message_id)
LEFT JOIN held USING (message_id);

-- name: unsent(alert_ids, subscription_id)
-- Messages that wait and begin or end one of the alerts, the newest first; all of them where no subscription is given.
SELECT message_id, subscription_id, kind, attempts = 0 AS untouched, alert_ids, content
FROM message
WHERE status = 'waiting'
    AND kind IN ('fired', 'resolved')
    AND alert_ids && CAST(:alert_ids AS bigint[])
    AND subscription_id = coalesce(CAST(:subscription_id AS bigint), subscription_id)
ORDER BY created_at DESC;

-- name: rewrite_untouched(message_id, alert_ids, content)
UPDATE message
SET alert_ids = :alert_ids, content = :content
WHERE message_id = :message_id AND status = 'waiting' AND attempts = 0
RETURNING message_id;

-- name: delete_untouched(message_id)
DELETE FROM message
WHERE message_id = :message_id AND status = 'waiting' AND attempts = 0
RETURNING message_id;

-- name: rewrite_unsent(message_id, alert_ids, content)
UPDATE message
SET alert_ids = :alert_ids, content = :content
WHERE message_id = :message_id AND status = 'waiting';

-- name: give_up_unsent(message_id, reason, now)
UPDATE message
SET status = 'dead', finished_at = :now, last_error = :reason
WHERE message_id = :message_id AND status = 'waiting';

-- name: held_for_quiet_hours(now)
SELECT message_id, subscription_id, quiet_until, quiet_from, quiet_to
FROM message
JOIN subscription USING (subscription_id)
WHERE status = 'waiting' AND attempts = 0 AND message.quiet_until > :now;

-- name: hold_until(message_id, quiet_until, not_before)
UPDATE message
SET quiet_until = :quiet_until, not_before = :not_before
WHERE message_id = :message_id AND status = 'waiting' AND attempts = 0;

-- name: add_message(message_id, kind, group_key, alert_ids, content, urgent, now, not_before, quiet_until, subscription_id)
-- Who is told stays with the message, whatever becomes of the subscription.
INSERT INTO message (
    message_id, subscription_id, channel, address, body_code, enterprise_code, kind, group_key, alert_ids, content,
    urgent, created_at, not_before, quiet_until
)
SELECT :message_id, subscription_id, channel, address, body_code, enterprise_code, :kind, :group_key,
    CAST(:alert_ids AS bigint[]), CAST(:content AS jsonb), CAST(:urgent AS boolean), CAST(:now AS timestamptz), CAST(:not_before AS timestamptz),
    CAST(:quiet_until AS timestamptz)
FROM subscription
WHERE subscription_id = :subscription_id;

-- name: add_to_message(alert_ids, content, urgent, not_before, message_id)
UPDATE message
SET alert_ids = :alert_ids, content = :content, urgent = :urgent, not_before = :not_before
WHERE message_id = :message_id;

-- name: last_digests()
-- Until when each subscription has had its digest: the end of the newest, which its group key names.
SELECT subscription_id, max(CAST(split_part(group_key, '/', 3) AS timestamptz))
FROM message
WHERE kind = 'digest'
GROUP BY subscription_id;

-- name: alerts_with_news(start, end)
SELECT DISTINCT alert_id
FROM alert_event
WHERE at >= :start
    AND at < :end
    AND kind IN ('fired', 'reopened', 'resolved', 'released');

-- name: told(alert_ids)
-- Who was told that these alerts fire, and not yet that they ended.
SELECT alert_id, subscription_id
FROM alert_told
WHERE alert_id = ANY (:alert_ids);

-- name: add_told(now, alert_ids, subscription_ids)
INSERT INTO alert_told (alert_id, subscription_id, at)
SELECT alert_id, subscription_id, :now
FROM unnest(CAST(:alert_ids AS bigint[]), CAST(:subscription_ids AS bigint[])) AS entry (alert_id, subscription_id)
ON CONFLICT DO NOTHING;

-- name: drop_told(alert_ids)
DELETE FROM alert_told
WHERE alert_id = ANY (:alert_ids);
