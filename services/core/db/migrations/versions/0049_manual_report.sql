-- What people entered by hand of a month of a unit, from its papers. Beside what meters measured, and in their place where there is none.

CREATE TABLE manual_report (
    manual_report_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit_id integer NOT NULL REFERENCES unit (unit_id),
    carrier text NOT NULL REFERENCES carrier (code),
    flow text NOT NULL CHECK (flow IN ('input', 'output', 'feedstock', 'renewable')),
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    version integer NOT NULL CHECK (version > 0),
    quantity_pico numeric(38, 0) CHECK (quantity_pico >= 0),
    value double precision CHECK (value >= 0),
    unit_of_measure text NOT NULL,
    document text NOT NULL,
    reason text,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text DEFAULT acting_account(),
    UNIQUE (unit_id, carrier, flow, month, version),
    CHECK (num_nonnulls(quantity_pico, value) IN (0, 2))
);
COMMENT ON TABLE manual_report IS 'Quantities of months as people entered them from papers, in versions: a correction or a withdrawal is a new version; nothing is overwritten';
COMMENT ON COLUMN manual_report.month IS 'First day of the month (Asia/Shanghai)';
COMMENT ON COLUMN manual_report.quantity_pico IS 'In 1e-12 of the unit of the carrier; empty: withdrawn by this version';
COMMENT ON COLUMN manual_report.value IS 'As it was entered, in unit_of_measure';
COMMENT ON COLUMN manual_report.document IS 'Number of the paper it was taken from: an invoice, a weighing list, a monthly statement';
COMMENT ON COLUMN manual_report.reason IS 'Why it was corrected or withdrawn';
COMMENT ON COLUMN manual_report.recorded_by IS 'Account that has given this version; empty: the operator of the database';

CREATE VIEW manual_report_now WITH (security_invoker = true) AS
SELECT *
FROM (
    SELECT DISTINCT ON (unit_id, carrier, flow, month)
        manual_report_id,
        unit_id,
        carrier,
        flow,
        month,
        version,
        quantity_pico
    FROM manual_report
    ORDER BY unit_id, carrier, flow, month, version DESC
) AS newest
WHERE quantity_pico IS NOT NULL;
COMMENT ON VIEW manual_report_now IS 'The newest version of each that is not withdrawn';

CREATE VIEW manual_report_counted WITH (security_invoker = true) AS
SELECT
    kept.manual_report_id,
    kept.month,
    kept.carrier,
    kept.flow,
    kept.quantity_pico,
    kept.unit_id,
    unit.enterprise_id,
    place.area_code,
    place.park_id
FROM manual_report_now AS kept
JOIN unit USING (unit_id)
LEFT JOIN LATERAL (
    SELECT area_code, park_id
    FROM membership
    WHERE membership.enterprise_id = unit.enterprise_id AND valid_from < kept.month + interval '1 month'
    ORDER BY valid_from DESC
    LIMIT 1
) AS place ON true
WHERE NOT EXISTS (
    SELECT
    FROM tenure
    WHERE tenure.unit_id = kept.unit_id
        AND tenure.carrier = kept.carrier
        AND tenure.flow = kept.flow
        AND tenure.from_day < kept.month + interval '1 month'
        AND tenure.to_day > kept.month
);
COMMENT ON VIEW manual_report_counted IS 'Those that stand in place of a meter: of units without any meter of the carrier and flow on any day of the month; placed where the enterprise was at its end';

CREATE VIEW manual_report_row WITH (security_invoker = true) AS
SELECT
    kept.manual_report_id AS id,
    unit.enterprise_id,
    enterprise.credit_code AS enterprise,
    unit.code AS unit_code,
    kept.carrier,
    kept.flow,
    kept.month AS first_day,
    to_char(kept.month, 'YYYY-MM') AS period,
    kept.version,
    kept.quantity_pico,
    carrier.unit AS quantity_unit,
    kept.value,
    kept.unit_of_measure,
    kept.document,
    kept.reason,
    kept.recorded_at,
    kept.recorded_by
FROM manual_report AS kept
JOIN unit USING (unit_id)
JOIN enterprise USING (enterprise_id)
JOIN carrier ON carrier.code = kept.carrier;
COMMENT ON VIEW manual_report_row IS 'Manual reports as they are listed';

ALTER TABLE manual_report ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON manual_report FOR SELECT USING ((SELECT sees_all()) OR EXISTS (SELECT FROM unit WHERE unit.unit_id = manual_report.unit_id));
CREATE POLICY added ON manual_report FOR INSERT WITH CHECK ((SELECT sees_all()) OR acts_on_unit(unit_id));

SELECT audit_table('manual_report', '{manual_report_id}', 'unit_id');
