-- name: by_place(grain, kind, codes, carrier, flows, by_flow, trunc, start, from_ts, to_ts)
-- Sums kept for places: areas of any level, or parks.
SELECT
    extract(
        EPOCH FROM CASE
            WHEN :trunc = 'total' THEN :start ::timestamptz
            ELSE date_trunc(:trunc, kept.period AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai'
        END
    )::bigint AS bucket_s,
    ledger.carrier,
    CASE WHEN :by_flow THEN ledger.flow END AS flow,
    ledger.place_code,
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
                AND (:carrier ::text IS NULL OR carrier = :carrier)
                AND flow = ANY (:flows)
        )
    )
    AND kept.grain = :grain
    AND kept.period >= :from_ts
    AND kept.period < :to_ts
GROUP BY 1, 2, 3, 4;

-- name: by_meter(grain, meter_ids, areas, park_id, carrier, flows, by_flow, by_area, by_park, by_enterprise, by_unit, by_meter, trunc, start, from_ts, to_ts)
-- Energy of meters, summed by what is asked for. The account says where a meter was on the day.
SELECT
    extract(
        EPOCH FROM CASE
            WHEN :trunc = 'total' THEN :start ::timestamptz
            ELSE date_trunc(:trunc, kept.period AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai'
        END
    )::bigint AS bucket_s,
    account.carrier,
    CASE WHEN :by_flow THEN account.flow END AS flow,
    CASE WHEN :by_area THEN account.area_code END AS area_code,
    CASE WHEN :by_park THEN account.park_id END AS park_id,
    CASE WHEN :by_enterprise THEN account.enterprise_id END AS enterprise_id,
    CASE WHEN :by_unit THEN account.unit_id END AS unit_id,
    CASE WHEN :by_meter THEN kept.meter_id END AS meter_id,
    sum(kept.quantity_pico) AS quantity_pico,
    sum(kept.measured_s) AS measured_s
FROM meter_energy AS kept
JOIN account USING (account_id)
WHERE
    kept.grain = :grain
    AND kept.period >= :from_ts
    AND kept.period < :to_ts
    AND (:meter_ids ::integer[] IS NULL OR kept.meter_id = ANY (:meter_ids ::integer[]))
    AND (:areas ::text[] IS NULL OR account.area_code = ANY (:areas ::text[]))
    AND (:park_id ::integer IS NULL OR account.park_id = :park_id)
    AND (:carrier ::text IS NULL OR account.carrier = :carrier)
    AND account.flow = ANY (:flows)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;

-- name: expected(meter_ids, areas, park_id, carrier, flows, by_flow, by_area, by_park, by_enterprise, by_unit, by_meter, from_day, to_day)
-- How many meters are expected to report, and on which days; dates beyond the range are cut to it.
SELECT
    tenure.carrier,
    CASE WHEN :by_flow THEN tenure.flow END AS flow,
    CASE WHEN :by_area THEN tenure.area_code END AS area_code,
    CASE WHEN :by_park THEN tenure.park_id END AS park_id,
    CASE WHEN :by_enterprise THEN tenure.enterprise_id END AS enterprise_id,
    CASE WHEN :by_unit THEN tenure.unit_id END AS unit_id,
    CASE WHEN :by_meter THEN tenure.meter_id END AS meter_id,
    greatest(tenure.from_day, :from_day ::date) AS from_day,
    least(tenure.to_day, :to_day ::date) AS to_day,
    count(*) AS meters
FROM tenure
WHERE
    tenure.from_day < :to_day ::date
    AND tenure.to_day > :from_day ::date
    AND (:meter_ids ::integer[] IS NULL OR tenure.meter_id = ANY (:meter_ids ::integer[]))
    AND (:areas ::text[] IS NULL OR tenure.area_code = ANY (:areas ::text[]))
    AND (:park_id ::integer IS NULL OR tenure.park_id = :park_id)
    AND (:carrier ::text IS NULL OR tenure.carrier = :carrier)
    AND tenure.flow = ANY (:flows)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9;

-- name: estimated(method, meter_ids, areas, park_id, carrier, flows, by_flow, by_area, by_park, by_enterprise, by_unit, by_meter, trunc, start, from_ts, to_ts)
-- What estimates of hours that were not measured would add to what is booked in them.
SELECT
    extract(
        EPOCH FROM CASE
            WHEN :trunc = 'total' THEN :start ::timestamptz
            ELSE date_trunc(:trunc, estimate.hour AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai'
        END
    )::bigint AS bucket_s,
    tenure.carrier,
    CASE WHEN :by_flow THEN tenure.flow END AS flow,
    CASE WHEN :by_area THEN tenure.area_code END AS area_code,
    CASE WHEN :by_park THEN tenure.park_id END AS park_id,
    CASE WHEN :by_enterprise THEN tenure.enterprise_id END AS enterprise_id,
    CASE WHEN :by_unit THEN tenure.unit_id END AS unit_id,
    CASE WHEN :by_meter THEN tenure.meter_id END AS meter_id,
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
    AND (:areas ::text[] IS NULL OR tenure.area_code = ANY (:areas ::text[]))
    AND (:park_id ::integer IS NULL OR tenure.park_id = :park_id)
    AND (:carrier ::text IS NULL OR tenure.carrier = :carrier)
    AND tenure.flow = ANY (:flows)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;

-- name: areas()
SELECT code, level, parent_code FROM area;

-- name: carriers()
SELECT code, unit FROM carrier;

-- name: park_id(code)
SELECT park_id FROM park WHERE code = :code;

-- name: meters_of_area(areas)
SELECT meter.meter_id
FROM meter
JOIN unit USING (unit_id)
WHERE unit.enterprise_id IN (SELECT enterprise_id FROM membership WHERE area_code = ANY (:areas));

-- name: meters_of_park(park_id)
SELECT meter.meter_id
FROM meter
JOIN unit USING (unit_id)
WHERE unit.enterprise_id IN (SELECT enterprise_id FROM membership WHERE park_id = :park_id);

-- name: meters_of_enterprise(credit_code)
SELECT meter.meter_id
FROM enterprise
LEFT JOIN unit USING (enterprise_id)
LEFT JOIN meter USING (unit_id)
WHERE enterprise.credit_code = :credit_code;

-- name: meters_of_unit(code)
SELECT meter.meter_id
FROM unit
LEFT JOIN meter USING (unit_id)
WHERE unit.code = :code;

-- name: meters_of_meter(code)
SELECT meter_id FROM meter WHERE code = :code;

-- name: park_codes(ids)
SELECT park_id, code FROM park WHERE park_id = ANY (:ids);

-- name: enterprise_codes(ids)
SELECT enterprise_id, credit_code FROM enterprise WHERE enterprise_id = ANY (:ids);

-- name: unit_codes(ids)
SELECT unit_id, code FROM unit WHERE unit_id = ANY (:ids);

-- name: meter_codes(ids)
SELECT meter_id, code FROM meter WHERE meter_id = ANY (:ids);
