-- name: meter(code)
SELECT meter.meter_id, meter.carrier, meter.flow, meter.negative_flow, carrier.unit AS carrier_unit
FROM meter
JOIN unit USING (unit_id)
JOIN carrier ON carrier.code = meter.carrier
WHERE meter.code = :code;

-- name: list()
-- Every term ever given, with what holds by it.
SELECT
    term.meter_id,
    term.term_id AS id,
    nullif(term.valid_from, '-infinity') AS valid_from,
    greatest(term.valid_from, '1900-01-01T00:00:00Z') AS starts,
    CASE WHEN term.withdrawn_at IS NULL THEN nullif(term.valid_to, 'infinity') END AS valid_to,
    term.fields,
    unit.code AS unit_code,
    gateway.code AS gateway_code,
    term.kind,
    term.unit_of_measure,
    term.multiplier,
    term.register_size,
    term.rated_per_hour,
    term.interval_s,
    term.stamp,
    term.holds_s,
    term.reason,
    term.author,
    term.recorded_at,
    term.withdrawn_at,
    term.withdrawn_by
FROM meter_term AS term
JOIN unit USING (unit_id)
JOIN gateway USING (gateway_id);

-- name: of_meter(meter_id)
SELECT
    term.meter_id,
    term.term_id AS id,
    nullif(term.valid_from, '-infinity') AS valid_from,
    greatest(term.valid_from, '1900-01-01T00:00:00Z') AS starts,
    CASE WHEN term.withdrawn_at IS NULL THEN nullif(term.valid_to, 'infinity') END AS valid_to,
    term.fields,
    unit.code AS unit_code,
    gateway.code AS gateway_code,
    term.kind,
    term.unit_of_measure,
    term.multiplier,
    term.register_size,
    term.rated_per_hour,
    term.interval_s,
    term.stamp,
    term.holds_s,
    term.reason,
    term.author,
    term.recorded_at,
    term.withdrawn_at,
    term.withdrawn_by,
    unit.enterprise_id
FROM meter_term AS term
JOIN unit USING (unit_id)
JOIN gateway USING (gateway_id)
WHERE term.meter_id = :meter_id
ORDER BY term.valid_from;

-- name: withdraw(ids)
UPDATE meter_term
SET withdrawn_at = now(),
    withdrawn_by = acting_account()
WHERE term_id = ANY(:ids);

-- name: add(meter_id, rows)
-- In the order given; numbers follow each other so.
INSERT INTO meter_term (
    meter_id, valid_from, valid_to, fields, unit_id, gateway_id, kind, unit_of_measure, multiplier, register_size,
    rated_per_hour, interval_s, stamp, holds_s, reason
)
SELECT
    :meter_id,
    coalesce(entry.valid_from, '-infinity'),
    coalesce(entry.valid_to, 'infinity'),
    entry.fields,
    unit.unit_id,
    gateway.gateway_id,
    entry.kind,
    entry.unit_of_measure,
    entry.multiplier,
    entry.register_size,
    entry.rated_per_hour,
    entry.interval_s,
    entry.stamp,
    entry.holds_s,
    entry.reason
FROM json_to_recordset(CAST(:rows AS json)) AS entry (
    term_id bigint,
    valid_from timestamptz,
    valid_to timestamptz,
    fields text[],
    unit_code text,
    gateway_code text,
    kind text,
    unit_of_measure text,
    multiplier double precision,
    register_size double precision,
    rated_per_hour double precision,
    interval_s integer,
    stamp text,
    holds_s integer,
    reason text
)
JOIN unit ON unit.code = entry.unit_code
JOIN gateway ON gateway.code = entry.gateway_code
ORDER BY entry.valid_from NULLS FIRST;

-- name: carry_on(rows)
-- What holds by terms that themselves stay as they were.
UPDATE meter_term
SET valid_to = coalesce(entry.valid_to, 'infinity'),
    unit_id = unit.unit_id,
    gateway_id = gateway.gateway_id,
    kind = entry.kind,
    unit_of_measure = entry.unit_of_measure,
    multiplier = entry.multiplier,
    register_size = entry.register_size,
    rated_per_hour = entry.rated_per_hour,
    interval_s = entry.interval_s,
    stamp = entry.stamp,
    holds_s = entry.holds_s
FROM json_to_recordset(CAST(:rows AS json)) AS entry (
    term_id bigint,
    valid_to timestamptz,
    unit_code text,
    gateway_code text,
    kind text,
    unit_of_measure text,
    multiplier double precision,
    register_size double precision,
    rated_per_hour double precision,
    interval_s integer,
    stamp text,
    holds_s integer
)
JOIN unit ON unit.code = entry.unit_code
JOIN gateway ON gateway.code = entry.gateway_code
WHERE meter_term.term_id = entry.term_id;

-- name: hold_newest(meter_id)
-- The columns of the meter are those of its newest term.
UPDATE meter
SET unit_id = term.unit_id,
    gateway_id = term.gateway_id,
    kind = term.kind,
    unit_of_measure = term.unit_of_measure,
    multiplier = term.multiplier,
    register_size = term.register_size,
    rated_per_hour = term.rated_per_hour,
    interval_s = term.interval_s,
    stamp = term.stamp,
    holds_s = term.holds_s
FROM meter_term_now AS term
WHERE meter.meter_id = :meter_id
    AND term.meter_id = meter.meter_id
    AND term.valid_to = 'infinity';

-- name: has_settled_unit(meter_id)
SELECT EXISTS (
    SELECT FROM settlement WHERE meter_id = :meter_id AND action = 'unit' AND withdrawn_at IS NULL
);

-- name: owners(unit_ids)
SELECT unit.unit_id, unit.code AS unit_code, enterprise.credit_code
FROM unit
JOIN enterprise USING (enterprise_id)
WHERE unit.unit_id = ANY(:unit_ids);

-- name: count_again(meter_id, since)
-- The days of which it was counted which readings came, from that of a moment on.
INSERT INTO quality_due (meter_id, day)
SELECT meter_id, day
FROM quality_day
WHERE meter_id = :meter_id
    AND day >= (CAST(:since AS timestamptz) AT TIME ZONE 'Asia/Shanghai')::date;
