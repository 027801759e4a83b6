-- name: select
SELECT
    unit.enterprise_id,
    unit.code,
    enterprise.credit_code,
    unit.name_zh,
    unit.name_en,
    unit.process,
    unit.status,
    unit.commissioned_on
FROM unit
JOIN enterprise USING (enterprise_id);

-- name: existing
SELECT code
FROM unit
WHERE code = ANY(:keys);

-- name: insert!
INSERT INTO unit (code, enterprise_id, name_zh, name_en, process, status, commissioned_on)
SELECT
    entry.code,
    enterprise.enterprise_id,
    entry.name_zh,
    entry.name_en,
    entry.process,
    entry.status,
    entry.commissioned_on
FROM json_to_recordset(CAST(:rows AS json)) AS entry (
    code text,
    credit_code text,
    name_zh text,
    name_en text,
    process text,
    status text,
    commissioned_on date
)
JOIN enterprise USING (credit_code);

-- name: update!
UPDATE unit
SET name_zh = :name_zh,
    name_en = :name_en,
    process = :process,
    status = :status,
    commissioned_on = :commissioned_on
WHERE code = :code;

-- name: delete!
DELETE FROM unit
WHERE code = :key;
