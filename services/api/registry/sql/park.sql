-- name: select()
SELECT code, name_zh, name_en, kind, area_code
FROM park;

-- name: existing(keys)
SELECT code
FROM codes_taken('park', :keys) AS code;

-- name: insert(rows)
INSERT INTO park (code, name_zh, name_en, kind, area_code)
SELECT code, name_zh, name_en, kind, area_code
FROM json_to_recordset(CAST(:rows AS json))
    AS entry (code text, name_zh text, name_en text, kind text, area_code text);

-- name: update(name_zh, name_en, kind, area_code, code)
UPDATE park
SET name_zh = :name_zh,
    name_en = :name_en,
    kind = :kind,
    area_code = :area_code
WHERE code = :code;

-- name: delete(key)
DELETE FROM park
WHERE code = :key;

-- name: areas_of_members(code)
SELECT DISTINCT membership.area_code
FROM membership
JOIN park USING (park_id)
WHERE park.code = :code
ORDER BY membership.area_code;
