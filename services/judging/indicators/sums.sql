-- name: units(areas, park_id, credit_code, unit, processes, trades, on_day)
-- Units in a scope, with what they are judged by. Area and park are those of the enterprise on the day.
SELECT
    unit.unit_id,
    unit.code,
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
    unit.standard_racks,
    enterprise.enterprise_id,
    enterprise.credit_code,
    enterprise.name_zh AS enterprise_zh,
    enterprise.name_en AS enterprise_en,
    enterprise.trade,
    home.area_code,
    park.code AS park_code,
    EXISTS (SELECT FROM meter WHERE meter.unit_id = unit.unit_id AND meter.flow = 'product')
    OR EXISTS (SELECT FROM statistic WHERE statistic.owner_kind = 'unit' AND statistic.owner_code = unit.code AND statistic.kind = 'output')
    AS makes_product
FROM unit
JOIN enterprise USING (enterprise_id)
LEFT JOIN LATERAL (
    SELECT membership.area_code, membership.park_id
    FROM membership
    WHERE membership.enterprise_id = enterprise.enterprise_id
    ORDER BY membership.valid_from <= :on_day ::date DESC, abs(membership.valid_from - :on_day ::date)
    LIMIT 1
) AS home ON true
LEFT JOIN park ON park.park_id = home.park_id
WHERE
    (:unit ::text IS NULL OR unit.code = :unit)
    AND (:credit_code ::text IS NULL OR enterprise.credit_code = :credit_code)
    AND (:processes ::text[] IS NULL OR unit.process = ANY (:processes ::text[]))
    AND (:trades ::text[] IS NULL OR enterprise.trade = ANY (:trades ::text[]))
    AND (
        (:areas ::text[] IS NULL AND :park_id ::integer IS NULL)
        OR EXISTS (
            SELECT
            FROM membership
            WHERE
                membership.enterprise_id = enterprise.enterprise_id
                AND (:areas ::text[] IS NULL OR membership.area_code = ANY (:areas ::text[]))
                AND (:park_id ::integer IS NULL OR membership.park_id = :park_id)
        )
    )
ORDER BY unit.code;

-- name: unit_sums(grain, trunc, from_ts, to_ts, unit_ids, meter_ids, areas, park_id, by_area, with_sub)
-- What units measured, as long as they were in the scope. A cell is named by the second, since 1970, at which it starts.
SELECT
    date_part('epoch', date_trunc(:trunc, kept.period, 'Asia/Shanghai'))::bigint AS cell_s,
    account.unit_id,
    CASE WHEN :by_area THEN account.area_code END AS area_code,
    account.carrier,
    account.flow,
    sum(kept.quantity_pico) AS quantity_pico,
    sum(kept.measured_s) AS measured_s
FROM meter_energy AS kept
JOIN account USING (account_id)
WHERE
    kept.grain = :grain
    AND kept.period >= :from_ts
    AND kept.period < :to_ts
    AND (:meter_ids ::integer[] IS NULL OR kept.meter_id = ANY (:meter_ids ::integer[]))
    AND account.unit_id = ANY (:unit_ids ::integer[])
    AND (:with_sub OR account.flow <> 'sub')
    AND (:areas ::text[] IS NULL OR account.area_code = ANY (:areas ::text[]))
    AND (:park_id ::integer IS NULL OR account.park_id = :park_id)
GROUP BY 1, 2, 3, 4, 5;

-- name: meters_of_units(unit_ids)
SELECT meter_id FROM meter WHERE unit_id = ANY (:unit_ids);

-- name: unit_expected(unit_ids, areas, park_id, by_area, with_sub, from_day, to_day)
SELECT
    tenure.unit_id,
    CASE WHEN :by_area THEN tenure.area_code END AS area_code,
    tenure.carrier,
    tenure.flow,
    greatest(tenure.from_day, :from_day ::date) AS from_day,
    least(tenure.to_day, :to_day ::date) AS to_day,
    count(*) AS meters
FROM judged_tenure AS tenure
WHERE
    tenure.from_day < :to_day ::date
    AND tenure.to_day > :from_day ::date
    AND tenure.unit_id = ANY (:unit_ids ::integer[])
    AND (:with_sub OR tenure.flow <> 'sub')
    AND NOT (:with_sub AND tenure.before_meter)
    AND (:areas ::text[] IS NULL OR tenure.area_code = ANY (:areas ::text[]))
    AND (:park_id ::integer IS NULL OR tenure.park_id = :park_id)
GROUP BY 1, 2, 3, 4, 5, 6;

-- name: place_sums(grain, trunc, from_ts, to_ts, kind, codes)
-- Sums kept for places: areas of any level, or parks.
SELECT
    date_part('epoch', date_trunc(:trunc, kept.period, 'Asia/Shanghai'))::bigint AS cell_s,
    ledger.place_code,
    ledger.carrier,
    ledger.flow,
    sum(kept.quantity_pico) AS quantity_pico,
    sum(kept.measured_s) AS measured_s
FROM ledger
JOIN ledger_energy AS kept USING (ledger_id)
WHERE
    -- An array is handed into the view, which then reads these ledgers alone; a condition on the join is not.
    kept.ledger_id = ANY (ARRAY(SELECT ledger_id FROM ledger WHERE place_kind = :kind AND place_code = ANY (:codes)))
    AND kept.grain = :grain
    AND kept.period >= :from_ts
    AND kept.period < :to_ts
GROUP BY 1, 2, 3, 4;

-- name: place_expected(areas, park_ids, registered_alone, from_day, to_day)
-- Meters expected in banners or parks.
SELECT
    tenure.area_code,
    tenure.park_id,
    tenure.carrier,
    tenure.flow,
    greatest(tenure.from_day, :from_day ::date) AS from_day,
    least(tenure.to_day, :to_day ::date) AS to_day,
    count(*) AS meters
FROM judged_tenure AS tenure
WHERE
    tenure.from_day < :to_day ::date
    AND tenure.to_day > :from_day ::date
    AND (:areas ::text[] IS NULL OR tenure.area_code = ANY (:areas ::text[]))
    AND (:park_ids ::integer[] IS NULL OR tenure.park_id = ANY (:park_ids ::integer[]))
    AND NOT (:registered_alone AND tenure.before_meter)
GROUP BY 1, 2, 3, 4, 5, 6;

-- name: areas()
SELECT code, level, parent_code, name_zh, name_en FROM area;

-- name: park(code)
SELECT park_id, code, name_zh, name_en, kind, area_code FROM park WHERE code = :code;

-- name: parks()
SELECT park_id, code, name_zh, name_en, kind, area_code FROM park;

-- name: has_unit(code)
SELECT 1 FROM unit WHERE code = :code;

-- name: has_enterprise(credit_code)
SELECT 1 FROM enterprise WHERE credit_code = :credit_code;

-- name: reported(owner_kind, codes, kinds)
-- The newest version of what was reported.
SELECT owner_code, kind, period, price_base, version, value
FROM statistic_now
WHERE
    owner_kind = :owner_kind
    AND owner_code = ANY (:codes)
    AND kind = ANY (:kinds);
