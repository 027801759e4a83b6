-- name: select
SELECT code, name_zh, name_en, kind, area_code
FROM park;

-- name: existing
SELECT code
FROM park
WHERE code = ANY(:keys);

-- name: insert!
INSERT INTO park (code, name_zh, name_en, kind, area_code)
SELECT code, name_zh, name_en, kind, area_code
FROM json_to_recordset(CAST(:rows AS json))
    AS entry (code text, name_zh text, name_en text, kind text, area_code text);

-- name: update!
UPDATE park
SET name_zh = :name_zh,
    name_en = :name_en,
    kind = :kind,
    area_code = :area_code
WHERE code = :code;

-- name: delete!
DELETE FROM park
WHERE code = :key;

-- name: areas_of_members
SELECT DISTINCT membership.area_code
FROM membership
JOIN park USING (park_id)
WHERE park.code = :code
ORDER BY membership.area_code;
