-- What can be found, as far as row-level security lets the asker see it.

-- name: revision()
SELECT revision
FROM registry_revision;

-- name: registered()
-- The place of an enterprise is that of today; of one that has left, where it was last.
WITH present AS (
    SELECT DISTINCT ON (membership.enterprise_id)
        membership.enterprise_id,
        membership.area_code
    FROM membership
    WHERE membership.valid_from <= (now() AT TIME ZONE 'Asia/Shanghai')::date
    ORDER BY membership.enterprise_id, membership.valid_from DESC
)
SELECT 'area' AS kind, code, name_zh, name_en, parent_code AS area, NULL AS enterprise, NULL AS unit
FROM area
UNION ALL
SELECT 'park' AS kind, code, name_zh, name_en, area_code AS area, NULL AS enterprise, NULL AS unit
FROM park
UNION ALL
SELECT
    'enterprise' AS kind,
    enterprise.credit_code AS code,
    enterprise.name_zh,
    enterprise.name_en,
    present.area_code AS area,
    NULL AS enterprise,
    NULL AS unit
FROM enterprise
LEFT JOIN present USING (enterprise_id)
UNION ALL
SELECT
    'unit' AS kind,
    unit.code,
    unit.name_zh,
    unit.name_en,
    present.area_code AS area,
    enterprise.credit_code AS enterprise,
    NULL AS unit
FROM unit
JOIN enterprise USING (enterprise_id)
LEFT JOIN present USING (enterprise_id)
UNION ALL
SELECT
    'gateway' AS kind,
    gateway.code,
    coalesce(gateway.name, gateway.code) AS name_zh,
    NULL AS name_en,
    present.area_code AS area,
    enterprise.credit_code AS enterprise,
    NULL AS unit
FROM gateway
JOIN enterprise USING (enterprise_id)
LEFT JOIN present USING (enterprise_id)
UNION ALL
SELECT
    'meter' AS kind,
    meter.code,
    meter.name_zh,
    meter.name_en,
    present.area_code AS area,
    enterprise.credit_code AS enterprise,
    unit.code AS unit
FROM meter
JOIN unit USING (unit_id)
JOIN enterprise USING (enterprise_id)
LEFT JOIN present USING (enterprise_id);

-- name: rules()
SELECT DISTINCT ON (slug)
    slug AS code,
    body -> 'title' ->> 'zh' AS name_zh,
    body -> 'title' ->> 'en' AS name_en
FROM rule_version
ORDER BY slug, version DESC;

-- name: alerts(most)
-- Those that fire, and the newest of the others.
SELECT
    alert.alert_id,
    rule_version.body -> 'title' ->> 'zh' AS name_zh,
    rule_version.body -> 'title' ->> 'en' AS name_en,
    alert.subject_code,
    alert.area_code AS area,
    alert.enterprise_code AS enterprise,
    CASE WHEN alert.subject_kind = 'unit' THEN alert.subject_code END AS unit
FROM alert
LEFT JOIN rule_version ON rule_version.slug = alert.rule AND rule_version.version = alert.rule_version
ORDER BY alert.resolved_at IS NOT NULL, alert.fired_at DESC, alert.alert_id DESC
LIMIT :most;
