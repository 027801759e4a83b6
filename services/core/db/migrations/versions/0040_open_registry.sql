CREATE VIEW open.area WITH (security_barrier) AS
SELECT
    area.code AS area,
    area.name_zh,
    area.name_en,
    area.level,
    area.parent_code AS parent
FROM area;
COMMENT ON VIEW open.area IS '行政区划 · Administrative areas';
COMMENT ON COLUMN open.area.area IS '区划代码 (GB/T 2260) · GB/T 2260 code';
COMMENT ON COLUMN open.area.name_zh IS '名称 · Name in Chinese';
COMMENT ON COLUMN open.area.name_en IS '英文名称 · Name in English';
COMMENT ON COLUMN open.area.level IS '级别：region 自治区 league 盟市 banner 旗县区 · region, league or banner';
COMMENT ON COLUMN open.area.parent IS '上级区划代码；空：无 · Code of the area above; empty: none';

CREATE VIEW open.carrier WITH (security_barrier) AS
SELECT
    carrier.code AS carrier,
    carrier.name_zh,
    carrier.name_en,
    carrier.unit AS quantity_unit,
    carrier.is_energy
FROM carrier;
COMMENT ON VIEW open.carrier IS '能源品种 · Energy carriers and what else is metered';
COMMENT ON COLUMN open.carrier.carrier IS '代码 · Code';
COMMENT ON COLUMN open.carrier.name_zh IS '名称 · Name in Chinese';
COMMENT ON COLUMN open.carrier.name_en IS '英文名称 · Name in English';
COMMENT ON COLUMN open.carrier.quantity_unit IS '实物量单位 · Unit of its quantities';
COMMENT ON COLUMN open.carrier.is_energy IS '是否能源 · Whether it is energy';

CREATE VIEW open.enterprise WITH (security_barrier) AS
SELECT
    enterprise.credit_code AS enterprise,
    enterprise.name_zh,
    enterprise.name_en,
    enterprise.trade,
    now.area_code AS area,
    park.code AS park,
    now.valid_from AS member_since
FROM enterprise
LEFT JOIN LATERAL (
    SELECT membership.area_code, membership.park_id, membership.valid_from
    FROM membership
    WHERE
        membership.enterprise_id = enterprise.enterprise_id
        AND membership.valid_from <= (now() AT TIME ZONE 'Asia/Shanghai')::date
    ORDER BY membership.valid_from DESC
    LIMIT 1
) AS now ON true
LEFT JOIN park ON park.park_id = now.park_id
WHERE
    (SELECT open_sees_all())
    OR enterprise.enterprise_id = ANY ((SELECT open_enterprises())::integer[]);
COMMENT ON VIEW open.enterprise IS '用能单位（当前归属） · Enterprises, and where they belong today';
COMMENT ON COLUMN open.enterprise.enterprise IS '统一社会信用代码 · Unified social credit code';
COMMENT ON COLUMN open.enterprise.name_zh IS '名称 · Name in Chinese';
COMMENT ON COLUMN open.enterprise.name_en IS '英文名称 · Name in English';
COMMENT ON COLUMN open.enterprise.trade IS '行业代码 · Code of the trade';
COMMENT ON COLUMN open.enterprise.area IS '当前旗县区划代码；空：未归属 · Code of the banner today; empty: it belongs to none';
COMMENT ON COLUMN open.enterprise.park IS '当前园区编码；空：不在园区 · Code of the park today; empty: in none';
COMMENT ON COLUMN open.enterprise.member_since IS '当前归属起始日 · First day of belonging there';

CREATE VIEW open.unit WITH (security_barrier) AS
SELECT
    unit.code AS unit,
    enterprise.credit_code AS enterprise,
    unit.name_zh,
    unit.name_en,
    unit.process,
    unit.status,
    unit.commissioned_on
FROM unit
JOIN enterprise USING (enterprise_id)
WHERE
    (SELECT open_sees_all())
    OR unit.enterprise_id = ANY ((SELECT open_enterprises())::integer[]);
