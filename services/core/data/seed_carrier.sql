INSERT INTO carrier (code, name_zh, name_en, unit, is_energy)
VALUES (:code, :name_zh, :name_en, :unit, :is_energy)
ON CONFLICT (code) DO UPDATE
SET name_zh = excluded.name_zh,
    name_en = excluded.name_en,
    unit = excluded.unit,
    is_energy = excluded.is_energy
WHERE (carrier.name_zh, carrier.name_en, carrier.unit, carrier.is_energy)
    IS DISTINCT FROM (excluded.name_zh, excluded.name_en, excluded.unit, excluded.is_energy)
