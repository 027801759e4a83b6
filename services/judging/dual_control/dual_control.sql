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
