-- name: enterprises(codes)
SELECT credit_code
FROM enterprise
WHERE credit_code = ANY(:codes);

-- name: owners_of_units(codes)
SELECT unit.code, enterprise.credit_code
FROM unit
JOIN enterprise USING (enterprise_id)
WHERE unit.code = ANY(:codes);

-- name: owners_of_gateways(codes)
SELECT gateway.code, enterprise.credit_code
FROM gateway
JOIN enterprise USING (enterprise_id)
WHERE gateway.code = ANY(:codes);
