-- `hold` lets one posting follow another, so that each finds the newest version; lists go on. `hold_registry` keeps
-- anything from being taken out of the registry until the end of the transaction. `names_of_owners` is joined to rows
-- `entry`, and `owner_in_area` is a condition over one: its owner lies in the area today.

-- name: hold(family)
SELECT pg_advisory_xact_lock(:family, 0);

-- name: hold_registry()
SELECT revision
FROM registry_revision
FOR SHARE;

-- name: known_owners(rows)
SELECT entry.owner_kind, entry.owner_code, unit.process
FROM json_to_recordset(CAST(:rows AS json)) AS entry (owner_kind text, owner_code text)
LEFT JOIN area ON entry.owner_kind = 'area' AND area.code = entry.owner_code
LEFT JOIN park ON entry.owner_kind = 'park' AND park.code = entry.owner_code
LEFT JOIN enterprise ON entry.owner_kind = 'enterprise' AND enterprise.credit_code = entry.owner_code
LEFT JOIN unit ON entry.owner_kind = 'unit' AND unit.code = entry.owner_code
WHERE num_nonnulls(area.code, park.code, enterprise.credit_code, unit.code) = 1;

-- name: reported_for(owner_kind, owner_code)
SELECT 1
FROM statistic
WHERE owner_kind = :owner_kind
    AND owner_code = :owner_code
LIMIT 1;

-- name: append(rows)
INSERT INTO statistic (owner_kind, owner_code, kind, period, price_base, version, value, note)
SELECT
    entry.owner_kind,
    entry.owner_code,
    entry.kind,
    entry.period,
    entry.price_base,
    COALESCE(newest.version, 0) + 1,
    entry.value,
    entry.note
FROM json_to_recordset(CAST(:rows AS json)) AS entry (
    owner_kind text,
    owner_code text,
    kind text,
    period text,
    price_base smallint,
    value numeric,
    note text
)
LEFT JOIN LATERAL (
    SELECT statistic.version, statistic.value
    FROM statistic
    WHERE statistic.owner_kind = entry.owner_kind
        AND statistic.owner_code = entry.owner_code
        AND statistic.kind = entry.kind
        AND statistic.period = entry.period
        AND statistic.price_base = entry.price_base
    ORDER BY statistic.version DESC
    LIMIT 1
) AS newest ON true
WHERE newest.value IS DISTINCT FROM entry.value
RETURNING owner_kind, owner_code, kind, period, price_base;

-- name: newest_of(rows)
SELECT newest.*
FROM json_to_recordset(CAST(:rows AS json)) AS given (
    owner_kind text,
    owner_code text,
    kind text,
    period text,
    price_base smallint
)
CROSS JOIN LATERAL (
    SELECT *
    FROM statistic
    WHERE statistic.owner_kind = given.owner_kind
        AND statistic.owner_code = given.owner_code
        AND statistic.kind = given.kind
        AND statistic.period = given.period
        AND statistic.price_base = given.price_base
    ORDER BY statistic.version DESC
    LIMIT 1
) AS newest;

-- name: newest()
SELECT *
FROM statistic_now;

-- name: versions()
SELECT *
FROM statistic;

-- part: names_of_owner()
SELECT name_zh AS owner_name_zh, name_en AS owner_name_en
FROM area
WHERE entry.owner_kind = 'area' AND code = entry.owner_code
UNION ALL
SELECT name_zh, name_en FROM park WHERE entry.owner_kind = 'park' AND code = entry.owner_code
UNION ALL
SELECT name_zh, name_en FROM enterprise WHERE entry.owner_kind = 'enterprise' AND credit_code = entry.owner_code
UNION ALL
SELECT name_zh, name_en FROM unit WHERE entry.owner_kind = 'unit' AND code = entry.owner_code;

-- part: owner_in_area(area)
(entry.owner_kind, entry.owner_code) IN (
    WITH below AS (
        SELECT code
        FROM area
        WHERE code = ANY(:area)
            OR parent_code = ANY(:area)
            OR parent_code IN (SELECT code FROM area WHERE parent_code = ANY(:area))
    ),
    present AS (
        SELECT DISTINCT ON (enterprise_id) enterprise_id, area_code
        FROM membership
        WHERE valid_from <= (now() AT TIME ZONE 'Asia/Shanghai')::date
        ORDER BY enterprise_id, valid_from DESC
    ),
    member AS (
        SELECT enterprise.enterprise_id, enterprise.credit_code
        FROM enterprise
        JOIN present USING (enterprise_id)
        JOIN below ON below.code = present.area_code
    )
    SELECT 'area', code FROM below
    UNION ALL
    SELECT 'park', park.code FROM park JOIN below ON below.code = park.area_code
    UNION ALL
    SELECT 'enterprise', credit_code FROM member
    UNION ALL
    SELECT 'unit', unit.code FROM unit JOIN member USING (enterprise_id)
);
