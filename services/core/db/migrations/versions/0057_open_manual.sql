-- Manual reports for dashboards and reports, marked `manual`, apart from what meters measured; and found by their month.

CREATE VIEW open.manual_report WITH (security_barrier) AS
SELECT
    kept.month::timestamp AT TIME ZONE 'Asia/Shanghai' AS time,
    to_char(kept.month, 'YYYY-MM') AS local_month,
    unit.code AS unit,
    enterprise.credit_code AS enterprise,
    place.area_code AS area,
    park.code AS park,
    kept.carrier,
    kept.flow,
    trim_scale(kept.quantity_pico * 0.000000000001) AS quantity,
    carrier.unit AS quantity_unit,
    'manual'::text AS source,
    -- As in manual_report_counted; by the tables themselves, since views below would be read with the rights of who asks.
    NOT EXISTS (
        SELECT
        FROM meter_term AS term
        JOIN meter USING (meter_id)
        CROSS JOIN LATERAL (
            SELECT
                greatest(
                    min(membership.valid_from), meter.valid_from, (term.valid_from AT TIME ZONE 'Asia/Shanghai')::date
                ) AS from_day,
                least(meter.valid_to, (term.valid_to AT TIME ZONE 'Asia/Shanghai')::date) AS to_day
            FROM membership
            WHERE membership.enterprise_id = unit.enterprise_id
        ) AS stood
        WHERE term.withdrawn_at IS NULL
            AND term.unit_id = kept.unit_id
            AND meter.carrier = kept.carrier
            AND kept.flow IN (meter.flow, meter.negative_flow)
            AND stood.from_day < stood.to_day
            AND stood.from_day < kept.month + interval '1 month'
            AND stood.to_day > kept.month
    ) AS counts,
    kept.document,
    kept.version,
    kept.recorded_at,
    kept.manual_report_id AS report_number
FROM (
    SELECT DISTINCT ON (unit_id, carrier, flow, month) *
    FROM manual_report
    ORDER BY unit_id, carrier, flow, month, version DESC
) AS kept
JOIN carrier ON carrier.code = kept.carrier
JOIN unit USING (unit_id)
JOIN enterprise USING (enterprise_id)
LEFT JOIN LATERAL (
    SELECT area_code, park_id
    FROM membership
    WHERE membership.enterprise_id = unit.enterprise_id AND valid_from < kept.month + interval '1 month'
    ORDER BY valid_from DESC
    LIMIT 1
) AS place ON TRUE
LEFT JOIN park ON park.park_id = place.park_id
WHERE
    kept.quantity_pico IS NOT NULL
    AND (
        (SELECT open_sees_all())
        OR place.area_code = ANY ((SELECT open_areas())::text[])
        OR unit.enterprise_id = (SELECT open_enterprise())
    );
COMMENT ON VIEW open.manual_report IS '手工月报（人工填报，不在能耗视图中） · Quantities of months that people entered from papers; in none of the views of energy';
COMMENT ON COLUMN open.manual_report.time IS '月份起点 · Start of the month';
COMMENT ON COLUMN open.manual_report.local_month IS '月份（北京时间） · Month of Asia/Shanghai';
COMMENT ON COLUMN open.manual_report.unit IS '用能单元编码 · Code of the unit';
COMMENT ON COLUMN open.manual_report.enterprise IS '统一社会信用代码 · Unified social credit code of the enterprise';
COMMENT ON COLUMN open.manual_report.area IS '月末所属旗县区划代码 (GB/T 2260)；空：未归属 · GB/T 2260 code of the banner at the end of the month; empty: none';
COMMENT ON COLUMN open.manual_report.park IS '月末所在园区编码；空：不在园区 · Code of the park at the end of the month; empty: none';
COMMENT ON COLUMN open.manual_report.carrier IS '能源品种代码 · Code of the energy carrier';
COMMENT ON COLUMN open.manual_report.flow IS '流向 · Which way it counts';
COMMENT ON COLUMN open.manual_report.quantity IS '填报实物量 · What was reported';
COMMENT ON COLUMN open.manual_report.quantity_unit IS '实物量单位 · Unit of the quantity';
COMMENT ON COLUMN open.manual_report.source IS '数据来源，恒为 manual（人工填报） · Always manual: entered by a person';
COMMENT ON COLUMN open.manual_report.counts IS '当月无该品种和流向的计量点，计入合计 · Whether it counts in sums: no meter of the carrier and flow stood there on any day of the month';
COMMENT ON COLUMN open.manual_report.document IS '凭证编号 · Number of the paper';
COMMENT ON COLUMN open.manual_report.version IS '版本，每次更正加一 · Version; each correction is the next';
COMMENT ON COLUMN open.manual_report.recorded_at IS '填报时间 · When this version was entered';
COMMENT ON COLUMN open.manual_report.report_number IS '内部编号 · Number within this database';

-- Sums ask for months of all units, of which the key of the table begins with the unit.
-- not online: entered by people, some thousand a month, so the index is built in a moment
CREATE INDEX manual_report_month ON manual_report (month);
