CREATE VIEW open.energy_hour WITH (security_barrier) AS
SELECT
    kept.hour AS time,
    to_char(kept.hour AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI') AS local_time,
    meter.code AS meter,
    unit.code AS unit,
    enterprise.credit_code AS enterprise,
    account.area_code AS area,
    park.code AS park,
    account.carrier,
    account.flow,
    trim_scale(
        (
            coalesce(kept.quantity_pico_0, 0)::numeric + coalesce(kept.quantity_pico_1, 0) + coalesce(kept.quantity_pico_2, 0)
            + coalesce(kept.quantity_pico_3, 0)
        ) * 0.000000000001
    ) AS quantity,
    carrier.unit AS quantity_unit,
    (
        coalesce(kept.measured_s_0, 0)::integer + coalesce(kept.measured_s_1, 0) + coalesce(kept.measured_s_2, 0)
        + coalesce(kept.measured_s_3, 0)
    ) AS measured_s,
    3600 AS period_s,
    num_nonnulls(kept.quantity_pico_0, kept.quantity_pico_1, kept.quantity_pico_2, kept.quantity_pico_3) AS booked_slots,
    (
        coalesce(kept.quality_0, 0)::integer | coalesce(kept.quality_1, 0) | coalesce(kept.quality_2, 0)
        | coalesce(kept.quality_3, 0)
    ) AS quality,
    kept.meter_id AS meter_number,
    kept.account_id AS account_number
FROM meter
CROSS JOIN LATERAL (VALUES (meter.meter_id), (-meter.meter_id)) AS way (number)
JOIN energy_quarters AS kept ON kept.meter_id = way.number
JOIN account ON account.account_id = kept.account_id
JOIN carrier ON carrier.code = account.carrier
LEFT JOIN unit ON unit.unit_id = account.unit_id
LEFT JOIN enterprise ON enterprise.enterprise_id = account.enterprise_id
LEFT JOIN park ON park.park_id = account.park_id
WHERE
    (
        (SELECT open_sees_all())
        OR account.area_code = ANY ((SELECT open_areas())::text[])
        OR account.enterprise_id = (SELECT open_enterprise())
    );
COMMENT ON VIEW open.energy_hour IS '计量点小时能耗（实物量） · Energy of meters by hour, physical quantities';
COMMENT ON COLUMN open.energy_hour.time IS '小时起点（带时区）；按它筛选最快 · Start of the hour; conditions on it are the fast ones';
COMMENT ON COLUMN open.energy_hour.local_time IS '北京时间文本 · Start of the hour in Asia/Shanghai, as text';
COMMENT ON COLUMN open.energy_hour.meter IS '计量点编码 · Code of the meter';
COMMENT ON COLUMN open.energy_hour.unit IS '用能单元编码；当期所属 · Code of the unit that it belonged to in the period';
COMMENT ON COLUMN open.energy_hour.enterprise IS '统一社会信用代码；当期所属 · Unified social credit code of the enterprise that it belonged to in the period';
COMMENT ON COLUMN open.energy_hour.area IS '旗县区划代码 (GB/T 2260)；当期所属，空：未归属 · GB/T 2260 code of the banner in the period; empty: it belonged to none';
COMMENT ON COLUMN open.energy_hour.park IS '园区编码；当期所属，空：不在园区 · Code of the park in the period; empty: in none';
COMMENT ON COLUMN open.energy_hour.carrier IS '能源品种代码 · Code of the energy carrier; its name is in open.carrier';
COMMENT ON COLUMN open.energy_hour.flow IS '流向：input 输入 output 输出 feedstock 原料 renewable 可再生 product 产品 sub 明细 it_load IT 负荷 · Which way it counts: input, output, feedstock, renewable, product, sub (detail, never added), it_load';
COMMENT ON COLUMN open.energy_hour.quantity IS '实物量，单位见 quantity_unit，十进制精确值 · Physical quantity in quantity_unit, exact decimal';
COMMENT ON COLUMN open.energy_hour.quantity_unit IS '实物量单位 · Unit of the quantity';
COMMENT ON COLUMN open.energy_hour.measured_s IS '实测秒数；除以 period_s 为完整率 · Seconds that are measured, not estimated; by period_s it is the coverage of the period';
COMMENT ON COLUMN open.energy_hour.period_s IS '时段秒数 · Seconds of the period';
COMMENT ON COLUMN open.energy_hour.booked_slots IS '已入账的 15 分钟数 · Quarter hours that are booked';
COMMENT ON COLUMN open.energy_hour.quality IS '质量位：1 估计 2 翻转 4 换表 8 复位 16 人工认可 32 已更正 64 采集故障；0 良好 · Bits: 1 estimated, 2 rollover, 4 replacement, 8 reset, 16 accepted by a person, 32 corrected, 64 collection fault; 0: plainly good';
COMMENT ON COLUMN open.energy_hour.meter_number IS '计量点内部编号；负数：双向表的反向 · Number of the meter within this database; negative: the other direction of one that measures both';
COMMENT ON COLUMN open.energy_hour.account_number IS '入账科目内部编号；与时间、meter_number 合为主键 · Number of what it is booked to within this database; with time and meter_number the key of a row';

CREATE VIEW open.energy_day WITH (security_barrier) AS
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
    kept.account_id AS account_number
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
COMMENT ON VIEW open.energy_day IS '计量点日能耗（实物量） · Energy of meters by day, physical quantities';
COMMENT ON COLUMN open.energy_day.time IS '日起点（带时区）；按它筛选最快 · Start of the day; conditions on it are the fast ones';
COMMENT ON COLUMN open.energy_day.local_date IS '日期（北京时间） · The day in Asia/Shanghai';
COMMENT ON COLUMN open.energy_day.meter IS '计量点编码 · Code of the meter';
COMMENT ON COLUMN open.energy_day.unit IS '用能单元编码；当期所属 · Code of the unit that it belonged to in the period';
COMMENT ON COLUMN open.energy_day.enterprise IS '统一社会信用代码；当期所属 · Unified social credit code of the enterprise that it belonged to in the period';
COMMENT ON COLUMN open.energy_day.area IS '旗县区划代码 (GB/T 2260)；当期所属，空：未归属 · GB/T 2260 code of the banner in the period; empty: it belonged to none';
COMMENT ON COLUMN open.energy_day.park IS '园区编码；当期所属，空：不在园区 · Code of the park in the period; empty: in none';
COMMENT ON COLUMN open.energy_day.carrier IS '能源品种代码 · Code of the energy carrier; its name is in open.carrier';
COMMENT ON COLUMN open.energy_day.flow IS '流向：input 输入 output 输出 feedstock 原料 renewable 可再生 product 产品 sub 明细 it_load IT 负荷 · Which way it counts: input, output, feedstock, renewable, product, sub (detail, never added), it_load';
COMMENT ON COLUMN open.energy_day.quantity IS '实物量，单位见 quantity_unit，十进制精确值 · Physical quantity in quantity_unit, exact decimal';
COMMENT ON COLUMN open.energy_day.quantity_unit IS '实物量单位 · Unit of the quantity';
COMMENT ON COLUMN open.energy_day.measured_s IS '实测秒数；除以 period_s 为完整率 · Seconds that are measured, not estimated; by period_s it is the coverage of the period';
COMMENT ON COLUMN open.energy_day.period_s IS '时段秒数 · Seconds of the period';
COMMENT ON COLUMN open.energy_day.booked_slots IS '已入账的 15 分钟数 · Quarter hours that are booked';
COMMENT ON COLUMN open.energy_day.meter_number IS '计量点内部编号；负数：双向表的反向 · Number of the meter within this database; negative: the other direction of one that measures both';
COMMENT ON COLUMN open.energy_day.account_number IS '入账科目内部编号；与时间、meter_number 合为主键 · Number of what it is booked to within this database; with time and meter_number the key of a row';

CREATE VIEW open.energy_month WITH (security_barrier) AS
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
    kept.account_id AS account_number
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
COMMENT ON VIEW open.energy_month IS '计量点月能耗（实物量） · Energy of meters by month, physical quantities';
COMMENT ON COLUMN open.energy_month.time IS '月起点（带时区）；按它筛选最快 · Start of the month; conditions on it are the fast ones';
COMMENT ON COLUMN open.energy_month.local_month IS '月份文本（北京时间） · The month in Asia/Shanghai, as text YYYY-MM';
COMMENT ON COLUMN open.energy_month.meter IS '计量点编码 · Code of the meter';
COMMENT ON COLUMN open.energy_month.unit IS '用能单元编码；当期所属 · Code of the unit that it belonged to in the period';
COMMENT ON COLUMN open.energy_month.enterprise IS '统一社会信用代码；当期所属 · Unified social credit code of the enterprise that it belonged to in the period';
COMMENT ON COLUMN open.energy_month.area IS '旗县区划代码 (GB/T 2260)；当期所属，空：未归属 · GB/T 2260 code of the banner in the period; empty: it belonged to none';
COMMENT ON COLUMN open.energy_month.park IS '园区编码；当期所属，空：不在园区 · Code of the park in the period; empty: in none';
COMMENT ON COLUMN open.energy_month.carrier IS '能源品种代码 · Code of the energy carrier; its name is in open.carrier';
COMMENT ON COLUMN open.energy_month.flow IS '流向：input 输入 output 输出 feedstock 原料 renewable 可再生 product 产品 sub 明细 it_load IT 负荷 · Which way it counts: input, output, feedstock, renewable, product, sub (detail, never added), it_load';
COMMENT ON COLUMN open.energy_month.quantity IS '实物量，单位见 quantity_unit，十进制精确值 · Physical quantity in quantity_unit, exact decimal';
COMMENT ON COLUMN open.energy_month.quantity_unit IS '实物量单位 · Unit of the quantity';
COMMENT ON COLUMN open.energy_month.measured_s IS '实测秒数；除以 period_s 为完整率 · Seconds that are measured, not estimated; by period_s it is the coverage of the period';
COMMENT ON COLUMN open.energy_month.period_s IS '时段秒数 · Seconds of the period';
COMMENT ON COLUMN open.energy_month.booked_slots IS '已入账的 15 分钟数 · Quarter hours that are booked';
COMMENT ON COLUMN open.energy_month.meter_number IS '计量点内部编号；负数：双向表的反向 · Number of the meter within this database; negative: the other direction of one that measures both';
COMMENT ON COLUMN open.energy_month.account_number IS '入账科目内部编号；与时间、meter_number 合为主键 · Number of what it is booked to within this database; with time and meter_number the key of a row';

CREATE VIEW open.place_energy_hour WITH (security_barrier) AS
SELECT
    kept.hour AS time,
    to_char(kept.hour AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI') AS local_time,
    ledger.place_kind,
    CASE ledger.place_kind WHEN 'park' THEN park.code ELSE ledger.place_code END AS place,
    coalesce(park.name_zh, area.name_zh) AS place_name,
    ledger.carrier,
    ledger.flow,
    trim_scale(kept.quantity_pico * 0.000000000001) AS quantity,
    carrier.unit AS quantity_unit,
    kept.measured_s,
    kept.slot_count AS booked_slots,
    kept.ledger_id AS ledger_number
FROM ledger_hour AS kept
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
COMMENT ON VIEW open.place_energy_hour IS '行政区与园区小时能耗（实物量）；上级含下级，不可跨级相加 · Energy of areas and parks by hour, physical quantities; an area holds those below it, so levels are not to be added up';
COMMENT ON COLUMN open.place_energy_hour.time IS '小时起点（带时区）；按它筛选最快 · Start of the hour; conditions on it are the fast ones';
COMMENT ON COLUMN open.place_energy_hour.local_time IS '北京时间文本 · Start of the hour in Asia/Shanghai, as text';
COMMENT ON COLUMN open.place_energy_hour.place_kind IS 'area 行政区，park 园区 · area or park';
COMMENT ON COLUMN open.place_energy_hour.place IS '行政区划代码或园区编码 · GB/T 2260 code of the area, or code of the park';
COMMENT ON COLUMN open.place_energy_hour.place_name IS '名称（中文） · Its name in Chinese';
COMMENT ON COLUMN open.place_energy_hour.carrier IS '能源品种代码 · Code of the energy carrier; its name is in open.carrier';
COMMENT ON COLUMN open.place_energy_hour.flow IS '流向：input 输入 output 输出 feedstock 原料 renewable 可再生 product 产品 sub 明细 it_load IT 负荷 · Which way it counts: input, output, feedstock, renewable, product, sub (detail, never added), it_load';
COMMENT ON COLUMN open.place_energy_hour.quantity IS '实物量，单位见 quantity_unit，十进制精确值 · Physical quantity in quantity_unit, exact decimal';
COMMENT ON COLUMN open.place_energy_hour.quantity_unit IS '实物量单位 · Unit of the quantity';
COMMENT ON COLUMN open.place_energy_hour.measured_s IS '各计量点实测秒数之和 · Seconds that are measured, added up over the meters';
COMMENT ON COLUMN open.place_energy_hour.booked_slots IS '各计量点已入账 15 分钟数之和 · Quarter hours that are booked, added up over the meters';
COMMENT ON COLUMN open.place_energy_hour.ledger_number IS '账目内部编号；与时间合为主键 · Number of the sum within this database; with time the key of a row';

CREATE VIEW open.place_energy_day WITH (security_barrier) AS
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
    kept.ledger_id AS ledger_number
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
COMMENT ON VIEW open.place_energy_day IS '行政区与园区日能耗（实物量）；上级含下级，不可跨级相加 · Energy of areas and parks by day, physical quantities; an area holds those below it, so levels are not to be added up';
COMMENT ON COLUMN open.place_energy_day.time IS '日起点（带时区）；按它筛选最快 · Start of the day; conditions on it are the fast ones';
COMMENT ON COLUMN open.place_energy_day.local_date IS '日期（北京时间） · The day in Asia/Shanghai';
COMMENT ON COLUMN open.place_energy_day.place_kind IS 'area 行政区，park 园区 · area or park';
COMMENT ON COLUMN open.place_energy_day.place IS '行政区划代码或园区编码 · GB/T 2260 code of the area, or code of the park';
COMMENT ON COLUMN open.place_energy_day.place_name IS '名称（中文） · Its name in Chinese';
COMMENT ON COLUMN open.place_energy_day.carrier IS '能源品种代码 · Code of the energy carrier; its name is in open.carrier';
COMMENT ON COLUMN open.place_energy_day.flow IS '流向：input 输入 output 输出 feedstock 原料 renewable 可再生 product 产品 sub 明细 it_load IT 负荷 · Which way it counts: input, output, feedstock, renewable, product, sub (detail, never added), it_load';
COMMENT ON COLUMN open.place_energy_day.quantity IS '实物量，单位见 quantity_unit，十进制精确值 · Physical quantity in quantity_unit, exact decimal';
COMMENT ON COLUMN open.place_energy_day.quantity_unit IS '实物量单位 · Unit of the quantity';
COMMENT ON COLUMN open.place_energy_day.measured_s IS '各计量点实测秒数之和 · Seconds that are measured, added up over the meters';
COMMENT ON COLUMN open.place_energy_day.booked_slots IS '各计量点已入账 15 分钟数之和 · Quarter hours that are booked, added up over the meters';
COMMENT ON COLUMN open.place_energy_day.ledger_number IS '账目内部编号；与时间合为主键 · Number of the sum within this database; with time the key of a row';

CREATE VIEW open.place_energy_month WITH (security_barrier) AS
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
    kept.ledger_id AS ledger_number
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
COMMENT ON VIEW open.place_energy_month IS '行政区与园区月能耗（实物量）；上级含下级，不可跨级相加 · Energy of areas and parks by month, physical quantities; an area holds those below it, so levels are not to be added up';
COMMENT ON COLUMN open.place_energy_month.time IS '月起点（带时区）；按它筛选最快 · Start of the month; conditions on it are the fast ones';
COMMENT ON COLUMN open.place_energy_month.local_month IS '月份文本（北京时间） · The month in Asia/Shanghai, as text YYYY-MM';
COMMENT ON COLUMN open.place_energy_month.place_kind IS 'area 行政区，park 园区 · area or park';
COMMENT ON COLUMN open.place_energy_month.place IS '行政区划代码或园区编码 · GB/T 2260 code of the area, or code of the park';
COMMENT ON COLUMN open.place_energy_month.place_name IS '名称（中文） · Its name in Chinese';
COMMENT ON COLUMN open.place_energy_month.carrier IS '能源品种代码 · Code of the energy carrier; its name is in open.carrier';
COMMENT ON COLUMN open.place_energy_month.flow IS '流向：input 输入 output 输出 feedstock 原料 renewable 可再生 product 产品 sub 明细 it_load IT 负荷 · Which way it counts: input, output, feedstock, renewable, product, sub (detail, never added), it_load';
COMMENT ON COLUMN open.place_energy_month.quantity IS '实物量，单位见 quantity_unit，十进制精确值 · Physical quantity in quantity_unit, exact decimal';
COMMENT ON COLUMN open.place_energy_month.quantity_unit IS '实物量单位 · Unit of the quantity';
COMMENT ON COLUMN open.place_energy_month.measured_s IS '各计量点实测秒数之和 · Seconds that are measured, added up over the meters';
COMMENT ON COLUMN open.place_energy_month.booked_slots IS '各计量点已入账 15 分钟数之和 · Quarter hours that are booked, added up over the meters';
COMMENT ON COLUMN open.place_energy_month.ledger_number IS '账目内部编号；与时间合为主键 · Number of the sum within this database; with time the key of a row';
