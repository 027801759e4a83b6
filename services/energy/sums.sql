-- name: meter_sums(grain, trunc, from_ts, to_ts, meter_ids, unit_ids, banners, park_ids, carriers, flows, by_area, by_park, by_enterprise, by_unit, by_meter)
-- Energy of meters, summed by what is asked for. The account says where a meter was on the day. The other direction of a meter
-- stands under its number, negative. A cell is named by the
-- second, since 1970, at which it starts.
SELECT
    date_part('epoch', date_trunc(:trunc, kept.period, 'Asia/Shanghai'))::bigint AS cell_s,
    CASE WHEN :by_area THEN account.area_code END AS area_code,
    CASE WHEN :by_park THEN account.park_id END AS park_id,
    CASE WHEN :by_enterprise THEN account.enterprise_id END AS enterprise_id,
    CASE WHEN :by_unit THEN account.unit_id END AS unit_id,
    CASE WHEN :by_meter THEN abs(kept.meter_id) END AS meter_id,
    account.carrier,
    account.flow,
    sum(kept.quantity_pico) AS quantity_pico,
    sum(kept.measured_s) AS measured_s
FROM meter_energy AS kept
JOIN account USING (account_id)
WHERE
    kept.grain = :grain
    AND kept.kept_at > :from_ts ::timestamptz - interval '1 hour'
    AND kept.kept_at < :to_ts
    AND kept.period >= :from_ts
    AND kept.period < :to_ts
    AND (:meter_ids ::integer[] IS NULL OR kept.meter_id = ANY (:meter_ids ::integer[]))
    AND (:unit_ids ::integer[] IS NULL OR account.unit_id = ANY (:unit_ids ::integer[]))
    AND (:banners ::text[] IS NULL OR account.area_code = ANY (:banners ::text[]))
    AND (:park_ids ::integer[] IS NULL OR account.park_id = ANY (:park_ids ::integer[]))
    AND (:carriers ::text[] IS NULL OR account.carrier = ANY (:carriers ::text[]))
    AND account.flow = ANY (:flows)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;

-- name: place_sums(grain, trunc, from_ts, to_ts, kind, codes, carriers, flows)
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
    kept.ledger_id = ANY (
        ARRAY(
            SELECT ledger_id
            FROM ledger
            WHERE
                place_kind = :kind
                AND place_code = ANY (:codes)
                AND (:carriers ::text[] IS NULL OR carrier = ANY (:carriers ::text[]))
                AND flow = ANY (:flows)
        )
    )
    AND kept.grain = :grain
    AND kept.period >= :from_ts
    AND kept.period < :to_ts
GROUP BY 1, 2, 3, 4;

-- name: expected(meter_ids, unit_ids, banners, park_ids, carriers, flows, by_area, by_park, by_enterprise, by_unit, by_meter, from_day, to_day)
-- How many meters are expected to report, and on which days; dates beyond the range are cut to it.
SELECT
    CASE WHEN :by_area THEN tenure.area_code END AS area_code,
    CASE WHEN :by_park THEN tenure.park_id END AS park_id,
    CASE WHEN :by_enterprise THEN tenure.enterprise_id END AS enterprise_id,
    CASE WHEN :by_unit THEN tenure.unit_id END AS unit_id,
    CASE WHEN :by_meter THEN abs(tenure.meter_id) END AS meter_id,
    tenure.carrier,
    tenure.flow,
    greatest(tenure.from_day, :from_day ::date) AS from_day,
    least(tenure.to_day, :to_day ::date) AS to_day,
    count(*) AS meters
FROM tenure
WHERE
    tenure.from_day < :to_day ::date
    AND tenure.to_day > :from_day ::date
    AND (:meter_ids ::integer[] IS NULL OR tenure.meter_id = ANY (:meter_ids ::integer[]))
    AND (:unit_ids ::integer[] IS NULL OR tenure.unit_id = ANY (:unit_ids ::integer[]))
    AND (:banners ::text[] IS NULL OR tenure.area_code = ANY (:banners ::text[]))
    AND (:park_ids ::integer[] IS NULL OR tenure.park_id = ANY (:park_ids ::integer[]))
    AND (:carriers ::text[] IS NULL OR tenure.carrier = ANY (:carriers ::text[]))
    AND tenure.flow = ANY (:flows)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9;

