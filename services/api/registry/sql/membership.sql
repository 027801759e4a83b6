-- name: enterprise(credit_code)
SELECT 1
FROM enterprise
WHERE credit_code = :credit_code;

-- name: of_enterprise(credit_code)
SELECT membership.area_code, park.code AS park_code, membership.valid_from, membership.recorded_by
FROM membership
JOIN enterprise USING (enterprise_id)
LEFT JOIN park USING (park_id)
WHERE enterprise.credit_code = :credit_code
ORDER BY membership.valid_from;

-- name: areas(codes)
SELECT code, level, parent_code
FROM area
WHERE code = ANY(:codes);

-- name: areas_of_parks(codes)
SELECT code, area_code
FROM park
WHERE code = ANY(:codes);

-- name: insert(valid_from, area_code, park_code, credit_code)
INSERT INTO membership (enterprise_id, valid_from, area_code, park_id)
SELECT enterprise.enterprise_id, :valid_from, :area_code, (SELECT park_id FROM park WHERE code = :park_code)
FROM enterprise
WHERE enterprise.credit_code = :credit_code;

-- name: update(area_code, park_code, credit_code, valid_from)
UPDATE membership
SET area_code = :area_code,
    park_id = (SELECT park_id FROM park WHERE code = :park_code),
    recorded_by = acting_account()
FROM enterprise
WHERE enterprise.enterprise_id = membership.enterprise_id
    AND enterprise.credit_code = :credit_code
    AND membership.valid_from = :valid_from;

-- name: delete(credit_code, valid_from)
DELETE FROM membership
USING enterprise
WHERE enterprise.enterprise_id = membership.enterprise_id
    AND enterprise.credit_code = :credit_code
    AND membership.valid_from = :valid_from;
