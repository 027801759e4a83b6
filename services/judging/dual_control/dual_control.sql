-- name: areas()
SELECT code, level, parent_code, name_zh, name_en FROM area;

-- name: reported(areas, kinds, first_year, last_year)
-- The newest version of what was reported for areas in these years.
SELECT owner_code, kind, period, price_base, version, value
FROM statistic_now
WHERE
    owner_kind = 'area'
    AND owner_code = ANY (:areas)
    AND kind = ANY (:kinds)
    AND left(period, 4) BETWEEN :first_year AND :last_year;

-- name: measured(grain, areas, carriers, flows, from_ts, to_ts)
-- What was measured in areas, by carrier and flow.
SELECT
    ledger.place_code,
    ledger.carrier,
    ledger.flow,
    sum(kept.quantity_pico) AS quantity_pico,
    sum(kept.measured_s) AS measured_s
FROM ledger
JOIN ledger_energy AS kept USING (ledger_id)
WHERE
    ledger.place_kind = 'area'
    AND ledger.place_code = ANY (:areas)
    AND ledger.carrier = ANY (:carriers)
    AND ledger.flow = ANY (:flows)
    AND kept.grain = :grain
    AND kept.period >= :from_ts
    AND kept.period < :to_ts
GROUP BY 1, 2, 3;

-- name: expected(banners, carriers, flows, from_day, to_day)
-- How many meters are expected to report in each banner, and on which days; dates beyond the range are cut to it.
SELECT
    tenure.area_code,
    tenure.carrier,
    tenure.flow,
    greatest(tenure.from_day, :from_day ::date) AS from_day,
    least(tenure.to_day, :to_day ::date) AS to_day,
    count(*) AS meters
FROM judged_tenure AS tenure
WHERE
    tenure.from_day < :to_day ::date
    AND tenure.to_day > :from_day ::date
    AND tenure.carrier = ANY (:carriers)
    AND tenure.flow = ANY (:flows)
    AND tenure.area_code = ANY (:banners)
GROUP BY 1, 2, 3, 4, 5;