-- name: lacking(unit_ids, banners, park_ids, carriers, flows, by_area, by_park, by_enterprise, by_unit, from_day, to_day)
-- The days on which a unit had meters but none of this carrier and flow: there one is expected all the same.
SELECT
    CASE WHEN :by_area THEN tenure.area_code END AS area_code,
    CASE WHEN :by_park THEN tenure.park_id END AS park_id,
    CASE WHEN :by_enterprise THEN tenure.enterprise_id END AS enterprise_id,
    CASE WHEN :by_unit THEN tenure.unit_id END AS unit_id,
    NULL ::integer AS meter_id,
    tenure.carrier,
    tenure.flow,
    greatest(tenure.from_day, :from_day ::date) AS from_day,
    least(tenure.to_day, :to_day ::date) AS to_day,
    count(*) AS meters
FROM judged_tenure AS tenure
WHERE
    tenure.before_meter
    AND tenure.from_day < :to_day ::date
    AND tenure.to_day > :from_day ::date
    AND (:unit_ids ::integer[] IS NULL OR tenure.unit_id = ANY (:unit_ids ::integer[]))
    AND (:banners ::text[] IS NULL OR tenure.area_code = ANY (:banners ::text[]))
    AND (:park_ids ::integer[] IS NULL OR tenure.park_id = ANY (:park_ids ::integer[]))
    AND (:carriers ::text[] IS NULL OR tenure.carrier = ANY (:carriers ::text[]))
    AND tenure.flow = ANY (:flows)
GROUP BY 1, 2, 3, 4, 6, 7, 8, 9;

-- name: estimated(method, trunc, from_ts, to_ts, meter_ids, unit_ids, banners, park_ids, carriers, flows, by_area, by_park, by_enterprise, by_unit, by_meter)
-- What estimates of hours that were not measured would add to what is booked in them.
SELECT
    date_part('epoch', date_trunc(:trunc, estimate.hour, 'Asia/Shanghai'))::bigint AS cell_s,
    CASE WHEN :by_area THEN tenure.area_code END AS area_code,
    CASE WHEN :by_park THEN tenure.park_id END AS park_id,
    CASE WHEN :by_enterprise THEN tenure.enterprise_id END AS enterprise_id,
    CASE WHEN :by_unit THEN tenure.unit_id END AS unit_id,
    CASE WHEN :by_meter THEN tenure.meter_id END AS meter_id,
    tenure.carrier,
    tenure.flow,
    sum(estimate.quantity_pico - coalesce(kept.quantity_pico, 0)) AS more_pico
FROM estimate
JOIN tenure
    ON tenure.meter_id = estimate.meter_id
    AND tenure.from_day <= (estimate.hour AT TIME ZONE 'Asia/Shanghai')::date
    AND tenure.to_day > (estimate.hour AT TIME ZONE 'Asia/Shanghai')::date
LEFT JOIN energy_hour AS kept ON kept.meter_id = estimate.meter_id AND kept.hour = estimate.hour
WHERE
    estimate.method = :method
    AND estimate.hour >= :from_ts
    AND estimate.hour < :to_ts
    AND coalesce(kept.measured_s, 0) < 3600
    AND (:meter_ids ::integer[] IS NULL OR estimate.meter_id = ANY (:meter_ids ::integer[]))
    AND (:unit_ids ::integer[] IS NULL OR tenure.unit_id = ANY (:unit_ids ::integer[]))
    AND (:banners ::text[] IS NULL OR tenure.area_code = ANY (:banners ::text[]))
    AND (:park_ids ::integer[] IS NULL OR tenure.park_id = ANY (:park_ids ::integer[]))
    AND (:carriers ::text[] IS NULL OR tenure.carrier = ANY (:carriers ::text[]))
    AND tenure.flow = ANY (:flows)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;

