INSERT INTO carrier (code, name_zh, name_en, unit, is_energy, nbs_code, family)
VALUES (:code, :name_zh, :name_en, :unit, :is_energy, :nbs_code, :family)
ON CONFLICT (code) DO UPDATE
SET name_zh = excluded.name_zh,
    name_en = excluded.name_en,
    unit = excluded.unit,
    is_energy = excluded.is_energy,
    nbs_code = excluded.nbs_code,
    family = excluded.family
WHERE (carrier.name_zh, carrier.name_en, carrier.unit, carrier.is_energy, carrier.nbs_code, carrier.family)
    IS DISTINCT FROM
    (excluded.name_zh, excluded.name_en, excluded.unit, excluded.is_energy, excluded.nbs_code, excluded.family)
