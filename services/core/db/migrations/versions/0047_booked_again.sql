-- Where something was booked again: a day or month of a meter or a place has the transaction that last changed it, or an hour in it. So
-- whoever copies asks for what transactions that were not over by then have booked since; no queue is written, and no index.
-- What was booked before this upgrade counts as booked by transaction 0.

ALTER TABLE energy_day ADD booked_by xid8 NOT NULL DEFAULT '0', ADD changed_at timestamptz;
ALTER TABLE energy_day ALTER booked_by SET DEFAULT pg_current_xact_id(), ALTER changed_at SET DEFAULT now();
COMMENT ON COLUMN energy_day.booked_by IS 'Transaction that last changed the row, or an hour of its period; of another server where the database was restored from a dump';
COMMENT ON COLUMN energy_day.changed_at IS 'Start of that transaction; empty: before this was kept';
ALTER TABLE energy_month ADD booked_by xid8 NOT NULL DEFAULT '0', ADD changed_at timestamptz;
ALTER TABLE energy_month ALTER booked_by SET DEFAULT pg_current_xact_id(), ALTER changed_at SET DEFAULT now();
COMMENT ON COLUMN energy_month.booked_by IS 'Transaction that last changed the row, or an hour of its period; of another server where the database was restored from a dump';
COMMENT ON COLUMN energy_month.changed_at IS 'Start of that transaction; empty: before this was kept';
ALTER TABLE ledger_day ADD booked_by xid8 NOT NULL DEFAULT '0', ADD changed_at timestamptz;
ALTER TABLE ledger_day ALTER booked_by SET DEFAULT pg_current_xact_id(), ALTER changed_at SET DEFAULT now();
COMMENT ON COLUMN ledger_day.booked_by IS 'Transaction that last changed the row, or an hour of its period; of another server where the database was restored from a dump';
COMMENT ON COLUMN ledger_day.changed_at IS 'Start of that transaction; empty: before this was kept';
ALTER TABLE ledger_month ADD booked_by xid8 NOT NULL DEFAULT '0', ADD changed_at timestamptz;
ALTER TABLE ledger_month ALTER booked_by SET DEFAULT pg_current_xact_id(), ALTER changed_at SET DEFAULT now();
COMMENT ON COLUMN ledger_month.booked_by IS 'Transaction that last changed the row, or an hour of its period; of another server where the database was restored from a dump';
COMMENT ON COLUMN ledger_month.changed_at IS 'Start of that transaction; empty: before this was kept';

CREATE OR REPLACE VIEW open.energy_day WITH (security_barrier) AS
SELECT
    kept.day AS time,
    (kept.day AT TIME ZONE 'Asia/Shanghai')::date AS local_date,
    meter.code AS meter,
    unit.code AS unit,
    enterprise.credit_code AS enterprise,
    account.area_code AS area,
    park.code AS park,
    account.carrier,
    account.flow,
    trim_scale(kept.quantity_pico * 0.000000000001) AS quantity,
    carrier.unit AS quantity_unit,
    kept.measured_s,
    86400 AS period_s,
    kept.slot_count AS booked_slots,
    kept.meter_id AS meter_number,
    kept.account_id AS account_number,
    kept.changed_at
FROM meter
CROSS JOIN LATERAL (VALUES (meter.meter_id), (-meter.meter_id)) AS way (number)
JOIN energy_day AS kept ON kept.meter_id = way.number
JOIN account ON account.account_id = kept.account_id
JOIN carrier ON carrier.code = account.carrier
LEFT JOIN unit ON unit.unit_id = account.unit_id
LEFT JOIN enterprise ON enterprise.enterprise_id = account.enterprise_id
LEFT JOIN park ON park.park_id = account.park_id
WHERE
    kept.slot_count > 0
    AND (
        (SELECT open_sees_all())
        OR account.area_code = ANY ((SELECT open_areas())::text[])
        OR account.enterprise_id = (SELECT open_enterprise())
    );
COMMENT ON COLUMN open.energy_day.changed_at IS '最近入账时间；空：升级前 · When it was last booked, or an hour of it; empty: before this was kept. No cursor: what is committed late has an earlier time';

