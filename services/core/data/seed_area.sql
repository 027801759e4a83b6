INSERT INTO area (code, name_zh, name_en, level, parent_code)
VALUES (:code, :name_zh, :name_en, :level, :parent_code)
ON CONFLICT (code) DO UPDATE
SET name_zh = excluded.name_zh,
    name_en = excluded.name_en,
    level = excluded.level,
    parent_code = excluded.parent_code
WHERE (area.name_zh, area.name_en, area.level, area.parent_code)
    IS DISTINCT FROM (excluded.name_zh, excluded.name_en, excluded.level, excluded.parent_code)