-- name: meters_of_units(unit_ids)
-- Those that belong to them, or once did.
SELECT DISTINCT meter_id FROM meter_term_now WHERE unit_id = ANY (:unit_ids);

-- name: heat_valued()
-- Whose carriers have heat values of their own.
SELECT DISTINCT enterprise_id, carrier FROM heat_value_now;

-- name: heat_values(enterprise_ids, carriers, from_month, to_month)
-- Those that may hold in the months, each before the default of its enterprise, which holds in every month.
SELECT
    kept.heat_value_id,
    kept.enterprise_id,
    enterprise.credit_code,
    kept.carrier,
    kept.month,
    kept.version,
    kept.ncv_mj,
    kept.carbon_tc_per_tj,
    kept.carbon_tc_per_t,
    kept.laboratory,
    kept.report
FROM heat_value_now AS kept
JOIN enterprise USING (enterprise_id)
WHERE
    kept.enterprise_id = ANY (:enterprise_ids)
    AND kept.carrier = ANY (:carriers)
    AND (kept.month IS NULL OR kept.month BETWEEN :from_month ::date AND :to_month ::date);

-- name: heat_valued_sums(grain, trunc, from_ts, to_ts, enterprise_ids, heat_valued, meter_ids, unit_ids, banners, park_ids, carriers, flows, by_area, by_park, by_enterprise, by_unit, by_meter)
-- The part of the same sums that heat values go before: by enterprise and month besides. An array of the meters that
-- measure such a carrier is handed into the view, which then reads these alone.
SELECT
    date_part('epoch', date_trunc(:trunc, kept.period, 'Asia/Shanghai'))::bigint AS cell_s,
    CASE WHEN :by_area THEN account.area_code END AS area_code,
    CASE WHEN :by_park THEN account.park_id END AS park_id,
    CASE WHEN :by_enterprise THEN account.enterprise_id END AS enterprise_id,
    CASE WHEN :by_unit THEN account.unit_id END AS unit_id,
    CASE WHEN :by_meter THEN abs(kept.meter_id) END AS meter_id,
    account.carrier,
    account.flow,
    account.enterprise_id AS owner_id,
    (date_trunc('month', kept.period, 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai')::date AS month,
    sum(kept.quantity_pico) AS quantity_pico
FROM meter_energy AS kept
JOIN account USING (account_id)
WHERE
    kept.grain = :grain
    AND kept.kept_at > :from_ts ::timestamptz - interval '1 hour'
    AND kept.kept_at < :to_ts
    AND kept.period >= :from_ts
    AND kept.period < :to_ts
    AND kept.meter_id = ANY (
        ARRAY(
            SELECT way.meter_id
            FROM meter
            CROSS JOIN LATERAL unnest(ARRAY[meter.meter_id, -meter.meter_id]) AS way (meter_id)
            WHERE
                meter.carrier = ANY (:heat_valued)
                AND (:meter_ids ::integer[] IS NULL OR way.meter_id = ANY (:meter_ids ::integer[]))
        )
    )
    AND account.enterprise_id = ANY (:enterprise_ids)
    AND account.carrier = ANY (:heat_valued)
    AND (:unit_ids ::integer[] IS NULL OR account.unit_id = ANY (:unit_ids ::integer[]))
    AND (:banners ::text[] IS NULL OR account.area_code = ANY (:banners ::text[]))
    AND (:park_ids ::integer[] IS NULL OR account.park_id = ANY (:park_ids ::integer[]))
    AND (:carriers ::text[] IS NULL OR account.carrier = ANY (:carriers ::text[]))
    AND account.flow = ANY (:flows)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
HAVING sum(kept.quantity_pico) <> 0;

-- name: other_directions(meter_ids)
-- The numbers of the other directions of those of the meters that measure both, or did.
SELECT -meter_id
FROM meter
WHERE meter_id = ANY (:meter_ids ::integer[]) AND negative_flow IS NOT NULL
UNION
SELECT DISTINCT meter_id
FROM energy_month
WHERE meter_id = ANY (ARRAY(SELECT -listed.meter_id FROM unnest(:meter_ids ::integer[]) AS listed (meter_id)));
