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

-- name: known_subject(value)
SELECT 1 FROM unit WHERE code = :value
UNION ALL
SELECT 1 FROM enterprise WHERE credit_code = :value
UNION ALL
SELECT 1 FROM park WHERE code = :value
UNION ALL
SELECT 1 FROM area WHERE code = :value
UNION ALL
SELECT 1 FROM gateway WHERE code = :value
UNION ALL
SELECT 1 FROM meter WHERE code = :value
LIMIT 1;

-- name: insert(rule, area, enterprise, subject, reason, author, starts_at, ends_at)
INSERT INTO silence (rule, area_code, enterprise_code, subject_code, reason, author, starts_at, ends_at)
VALUES (:rule, :area, :enterprise, :subject, :reason, :author, :starts_at, :ends_at)
RETURNING silence_id;

-- name: end(now, author, silence_id)
-- One that has not begun ends as it begins.
UPDATE silence
SET ends_at = greatest(CAST(:now AS timestamptz), starts_at + interval '1 microsecond'),
    ended_by = :author
WHERE silence_id = :silence_id
    AND ends_at > :now
    AND ended_by IS NULL
RETURNING silence_id;
