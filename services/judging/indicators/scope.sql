-- name: units(areas, park_id, credit_code, unit, processes, trades, of_one_process, on_day)
-- Units in a scope, with what they are judged by. Area and park are those of the enterprise on the day. A trade that has one
-- process says what its units do where they do not, and so do meters of IT equipment.
SELECT
    unit.unit_id,
    unit.code,
    unit.name_zh,
    unit.name_en,
    does.process,
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
    EXISTS (
        SELECT
        FROM meter_term_now AS held
        JOIN meter USING (meter_id)
        WHERE held.unit_id = unit.unit_id AND meter.flow = 'product'
    )
    OR EXISTS (SELECT FROM statistic WHERE statistic.owner_kind = 'unit' AND statistic.owner_code = unit.code AND statistic.kind = 'output')
    AS makes_product,
    coalesce(
        (
            SELECT
                json_agg(
                    json_build_object(
                        'input', unit_input.input,
                        'valid_from', unit_input.valid_from,
                        'value', unit_input.value ::text,
                        'choice', unit_input.choice,
                        'source', unit_input.source
                    )
                )
            FROM unit_input
            WHERE unit_input.unit_id = unit.unit_id
        ),
        '[]' ::json
    ) AS given
FROM unit
JOIN enterprise USING (enterprise_id)
CROSS JOIN LATERAL (
    SELECT
        CASE
            WHEN unit.process IS NOT NULL THEN unit.process
            WHEN enterprise.trade = ANY (:of_one_process ::text[]) THEN enterprise.trade
            WHEN
                EXISTS (
                    SELECT
                    FROM meter_term_now AS held
                    JOIN meter USING (meter_id)
                    WHERE held.unit_id = unit.unit_id AND meter.flow = 'it_load'
                )
                THEN 'data_centre'
        END AS process
) AS does
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
    AND (:processes ::text[] IS NULL OR does.process = ANY (:processes ::text[]))
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

-- name: sellers_with_renewable(of_coal)
-- Units that sell electricity, of enterprises that have renewable electricity; without those whose process makes it of coal.
WITH way AS (
    SELECT held.unit_id, unit.enterprise_id, flow.flow
    FROM meter_term_now AS held
    JOIN meter USING (meter_id)
    JOIN unit ON unit.unit_id = held.unit_id
    CROSS JOIN LATERAL unnest(ARRAY[meter.flow, meter.negative_flow]) AS flow (flow)
    WHERE meter.carrier = 'electricity' AND flow.flow IN ('output', 'renewable')
)
SELECT DISTINCT seller.unit_id
FROM way AS seller
JOIN unit USING (unit_id)
WHERE
    seller.flow = 'output'
    AND (unit.process IS NULL OR unit.process <> ALL (:of_coal ::text[]))
    AND EXISTS (SELECT FROM way AS maker WHERE maker.enterprise_id = seller.enterprise_id AND maker.flow = 'renewable');
