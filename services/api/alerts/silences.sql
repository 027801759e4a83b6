-- name: silences(now)
SELECT
    silence.*,
    CASE
        WHEN ends_at <= :now OR ended_by IS NOT NULL THEN 'ended'
        WHEN starts_at > :now THEN 'upcoming'
        ELSE 'active'
    END AS state
FROM silence;

-- part: names_of_entry()
SELECT
    newest.body -> 'title' ->> 'zh' AS title_zh,
    newest.body -> 'title' ->> 'en' AS title_en,
    area.name_zh AS area_name_zh,
    area.name_en AS area_name_en,
    enterprise.name_zh AS enterprise_name_zh,
    enterprise.name_en AS enterprise_name_en
FROM (SELECT 1) AS one
LEFT JOIN LATERAL (
    SELECT body FROM rule_version WHERE slug = entry.rule ORDER BY version DESC LIMIT 1
) AS newest ON true
LEFT JOIN area ON area.code = entry.area_code
LEFT JOIN enterprise ON enterprise.credit_code = entry.enterprise_code;

-- part: is_of_subject(subject)
-- Given as kind:CODE, or as a code alone; a silence of a code alone holds each kind.
EXISTS (
    SELECT 1
    FROM (
        SELECT substring(given FROM '^([a-z]+):') AS kind, substring(given FROM '[^:]+$') AS code
        FROM unnest(CAST(:subject AS text[])) AS given
    ) AS asked
    WHERE asked.code = entry.subject_code
        AND (asked.kind IS NULL OR entry.subject_kind IS NULL OR asked.kind = entry.subject_kind)
);

-- name: kinds(code)
-- Kinds of what is seen under a code, and whether everything is seen.
SELECT kind, sees_all() AS everything
FROM (
    SELECT 'unit' AS kind FROM unit WHERE code = :code
    UNION ALL
    SELECT 'enterprise' FROM enterprise WHERE credit_code = :code
    UNION ALL
    SELECT 'park' FROM park WHERE code = :code
    UNION ALL
    SELECT 'area' FROM area WHERE code = :code
    UNION ALL
    SELECT 'gateway' FROM gateway WHERE code = :code
    UNION ALL
    SELECT 'meter' FROM meter WHERE code = :code
) AS found
ORDER BY kind;

-- name: insert(rule, area, enterprise, subject_kind, subject_code, reason, starts_at, ends_at)
INSERT INTO silence (
    rule, area_code, enterprise_code, subject_kind, subject_code, reason, starts_at, ends_at
)
VALUES (:rule, :area, :enterprise, :subject_kind, :subject_code, :reason, :starts_at, :ends_at)
RETURNING silence_id;

-- name: end(now, silence_id)
-- One that has not begun ends as it begins.
UPDATE silence
SET ends_at = greatest(CAST(:now AS timestamptz), starts_at + interval '1 microsecond'),
    ended_by = acting_account()
WHERE silence_id = :silence_id
    AND ends_at > :now
    AND ended_by IS NULL
RETURNING silence_id;
