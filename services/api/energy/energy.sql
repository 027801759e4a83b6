-- name: areas()
SELECT code, level, parent_code FROM area;

-- name: carriers()
SELECT code, unit FROM carrier;

-- name: park_id(code)
SELECT park_id FROM park WHERE code = :code;

-- name: meters_of_area(areas)
SELECT DISTINCT term.meter_id
FROM meter_term_now AS term
JOIN unit USING (unit_id)
WHERE unit.enterprise_id IN (SELECT enterprise_id FROM membership WHERE area_code = ANY (:areas));

-- name: meters_of_park(park_id)
SELECT DISTINCT term.meter_id
FROM meter_term_now AS term
JOIN unit USING (unit_id)
WHERE unit.enterprise_id IN (SELECT enterprise_id FROM membership WHERE park_id = :park_id);

-- name: meters_of_units(unit_ids)
-- Those that belong to them, or once did.
SELECT DISTINCT meter_id
FROM meter_term_now
WHERE unit_id = ANY (:unit_ids);

-- name: units_of_enterprise(credit_code)
SELECT unit.unit_id
FROM enterprise
LEFT JOIN unit USING (enterprise_id)
WHERE enterprise.credit_code = :credit_code;

-- name: units_of_unit(code)
SELECT unit_id FROM unit WHERE code = :code;

-- name: meters_of_meter(code)
-- To those whose it is now: what it gave others before counts in their sums, and what it gives since is not theirs.
SELECT meter_id FROM meter JOIN unit USING (unit_id) WHERE meter.code = :code;

-- name: park_codes(ids)
SELECT park_id AS number, code FROM park WHERE park_id = ANY (:ids);

-- name: enterprise_codes(ids)
SELECT enterprise_id AS number, credit_code AS code FROM enterprise WHERE enterprise_id = ANY (:ids);

-- name: unit_codes(ids)
SELECT unit_id AS number, code FROM unit WHERE unit_id = ANY (:ids);

-- name: meter_codes(ids)
SELECT meter_id AS number, code FROM meter WHERE meter_id = ANY (:ids);

-- name: weighed(meter_ids, carrier, flows)
-- How many meters there are among these, and how many sums at most can be told apart of them. NULL: of all.
SELECT
    count(DISTINCT meter.meter_id) AS meters,
    count(DISTINCT (meter.carrier, meter.flow)) AS measures,
    count(DISTINCT (meter.unit_id, meter.carrier, meter.flow)) AS of_units,
    count(DISTINCT (unit.enterprise_id, meter.carrier, meter.flow)) AS of_enterprises,
    count(DISTINCT (membership.area_code, meter.carrier, meter.flow)) AS of_banners
FROM meter
JOIN unit USING (unit_id)
LEFT JOIN membership USING (enterprise_id)
WHERE
    (:meter_ids ::integer[] IS NULL OR meter.meter_id = ANY (:meter_ids ::integer[]))
    AND (:carrier ::text IS NULL OR meter.carrier = :carrier)
    AND meter.flow = ANY (:flows ::text[]);

-- name: registered()
SELECT
    (SELECT count(*) FROM meter) AS meters,
    (SELECT count(*) FROM unit) AS units;
