-- What codes are called, as far as row-level security lets the asker see them.

-- name: names(area, park, enterprise, unit, meter, gateway, body)
SELECT 'area' AS kind, code, name_zh, name_en
FROM area
WHERE code = ANY(:area)
UNION ALL
SELECT 'park' AS kind, code, name_zh, name_en
FROM park
WHERE code = ANY(:park)
UNION ALL
SELECT 'enterprise' AS kind, credit_code AS code, name_zh, name_en
FROM enterprise
WHERE credit_code = ANY(:enterprise)
UNION ALL
SELECT 'unit' AS kind, code, name_zh, name_en
FROM unit
WHERE code = ANY(:unit)
UNION ALL
SELECT 'meter' AS kind, code, name_zh, name_en
FROM meter
WHERE code = ANY(:meter)
UNION ALL
SELECT 'gateway' AS kind, code, name AS name_zh, NULL AS name_en
FROM gateway
WHERE code = ANY(:gateway) AND name IS NOT NULL
UNION ALL
SELECT 'body' AS kind, code, name_zh, name_en
FROM supervision_body
WHERE code = ANY(:body);
