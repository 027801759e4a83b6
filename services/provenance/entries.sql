-- name: out_of_time(most, under_way_s, person_s)
-- Entries whose time is more than a transaction takes before what had happened by then, or after their seal. What had happened: the
-- entries before it, and the last round of sealing that left nothing waiting. What a person does with SQL may take longer, an upgrade any time.
WITH round AS (
    SELECT sealed_at, count(*) AS seals
    FROM seal
    GROUP BY sealed_at
),
sealed AS (
    SELECT
        seal.ref_id AS batch_id,
        seal.sealed_at,
        before.drained_at
    FROM seal
    JOIN (
        SELECT
            sealed_at,
            max(sealed_at) FILTER (WHERE seals < :most) OVER (
                ORDER BY sealed_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS drained_at
        FROM round
    ) AS before USING (sealed_at)
    WHERE seal.kind = 'audit'
),
placed AS (
    SELECT
        audit.*,
        sealed.sealed_at,
        greatest(
            max(audit.at) OVER (ORDER BY audit.entry_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
            sealed.drained_at
        ) AS earliest,
        CASE WHEN starts_with(database_role, 'enermon_') THEN :under_way_s ::double precision ELSE :person_s ::double precision END * interval '1 second' AS takes
    FROM audit
    LEFT JOIN sealed USING (batch_id)
)
SELECT
    entry_id,
    at,
    coalesce(account, 'database role ' || database_role) AS who,
    kind,
    subject,
    action,
    earliest,
    coalesce(sealed_at, now()) AS latest,
    at < earliest AS is_early
FROM placed
WHERE (action <> 'taken_in' AND at < earliest - takes)
    OR at > coalesce(sealed_at, now()) + :under_way_s * interval '1 second'
ORDER BY entry_id;

-- name: of_another()
-- Entries that came by an API key or a session of another account than the one they name, by what the audit knows of both.
WITH holder AS (
    SELECT DISTINCT kind || ' ' || key AS credential, after ->> 'account_id' AS account_id
    FROM audit
    WHERE kind IN ('api_key', 'session') AND after IS NOT NULL
),
named AS (
    SELECT DISTINCT key AS account_id, subject AS name
    FROM audit
    WHERE kind = 'user_account' AND action <> 'note'
)
SELECT
    audit.entry_id,
    audit.at,
    coalesce(audit.account, 'nobody') AS who,
    audit.kind,
    audit.subject,
    audit.action,
    audit.credential,
    min(named.name) AS holder
FROM audit
JOIN holder USING (credential)
JOIN named USING (account_id)
GROUP BY audit.entry_id
HAVING bool_and(named.name IS DISTINCT FROM audit.account)
ORDER BY audit.entry_id;