COMMENT ON VIEW open.unit IS '用能单元 · Plants, processes, lines and data centres of enterprises';
COMMENT ON COLUMN open.unit.unit IS '编码 · Code';
COMMENT ON COLUMN open.unit.enterprise IS '统一社会信用代码 · Unified social credit code of its enterprise';
COMMENT ON COLUMN open.unit.name_zh IS '名称 · Name in Chinese';
COMMENT ON COLUMN open.unit.name_en IS '英文名称 · Name in English';
COMMENT ON COLUMN open.unit.process IS '工序代码；空：无 · Code of its process; empty: none';
COMMENT ON COLUMN open.unit.status IS 'existing 存量 building 在建 planned 拟建 · existing, building or planned';
COMMENT ON COLUMN open.unit.commissioned_on IS '投产日期 · Day of commissioning';

CREATE VIEW open.meter WITH (security_barrier) AS
SELECT
    meter.code AS meter,
    unit.code AS unit,
    enterprise.credit_code AS enterprise,
    gateway.code AS gateway,
    meter.name_zh,
    meter.name_en,
    meter.kind,
    meter.carrier,
    meter.flow,
    meter.negative_flow AS reverse_flow,
    meter.unit_of_measure,
    meter.multiplier,
    meter.interval_s,
    meter.rated_per_hour,
    meter.valid_from,
    meter.valid_to,
    meter.meter_id AS meter_number
FROM meter
JOIN unit ON unit.unit_id = meter.unit_id
JOIN enterprise ON enterprise.enterprise_id = unit.enterprise_id
JOIN gateway ON gateway.gateway_id = meter.gateway_id
WHERE
    (SELECT open_sees_all())
    OR unit.enterprise_id = ANY ((SELECT open_enterprises())::integer[]);
COMMENT ON VIEW open.meter IS '计量点（当前） · Meters as they are today';
COMMENT ON COLUMN open.meter.meter IS '编码 · Code';
COMMENT ON COLUMN open.meter.unit IS '用能单元编码 · Code of its unit';
COMMENT ON COLUMN open.meter.enterprise IS '统一社会信用代码 · Unified social credit code of its enterprise';
COMMENT ON COLUMN open.meter.gateway IS '端设备编码 · Code of its gateway';
COMMENT ON COLUMN open.meter.name_zh IS '名称 · Name in Chinese';
COMMENT ON COLUMN open.meter.name_en IS '英文名称 · Name in English';
COMMENT ON COLUMN open.meter.kind IS 'counter 累计 interval 时段量 gauge 瞬时 · counter, interval or gauge';
COMMENT ON COLUMN open.meter.carrier IS '能源品种代码 · Code of the energy carrier';
COMMENT ON COLUMN open.meter.flow IS '流向：input 输入 output 输出 feedstock 原料 renewable 可再生 product 产品 sub 明细 it_load IT 负荷 · Which way it counts: input, output, feedstock, renewable, product, sub (detail, never added), it_load';
COMMENT ON COLUMN open.meter.reverse_flow IS '反向流向；空：单向 · Flow of the other direction; empty: it measures one';
COMMENT ON COLUMN open.meter.unit_of_measure IS '读数单位 · Unit of its readings';
COMMENT ON COLUMN open.meter.multiplier IS '倍率 (CT×PT) · CT ratio times PT ratio';
COMMENT ON COLUMN open.meter.interval_s IS '读数间隔，秒 · Seconds expected between readings';
COMMENT ON COLUMN open.meter.rated_per_hour IS '每小时合理上限，实物量单位 · Greatest plausible quantity in an hour, in the unit of the carrier; empty: not registered';
COMMENT ON COLUMN open.meter.valid_from IS '启用日；空：随企业归属 · First day on which readings are expected; empty: as long as the enterprise belongs';
COMMENT ON COLUMN open.meter.valid_to IS '停用日（不含） · First day on which none are expected any more';
COMMENT ON COLUMN open.meter.meter_number IS '计量点内部编号；负数：双向表的反向 · Number of the meter within this database; negative: the other direction of one that measures both';
