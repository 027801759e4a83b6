-- Proposals: changes of closed months that wait for a second person. Conditions of lists speak of one of their rows as `entry`.

-- name: proposals(now)
SELECT
    proposal.proposal_id,
    proposal.method,
    proposal.path,
    proposal.query,
    proposal.operation,
    proposal.content_type,
    octet_length(proposal.body) AS body_bytes,
    CASE WHEN octet_length(proposal.body) <= 8192 THEN proposal.body END AS body,
    proposal.author,
    made.display_name AS author_name,
    proposal.effect,
    proposal.made_at,
    proposal.expires_at,
    coalesce(proposal.decision, CASE WHEN proposal.expires_at <= :now THEN 'expired' ELSE 'waiting' END) AS state,
    proposal.decided_at,
    proposal.decided_by,
    decided.display_name AS decided_by_name,
    proposal.reason,
    proposal.refusal,
    made.disabled_at IS NOT NULL AS author_is_gone,
    proposal.enterprise_ids
FROM proposal
LEFT JOIN user_account AS made ON made.name = proposal.author
LEFT JOIN user_account AS decided ON decided.name = proposal.decided_by;

-- name: body(proposal_id)
SELECT content_type, body
FROM proposal
WHERE proposal_id = :proposal_id;

-- name: waiting(method, path, query, content_type, body, now)
-- What the account has proposed already, and how much else.
SELECT
    count(*) AS waiting,
    min(proposal_id) FILTER (
        WHERE method = :method
            AND path = :path
            AND query = :query
            AND content_type = :content_type
            AND body = :body ::bytea
    ) AS same
FROM proposal
WHERE author = acting_account()
    AND decided_at IS NULL
    AND expires_at > :now;

-- name: add(method, path, query, operation, content_type, body, enterprise_ids, effect, now, expires_at)
INSERT INTO proposal (
    method, path, query, operation, content_type, body, enterprise_ids, effect, made_at, expires_at
)
VALUES (
    :method,
    :path,
    :query,
    :operation,
    :content_type,
    :body,
    :enterprise_ids,
    CAST(:effect AS jsonb),
    :now,
    :expires_at
)
RETURNING proposal_id;

-- name: decide(proposal_id, decision, reason, refusal, now)
UPDATE proposal
SET decided_at = :now,
    decided_by = acting_account(),
    decision = :decision,
    reason = :reason,
    refusal = CAST(:refusal AS jsonb)
WHERE proposal_id = :proposal_id
    AND decided_at IS NULL
    AND expires_at > :now
RETURNING proposal_id;
