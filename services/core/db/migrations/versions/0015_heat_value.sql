-- Measured heat values of the fuels of enterprises, which go before the coefficients of the tables.

CREATE TABLE heat_value (
    heat_value_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enterprise_id integer NOT NULL REFERENCES enterprise (enterprise_id),
    carrier text NOT NULL REFERENCES carrier (code),
    month date CHECK (extract(day FROM month) = 1),
    version integer NOT NULL CHECK (version > 0),
    ncv_mj numeric CHECK (ncv_mj > 0),
    carbon_tc_per_tj numeric CHECK (carbon_tc_per_tj > 0),
    carbon_tc_per_t numeric CHECK (carbon_tc_per_t > 0),
    laboratory text NOT NULL,
    report text NOT NULL,
    reason text,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE NULLS NOT DISTINCT (enterprise_id, carrier, month, version),
    CHECK (num_nonnulls(carbon_tc_per_tj, carbon_tc_per_t) <= 1)
);
COMMENT ON TABLE heat_value IS 'Heat values as laboratories reported them, in versions: a correction or a withdrawal is a new version; nothing is overwritten';
COMMENT ON COLUMN heat_value.month IS 'First day of the month (Asia/Shanghai) for which it was measured; empty: the default of the enterprise for every month without one';
COMMENT ON COLUMN heat_value.ncv_mj IS 'Net heat value as received, MJ per kg of what is kept by mass, per m3 of gases; empty: withdrawn by this version';
COMMENT ON COLUMN heat_value.carbon_tc_per_tj IS 'Carbon for the heat, tC/TJ; empty: that of the table';
COMMENT ON COLUMN heat_value.carbon_tc_per_t IS 'Carbon of the mass, tC/t, of what is kept by mass; instead of the carbon for the heat';
COMMENT ON COLUMN heat_value.reason IS 'Why it lies outside the range of the carrier or far from the month before, or why it was corrected or withdrawn';

CREATE VIEW heat_value_now AS
SELECT *
FROM (
    SELECT DISTINCT ON (enterprise_id, carrier, month)
        heat_value_id,
        enterprise_id,
        carrier,
        month,
        version,
        ncv_mj,
        carbon_tc_per_tj,
        carbon_tc_per_t,
        laboratory,
        report,
        reason,
        recorded_at
    FROM heat_value
    ORDER BY enterprise_id, carrier, month, version DESC
) AS newest
WHERE ncv_mj IS NOT NULL;
COMMENT ON VIEW heat_value_now IS 'Those that count: the newest version of each that is not withdrawn';

CREATE VIEW heat_value_row AS
SELECT
    kept.heat_value_id AS id,
    kept.enterprise_id,
    enterprise.credit_code AS enterprise,
    enterprise.name_zh AS enterprise_name_zh,
    enterprise.name_en AS enterprise_name_en,
    kept.carrier,
    COALESCE(to_char(kept.month, 'YYYY-MM'), 'own') AS period,
    kept.version,
    kept.ncv_mj::double precision AS ncv_mj,
    kept.carbon_tc_per_tj::double precision AS carbon_tc_per_tj,
    kept.carbon_tc_per_t::double precision AS carbon_tc_per_t,
    kept.laboratory,
    kept.report,
    kept.reason,
    kept.recorded_at
FROM heat_value AS kept
JOIN enterprise USING (enterprise_id);
COMMENT ON VIEW heat_value_row IS 'Heat values as they are listed; period: the month, or own for the default of the enterprise';
