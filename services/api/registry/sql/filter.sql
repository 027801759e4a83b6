-- Conditions of lists, each over one row `entry` of a resource; and what must exist for a filter to make sense.

-- part: area_is_below(area)
entry.area_code IN (
    SELECT code
    FROM area
    WHERE code = ANY(:area)
        OR parent_code = ANY(:area)
        OR parent_code IN (SELECT code FROM area WHERE parent_code = ANY(:area))
);

-- part: enterprise_in_area(area)
entry.enterprise_id IN (
    SELECT present.enterprise_id
    FROM (
        SELECT DISTINCT ON (enterprise_id) enterprise_id, area_code
        FROM membership
        WHERE valid_from <= (now() AT TIME ZONE 'Asia/Shanghai')::date
        ORDER BY enterprise_id, valid_from DESC
    ) AS present
    JOIN area ON area.code = present.area_code
    LEFT JOIN area AS league ON league.code = area.parent_code
    WHERE area.code = ANY(:area) OR area.parent_code = ANY(:area) OR league.parent_code = ANY(:area)
);

-- part: enterprise_in_park(park)
entry.enterprise_id IN (
    SELECT present.enterprise_id
    FROM (
        SELECT DISTINCT ON (enterprise_id) enterprise_id, park_id
        FROM membership
        WHERE valid_from <= (now() AT TIME ZONE 'Asia/Shanghai')::date
        ORDER BY enterprise_id, valid_from DESC
    ) AS present
    JOIN park USING (park_id)
    WHERE park.code = ANY(:park)
);

-- part: enterprise_is(enterprise)
entry.enterprise_id IN (SELECT enterprise_id FROM enterprise WHERE credit_code = ANY(:enterprise));

-- part: enterprise_of_trade(trade)
entry.enterprise_id IN (SELECT enterprise_id FROM enterprise WHERE trade = ANY(:trade));

-- name: unknown_area(values)
SELECT asked.value
FROM unnest(:values::text[]) WITH ORDINALITY AS asked (value, place)
WHERE NOT EXISTS (SELECT FROM area WHERE area.code = asked.value)
ORDER BY asked.place;

-- name: unknown_park(values)
SELECT asked.value
FROM unnest(:values::text[]) WITH ORDINALITY AS asked (value, place)
WHERE NOT EXISTS (SELECT FROM park WHERE park.code = asked.value)
ORDER BY asked.place;

-- name: unknown_enterprise(values)
SELECT asked.value
FROM unnest(:values::text[]) WITH ORDINALITY AS asked (value, place)
WHERE NOT EXISTS (SELECT FROM enterprise WHERE enterprise.credit_code = asked.value)
ORDER BY asked.place;

-- name: unknown_unit(values)
SELECT asked.value
FROM unnest(:values::text[]) WITH ORDINALITY AS asked (value, place)
WHERE NOT EXISTS (SELECT FROM unit WHERE unit.code = asked.value)
ORDER BY asked.place;

-- name: unknown_gateway(values)
SELECT asked.value
FROM unnest(:values::text[]) WITH ORDINALITY AS asked (value, place)
WHERE NOT EXISTS (SELECT FROM gateway WHERE gateway.code = asked.value)
ORDER BY asked.place;

-- name: unknown_outlet(values)
SELECT asked.value
FROM unnest(:values::text[]) WITH ORDINALITY AS asked (value, place)
WHERE NOT EXISTS (SELECT FROM outlet WHERE outlet.code = asked.value)
ORDER BY asked.place;

-- name: unknown_meter(values)
SELECT asked.value
FROM unnest(:values::text[]) WITH ORDINALITY AS asked (value, place)
WHERE NOT EXISTS (SELECT FROM meter WHERE meter.code = asked.value)
ORDER BY asked.place;

-- name: unknown_carrier(values)
SELECT asked.value
FROM unnest(:values::text[]) WITH ORDINALITY AS asked (value, place)
WHERE NOT EXISTS (SELECT FROM carrier WHERE carrier.code = asked.value)
ORDER BY asked.place;

-- name: unknown_rule(values)
SELECT asked.value
FROM unnest(:values::text[]) WITH ORDINALITY AS asked (value, place)
WHERE NOT EXISTS (SELECT FROM rule_version WHERE rule_version.slug = asked.value)
ORDER BY asked.place;
