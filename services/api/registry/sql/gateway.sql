-- name: select()
SELECT gateway.enterprise_id, gateway.code, enterprise.credit_code, gateway.name, gateway.keeps_days
FROM gateway
JOIN enterprise USING (enterprise_id);

-- name: existing(keys)
SELECT code
FROM codes_taken('gateway', :keys) AS code;

-- name: insert(rows)
INSERT INTO gateway (code, enterprise_id, name, keeps_days)
SELECT entry.code, enterprise.enterprise_id, entry.name, entry.keeps_days
FROM json_to_recordset(CAST(:rows AS json)) AS entry (code text, credit_code text, name text, keeps_days integer)
JOIN enterprise USING (credit_code);

-- name: update(name, keeps_days, code)
UPDATE gateway
SET name = :name, keeps_days = :keeps_days
WHERE code = :code;

-- name: delete(key)
DELETE FROM gateway
WHERE code = :key;
