-- name: revision()
SELECT revision FROM registry_revision;

-- name: both_ways()
-- Meters that measure both directions, or did: what is booked of the other one stands under their number, negative.
SELECT meter_id FROM meter WHERE negative_flow IS NOT NULL
UNION
SELECT -meter_id FROM energy_month WHERE meter_id < 0;

-- name: meters(meter_ids)
SELECT
    meter.meter_id,
    carrier.unit AS carrier_unit,
    meter.carrier,
    meter.flow,
    meter.negative_flow,
    coalesce(meter.valid_from::timestamp AT TIME ZONE 'Asia/Shanghai', '-infinity') AS valid_from,
    coalesce(meter.valid_to::timestamp AT TIME ZONE 'Asia/Shanghai', 'infinity') AS valid_to
FROM meter
JOIN carrier ON carrier.code = meter.carrier
WHERE meter.meter_id = ANY (:meter_ids);

-- name: terms(meter_ids)
SELECT
    term.meter_id,
    term.valid_from AS from_us,
    term.kind,
    term.unit_of_measure,
    term.multiplier,
    term.interval_s,
    term.register_size,
    term.rated_per_hour,
    term.stamp,
    term.holds_s,
    term.unit_id,
    unit.enterprise_id,
    'unit_of_measure' = ANY (term.fields) AS names_unit
FROM meter_term_now AS term
JOIN unit USING (unit_id)
WHERE term.meter_id = ANY (:meter_ids)
ORDER BY term.meter_id, term.valid_from;

-- name: replacements(meter_ids)
SELECT meter_id, ts, final_value, first_value
FROM meter_replacement
WHERE meter_id = ANY (:meter_ids)
ORDER BY meter_id, ts;

-- name: acceptances(meter_ids)
SELECT meter_id, ts
FROM reading_acceptance
WHERE meter_id = ANY (:meter_ids);

-- name: settlements(meter_ids)
SELECT meter_id, from_ts, to_ts, action, factor
FROM settlement
WHERE meter_id = ANY (:meter_ids) AND withdrawn_at IS NULL
ORDER BY meter_id, from_ts;

-- name: memberships(enterprise_ids)
SELECT
    enterprise_id,
    valid_from::timestamp AT TIME ZONE 'Asia/Shanghai' AS valid_from,
    area_code,
    park_id
FROM membership
WHERE enterprise_id = ANY (:enterprise_ids)
ORDER BY enterprise_id, valid_from;

-- name: find_accounts(unit_ids)
SELECT
    account_id,
    unit_id,
    enterprise_id,
    area_code,
    park_id,
    carrier,
    flow
FROM account
WHERE unit_id = ANY (:unit_ids);

-- name: open_account(unit_id, enterprise_id, area_code, park_id, carrier, flow)
INSERT INTO account (unit_id, enterprise_id, area_code, park_id, carrier, flow)
VALUES (:unit_id, :enterprise_id, :area_code, :park_id, :carrier, :flow)
RETURNING account_id;

-- name: open_ledgers(account_id)
-- The account adds to its banner, the league and the region above it, and its park.
WITH RECURSIVE above AS (
    SELECT area.code, area.parent_code
    FROM area
    JOIN account ON account.area_code = area.code
    WHERE account.account_id = :account_id
    UNION ALL
    SELECT area.code, area.parent_code
    FROM area
    JOIN above ON above.parent_code = area.code
),
place AS (
    SELECT 'area' AS place_kind, code AS place_code FROM above
    UNION ALL
    SELECT 'park', park_id::text FROM account WHERE account_id = :account_id AND park_id IS NOT NULL
),
wanted AS (
    SELECT place.place_kind, place.place_code, account.carrier, account.flow
    FROM place
    CROSS JOIN account
    WHERE account.account_id = :account_id
),
opened AS (
    INSERT INTO ledger (place_kind, place_code, carrier, flow)
    SELECT place_kind, place_code, carrier, flow FROM wanted
    ON CONFLICT (place_kind, place_code, carrier, flow) DO UPDATE SET flow = excluded.flow
    RETURNING ledger_id
)
INSERT INTO account_ledger (account_id, ledger_id)
SELECT :account_id, ledger_id FROM opened;
