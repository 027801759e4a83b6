-- name: areas()
SELECT code, name_zh, name_en, level, parent_code
FROM area;
