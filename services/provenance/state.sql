-- part: standing(kind, stays)
-- Rows of a table that are not as the last entry of the audit left them.
WITH last AS (
    SELECT DISTINCT ON (key) key, entry_id, at, coalesce(account, 'database role ' || database_role) AS who, subject, action, after
    FROM audit
    WHERE kind = :kind AND action <> 'note'
    ORDER BY key, entry_id DESC
),
present AS (
    {present}
)
SELECT key, last.entry_id, last.at, last.who, last.subject, last.action, last.after, present.now
FROM last
FULL JOIN present USING (key)
WHERE
    (last.after IS NULL) <> (present.now IS NULL)
    OR jsonb_strip_nulls(last.after) <> jsonb_strip_nulls(present.now)
    OR (:stays AND last.action = 'delete')
ORDER BY last.entry_id, key

-- part: present(keys, hidden, passed_over)
-- The rows of a table as the audit keeps them. A function of the same name for one type would come before that for any.
SELECT pg_catalog.array_to_string(ARRAY(SELECT marked.now ->> part FROM pg_catalog.unnest(:keys ::text[]) AS part), ' ') AS key, marked.now
FROM (SELECT pg_catalog.to_jsonb(standing) - :passed_over ::text[] AS now FROM {table} AS standing) AS kept
CROSS JOIN LATERAL (
    SELECT
        kept.now || coalesce(
            pg_catalog.jsonb_object_agg(name, 'sha256 ' || left(encode(sha256(convert_to(kept.now ->> name, 'UTF8')), 'hex'), 32)),
            jsonb_build_object()
        ) AS now
    FROM pg_catalog.unnest(:hidden ::text[]) AS name
    WHERE kept.now ->> name IS NOT NULL
) AS marked

-- part: present_marked(kind)
-- The same of a table that only those read who must.
SELECT key, now FROM audit_standing(:kind)

-- name: extent()
-- Entries of the audit, and the rows that they left standing.
SELECT
    count(*) AS entries,
    count(*) FILTER (WHERE action IN ('insert', 'taken_in') AND before IS NULL) - count(*) FILTER (WHERE action = 'delete') AS rows
FROM audit;

-- name: breaks()
-- Entries that say of a row that it stood otherwise than the entry before left it; and those of an upgrade that say more than what was added.
SELECT
    entry_id,
    at,
    who,
    kind,
    key,
    subject,
    action,
    left_by,
    stood,
    before,
    after
FROM (
    SELECT
        entry_id,
        at,
        coalesce(account, 'database role ' || database_role) AS who,
        kind,
        key,
        subject,
        action,
        lag(entry_id) OVER of_row AS left_by,
        lag(after) OVER of_row AS stood,
        before,
        after
    FROM audit
    WHERE action <> 'note'
    WINDOW of_row AS (PARTITION BY kind, key ORDER BY entry_id)
) AS followed
WHERE
    jsonb_strip_nulls(before) IS DISTINCT FROM jsonb_strip_nulls(stood)
    OR (
        action = 'taken_in'
        AND EXISTS (
            SELECT FROM jsonb_each(before) AS was
            WHERE after -> was.key <> was.value
        )
    )
ORDER BY entry_id;

-- name: strangers()
-- Entries that came by an account, key, session or confirmed proposal, or of corrections: by an author, of which the audit does not know at that time, or
-- knows that its right had ended. A minute is left for what was under way.
WITH known AS (
    SELECT
        CASE WHEN kind IN ('user_account', 'gateway') THEN 'account' ELSE kind END AS by_kind,
        CASE WHEN kind IN ('user_account', 'gateway') THEN subject ELSE key END AS by_whom,
        entry_id,
        lead(entry_id) OVER of_row AS next_id,
        lead(at) OVER of_row AS next_at,
        after,
        least(
            (after ->> 'revoked_at')::timestamptz,
            (after ->> 'disabled_at')::timestamptz,
            (after ->> 'expires_at')::timestamptz
        ) AS ended_at
    FROM audit
    WHERE kind IN ('user_account', 'gateway', 'api_key', 'session', 'proposal') AND action <> 'note'
    WINDOW of_row AS (PARTITION BY kind, key ORDER BY entry_id)
),
acted AS (
    SELECT entry_id, at, kind, subject, action, 'account' AS by_kind, account AS by_whom
    FROM audit
    WHERE account IS NOT NULL
    UNION ALL
    SELECT entry_id, at, kind, subject, action, 'account', after ->> 'author'
    FROM audit
    WHERE kind = 'correction' AND action = 'insert' AND account IS DISTINCT FROM after ->> 'author'
    UNION ALL
    SELECT entry_id, at, kind, subject, action, split_part(credential, ' ', 1), substring(credential FROM ' (.*)')
    FROM audit
    WHERE credential IS NOT NULL
)
SELECT entry_id, at, kind, subject, action, by_kind, by_whom
FROM acted
WHERE NOT EXISTS (
    SELECT
    FROM known
    WHERE known.by_kind = acted.by_kind
        AND known.by_whom = acted.by_whom
        AND known.entry_id < acted.entry_id
        AND (known.next_id IS NULL OR known.next_id > acted.entry_id OR known.next_at >= acted.at - interval '1 minute')
        AND known.after IS NOT NULL
        AND (known.ended_at IS NULL OR known.ended_at >= acted.at - interval '1 minute')
)
ORDER BY entry_id;