CREATE OR REPLACE VIEW open.energy_month WITH (security_barrier) AS
SELECT
    kept.month AS time,
    to_char(kept.month AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM') AS local_month,
    meter.code AS meter,
    unit.code AS unit,
    enterprise.credit_code AS enterprise,
    account.area_code AS area,
    park.code AS park,
    account.carrier,
    account.flow,
    trim_scale(kept.quantity_pico * 0.000000000001) AS quantity,
    carrier.unit AS quantity_unit,
    kept.measured_s,
    extract(EPOCH FROM ((kept.month AT TIME ZONE 'Asia/Shanghai') + interval '1 month') - (kept.month AT TIME ZONE 'Asia/Shanghai'))::integer AS period_s,
    kept.slot_count AS booked_slots,
    kept.meter_id AS meter_number,
    kept.account_id AS account_number,
    kept.changed_at
FROM meter
CROSS JOIN LATERAL (VALUES (meter.meter_id), (-meter.meter_id)) AS way (number)
JOIN energy_month AS kept ON kept.meter_id = way.number
JOIN account ON account.account_id = kept.account_id
JOIN carrier ON carrier.code = account.carrier
LEFT JOIN unit ON unit.unit_id = account.unit_id
LEFT JOIN enterprise ON enterprise.enterprise_id = account.enterprise_id
LEFT JOIN park ON park.park_id = account.park_id
WHERE
    kept.slot_count > 0
    AND (
        (SELECT open_sees_all())
        OR account.area_code = ANY ((SELECT open_areas())::text[])
        OR account.enterprise_id = (SELECT open_enterprise())
    );
COMMENT ON COLUMN open.energy_month.changed_at IS '最近入账时间；空：升级前 · When it was last booked, or an hour of it; empty: before this was kept. No cursor: what is committed late has an earlier time';

CREATE OR REPLACE VIEW open.place_energy_day WITH (security_barrier) AS
SELECT
    kept.day AS time,
    (kept.day AT TIME ZONE 'Asia/Shanghai')::date AS local_date,
    ledger.place_kind,
    CASE ledger.place_kind WHEN 'park' THEN park.code ELSE ledger.place_code END AS place,
    coalesce(park.name_zh, area.name_zh) AS place_name,
    ledger.carrier,
    ledger.flow,
    trim_scale(kept.quantity_pico * 0.000000000001) AS quantity,
    carrier.unit AS quantity_unit,
    kept.measured_s,
    kept.slot_count AS booked_slots,
    kept.ledger_id AS ledger_number,
    kept.changed_at
FROM ledger_day AS kept
JOIN ledger ON ledger.ledger_id = kept.ledger_id
JOIN carrier ON carrier.code = ledger.carrier
LEFT JOIN area ON ledger.place_kind = 'area' AND area.code = ledger.place_code
LEFT JOIN park ON ledger.place_kind = 'park' AND park.park_id::text = ledger.place_code
WHERE
    kept.slot_count > 0
    AND (
        (SELECT open_sees_all())
        OR (ledger.place_kind = 'area' AND ledger.place_code = ANY ((SELECT open_areas())::text[]))
        OR (ledger.place_kind = 'park' AND park.area_code = ANY ((SELECT open_areas())::text[]))
    );
COMMENT ON COLUMN open.place_energy_day.changed_at IS '最近入账时间；空：升级前 · When it was last booked, or an hour of it; empty: before this was kept. No cursor: what is committed late has an earlier time';

CREATE OR REPLACE VIEW open.place_energy_month WITH (security_barrier) AS
SELECT
    kept.month AS time,
    to_char(kept.month AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM') AS local_month,
    ledger.place_kind,
    CASE ledger.place_kind WHEN 'park' THEN park.code ELSE ledger.place_code END AS place,
    coalesce(park.name_zh, area.name_zh) AS place_name,
    ledger.carrier,
    ledger.flow,
    trim_scale(kept.quantity_pico * 0.000000000001) AS quantity,
    carrier.unit AS quantity_unit,
    kept.measured_s,
    kept.slot_count AS booked_slots,
    kept.ledger_id AS ledger_number,
    kept.changed_at
FROM ledger_month AS kept
JOIN ledger ON ledger.ledger_id = kept.ledger_id
JOIN carrier ON carrier.code = ledger.carrier
LEFT JOIN area ON ledger.place_kind = 'area' AND area.code = ledger.place_code
LEFT JOIN park ON ledger.place_kind = 'park' AND park.park_id::text = ledger.place_code
WHERE
    kept.slot_count > 0
    AND (
        (SELECT open_sees_all())
        OR (ledger.place_kind = 'area' AND ledger.place_code = ANY ((SELECT open_areas())::text[]))
        OR (ledger.place_kind = 'park' AND park.area_code = ANY ((SELECT open_areas())::text[]))
    );
COMMENT ON COLUMN open.place_energy_month.changed_at IS '最近入账时间；空：升级前 · When it was last booked, or an hour of it; empty: before this was kept. No cursor: what is committed late has an earlier time';

-- What rows are booked to, of which exports put rows together without the names of the period beside each.
CREATE VIEW open.account WITH (security_barrier) AS
SELECT
    account.account_id AS account_number,
    unit.code AS unit,
    enterprise.credit_code AS enterprise,
    account.area_code AS area,
    park.code AS park,
    account.carrier,
    account.flow,
    carrier.unit AS quantity_unit
FROM account
JOIN carrier ON carrier.code = account.carrier
LEFT JOIN unit ON unit.unit_id = account.unit_id
LEFT JOIN enterprise ON enterprise.enterprise_id = account.enterprise_id
LEFT JOIN park ON park.park_id = account.park_id
WHERE
    (SELECT open_sees_all())
    OR account.area_code = ANY ((SELECT open_areas())::text[])
    OR account.enterprise_id = (SELECT open_enterprise());
COMMENT ON VIEW open.account IS '入账科目：计量点能耗记到哪里 · What the energy of meters is booked to';
COMMENT ON COLUMN open.account.account_number IS '内部编号 · Number within this database';
COMMENT ON COLUMN open.account.unit IS '用能单元编码 · Code of the unit';
COMMENT ON COLUMN open.account.enterprise IS '统一社会信用代码 · Unified social credit code of the enterprise';
COMMENT ON COLUMN open.account.area IS '旗县区划代码 (GB/T 2260)；空：未归属 · GB/T 2260 code of the banner; empty: none';
COMMENT ON COLUMN open.account.park IS '园区编码；空：不在园区 · Code of the park; empty: none';
COMMENT ON COLUMN open.account.carrier IS '能源品种代码 · Code of the energy carrier';
COMMENT ON COLUMN open.account.flow IS '流向 · Which way it counts';
COMMENT ON COLUMN open.account.quantity_unit IS '实物量单位 · Unit of the quantities';

CREATE VIEW open.ledger WITH (security_barrier) AS
SELECT
    ledger.ledger_id AS ledger_number,
    ledger.place_kind,
    CASE ledger.place_kind WHEN 'park' THEN park.code ELSE ledger.place_code END AS place,
    coalesce(park.name_zh, area.name_zh) AS place_name,
    ledger.carrier,
    ledger.flow,
    carrier.unit AS quantity_unit,
    coalesce(park.area_code, ledger.place_code) AS area
FROM ledger
JOIN carrier ON carrier.code = ledger.carrier
LEFT JOIN area ON ledger.place_kind = 'area' AND area.code = ledger.place_code
LEFT JOIN park ON ledger.place_kind = 'park' AND park.park_id::text = ledger.place_code
WHERE
    (SELECT open_sees_all())
    OR (ledger.place_kind = 'area' AND ledger.place_code = ANY ((SELECT open_areas())::text[]))
    OR (ledger.place_kind = 'park' AND park.area_code = ANY ((SELECT open_areas())::text[]));
COMMENT ON VIEW open.ledger IS '行政区与园区的账目 · Of what areas and parks sums are kept';
COMMENT ON COLUMN open.ledger.ledger_number IS '内部编号 · Number within this database';
COMMENT ON COLUMN open.ledger.place_kind IS 'area 行政区，park 园区 · area or park';
COMMENT ON COLUMN open.ledger.place IS '行政区划代码或园区编码 · GB/T 2260 code of the area, or code of the park';
COMMENT ON COLUMN open.ledger.place_name IS '名称（中文） · Its name in Chinese';
COMMENT ON COLUMN open.ledger.carrier IS '能源品种代码 · Code of the energy carrier';
COMMENT ON COLUMN open.ledger.flow IS '流向 · Which way it counts';
COMMENT ON COLUMN open.ledger.quantity_unit IS '实物量单位 · Unit of the quantities';
COMMENT ON COLUMN open.ledger.area IS '区划代码；园区：其所在 · GB/T 2260 code; of a park that in which it lies';
