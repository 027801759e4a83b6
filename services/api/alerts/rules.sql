-- Rules in versions. `now` gives the newest of each, and whether the rule came with the program.

-- name: now()
SELECT
    rule_now.*,
    rule_now.body ->> 'severity' AS severity,
    EXISTS (
        SELECT 1 FROM rule_version WHERE rule_version.slug = rule_now.slug AND rule_version.shipped
    ) AS came_with_program,
    (
        SELECT count(*) FROM alert_state WHERE alert_state.rule = rule_now.slug AND state = 'firing'
    ) AS firing
FROM rule_now;

-- name: versions(slug)
SELECT version, body, enabled, shipped, author, note, recorded_at
FROM rule_version
WHERE slug = :slug
ORDER BY version DESC;

-- name: hold(family, slug)
-- One version of a rule follows another.
SELECT pg_advisory_xact_lock(:family, hashtext(:slug));

-- name: append(slug, version, body, enabled, note, now)
INSERT INTO rule_version (slug, version, body, enabled, shipped, note, recorded_at)
VALUES (:slug, :version, CAST(:body AS jsonb), :enabled, false, :note, :now);
