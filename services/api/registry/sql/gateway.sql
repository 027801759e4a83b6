-- name: select()
SELECT gateway.enterprise_id, gateway.code, enterprise.credit_code, gateway.name
FROM gateway
JOIN enterprise USING (enterprise_id);

-- name: existing(keys)
SELECT code
FROM gateway
WHERE code = ANY(:keys);

-- name: insert(rows)
INSERT INTO gateway (code, enterprise_id, name)
SELECT entry.code, enterprise.enterprise_id, entry.name
FROM json_to_recordset(CAST(:rows AS json)) AS entry (code text, credit_code text, name text)
JOIN enterprise USING (credit_code);

-- name: update(name, code)
UPDATE gateway
SET name = :name
WHERE code = :code;

-- name: delete(key)
DELETE FROM gateway
WHERE code = :key;
