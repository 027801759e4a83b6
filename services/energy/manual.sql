-- name: manual_reports(from_month, to_month, unit_ids, banners, park_ids, carriers, flows, by_area, by_park, by_enterprise, by_unit)
-- Reports that stand in place of a meter, of months that begin from the one day to the other, each with the heat value that goes before
-- the coefficient of the year: that of the month, else the default of the enterprise.
SELECT
    kept.month AS reported_month,
    CASE WHEN :by_area THEN kept.area_code END AS area_code,
    CASE WHEN :by_park THEN kept.park_id END AS park_id,
    CASE WHEN :by_enterprise THEN kept.enterprise_id END AS enterprise_id,
    CASE WHEN :by_unit THEN kept.unit_id END AS unit_id,
    kept.carrier,
    kept.flow,
    kept.quantity_pico,
    heat.heat_value_id,
    heat.credit_code,
    heat.month,
    heat.version,
    heat.ncv_mj,
    heat.carbon_tc_per_tj,
    heat.carbon_tc_per_t,
    heat.laboratory,
    heat.report
FROM manual_report_counted AS kept
LEFT JOIN LATERAL (
    SELECT heat_value_now.*, enterprise.credit_code
    FROM heat_value_now
    JOIN enterprise USING (enterprise_id)
    WHERE heat_value_now.enterprise_id = kept.enterprise_id
        AND heat_value_now.carrier = kept.carrier
        AND coalesce(heat_value_now.month, kept.month) = kept.month
    ORDER BY heat_value_now.month NULLS LAST
    LIMIT 1
) AS heat ON true
WHERE
    kept.month >= :from_month ::date
    AND kept.month < :to_month ::date
    AND (:unit_ids ::integer[] IS NULL OR kept.unit_id = ANY (:unit_ids ::integer[]))
    AND (:banners ::text[] IS NULL OR kept.area_code = ANY (:banners ::text[]))
    AND (:park_ids ::integer[] IS NULL OR kept.park_id = ANY (:park_ids ::integer[]))
    AND (:carriers ::text[] IS NULL OR kept.carrier = ANY (:carriers ::text[]))
    AND kept.flow = ANY (:flows);
