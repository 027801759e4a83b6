-- name: select()
SELECT
    unit.enterprise_id,
    unit.code,
    enterprise.credit_code,
    unit.name_zh,
    unit.name_en,
    unit.process,
    unit.status,
    unit.commissioned_on,
    unit.design_energy_tce,
    unit.approved_energy_tce,
    unit.retrofit_listed_on,
    unit.retrofit_due_on,
    unit.capacity_class,
    unit.measuring_category,
    unit.standard_racks
FROM unit
JOIN enterprise USING (enterprise_id);

-- name: existing(keys)
SELECT code
FROM codes_taken('unit', :keys) AS code;

-- name: insert(rows)
INSERT INTO unit (
    code,
    enterprise_id,
    name_zh,
    name_en,
    process,
    status,
    commissioned_on,
    design_energy_tce,
    approved_energy_tce,
    retrofit_listed_on,
    retrofit_due_on,
    capacity_class,
    measuring_category,
    standard_racks
)
SELECT
    entry.code,
    enterprise.enterprise_id,
    entry.name_zh,
    entry.name_en,
    entry.process,
    entry.status,
    entry.commissioned_on,
    entry.design_energy_tce,
    entry.approved_energy_tce,
    entry.retrofit_listed_on,
    entry.retrofit_due_on,
    entry.capacity_class,
    entry.measuring_category,
    entry.standard_racks
FROM json_to_recordset(CAST(:rows AS json)) AS entry (
    code text,
    credit_code text,
    name_zh text,
    name_en text,
    process text,
    status text,
    commissioned_on date,
    design_energy_tce double precision,
    approved_energy_tce double precision,
    retrofit_listed_on date,
    retrofit_due_on date,
    capacity_class text,
    measuring_category smallint,
    standard_racks integer
)
JOIN enterprise USING (credit_code);

-- name: update(name_zh, name_en, process, status, commissioned_on, design_energy_tce, approved_energy_tce, retrofit_listed_on, retrofit_due_on, capacity_class, measuring_category, standard_racks, code)
UPDATE unit
SET name_zh = :name_zh,
    name_en = :name_en,
    process = :process,
    status = :status,
    commissioned_on = :commissioned_on,
    design_energy_tce = :design_energy_tce,
    approved_energy_tce = :approved_energy_tce,
    retrofit_listed_on = :retrofit_listed_on,
    retrofit_due_on = :retrofit_due_on,
    capacity_class = :capacity_class,
    measuring_category = :measuring_category,
    standard_racks = :standard_racks
WHERE code = :code;

-- name: delete(key)
DELETE FROM unit
WHERE code = :key;
