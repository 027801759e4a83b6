-- name: select()
SELECT code, name_zh, name_en, unit, is_energy, family, nbs_code
FROM carrier;
