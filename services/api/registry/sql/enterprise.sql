-- name: select()
SELECT
    enterprise.enterprise_id,
    enterprise.credit_code,
    enterprise.name_zh,
    enterprise.name_en,
    enterprise.trade,
    present.area_code,
    park.code AS park_code,
    present.valid_from
FROM enterprise
LEFT JOIN LATERAL (
    SELECT membership.area_code, membership.park_id, membership.valid_from
    FROM membership
    WHERE membership.enterprise_id = enterprise.enterprise_id
        AND membership.valid_from <= (now() AT TIME ZONE 'Asia/Shanghai')::date
    ORDER BY membership.valid_from DESC
    LIMIT 1
) AS present ON true
LEFT JOIN park USING (park_id);

-- name: existing(keys)
SELECT credit_code
FROM codes_taken('enterprise', :keys) AS credit_code;

-- name: insert(rows)
WITH entry AS (
    SELECT *
    FROM json_to_recordset(CAST(:rows AS json)) AS entry (
        credit_code text,
        name_zh text,
        name_en text,
        trade text,
        area_code text,
        park_code text,
        valid_from date
    )
),
inserted AS (
    INSERT INTO enterprise (credit_code, name_zh, name_en, trade)
    SELECT credit_code, name_zh, name_en, trade
    FROM entry
    RETURNING enterprise_id, credit_code
)
INSERT INTO membership (enterprise_id, valid_from, area_code, park_id)
SELECT inserted.enterprise_id, entry.valid_from, entry.area_code, park.park_id
FROM entry
JOIN inserted USING (credit_code)
LEFT JOIN park ON park.code = entry.park_code;

-- name: update(name_zh, name_en, trade, credit_code)
UPDATE enterprise
SET name_zh = :name_zh,
    name_en = :name_en,
    trade = :trade
WHERE credit_code = :credit_code;

-- name: delete(key)
DELETE FROM enterprise
WHERE credit_code = :key;
