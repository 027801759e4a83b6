-- What the judgement of energy needs beside meters: what is approved and designed, and what is reported.

ALTER TABLE carrier ADD COLUMN nbs_code text;
ALTER TABLE carrier ADD COLUMN family text NOT NULL DEFAULT 'other';
COMMENT ON COLUMN carrier.nbs_code IS 'Two-digit code in energy table 205-1 of the statistics bureau';
COMMENT ON COLUMN carrier.family IS 'coal, oil, gas, electricity, heat, biomass, other or none (no energy)';

ALTER TABLE unit ADD COLUMN design_energy_tce double precision CHECK (design_energy_tce >= 0);
ALTER TABLE unit ADD COLUMN approved_energy_tce double precision CHECK (approved_energy_tce >= 0);
ALTER TABLE unit ADD COLUMN retrofit_listed_on date;
ALTER TABLE unit ADD COLUMN retrofit_due_on date;
ALTER TABLE unit ADD COLUMN capacity_class text CHECK (capacity_class IN ('permitted', 'restricted', 'eliminated'));
ALTER TABLE unit ADD COLUMN measuring_category smallint CHECK (measuring_category BETWEEN 1 AND 3);
ALTER TABLE unit ADD COLUMN standard_racks integer CHECK (standard_racks > 0);
ALTER TABLE unit ADD CONSTRAINT unit_retrofit CHECK (retrofit_due_on IS NULL OR retrofit_due_on > retrofit_listed_on);
COMMENT ON COLUMN unit.design_energy_tce IS 'Energy of a year by design, tce on the equivalent basis (of coal power on the calorific one)';
COMMENT ON COLUMN unit.approved_energy_tce IS 'Energy of a year approved by the energy-saving review, tce on the same basis as by design';
COMMENT ON COLUMN unit.retrofit_listed_on IS 'Day (Asia/Shanghai) from which the unit must be retrofitted';
COMMENT ON COLUMN unit.retrofit_due_on IS 'Day by which the retrofit must be done; empty: the longest time the plan allows';
COMMENT ON COLUMN unit.measuring_category IS 'Of a data centre: where the IT load is measured, 1 UPS output, 2 distribution output, 3 input of the equipment';
COMMENT ON COLUMN unit.standard_racks IS 'Of a data centre: its size in standard racks';

CREATE TABLE statistic (
    owner_kind text NOT NULL CHECK (owner_kind IN ('area', 'park', 'enterprise', 'unit')),
    owner_code text NOT NULL,
    kind text NOT NULL,
    period text NOT NULL CHECK (period ~ '^[0-9]{4}(-Q[1-4]|-(0[1-9]|1[0-2]))?$'),
    price_base smallint NOT NULL DEFAULT 0,
    version integer NOT NULL CHECK (version > 0),
    value numeric NOT NULL,
    reported_by text NOT NULL,
    note text,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (owner_kind, owner_code, kind, period, price_base, version)
);
COMMENT ON TABLE statistic IS 'What is reported and not metered: output, GDP, value added, floor area, head counts. A correction is a new version; nothing is overwritten';
COMMENT ON COLUMN statistic.owner_code IS 'area.code, park.code, enterprise.credit_code or unit.code';
COMMENT ON COLUMN statistic.kind IS 'A row of the data file statistic_kinds.csv, which gives the unit of the value';
COMMENT ON COLUMN statistic.period IS 'Year 2025, quarter 2025-Q1 or month 2025-03 of Asia/Shanghai';
COMMENT ON COLUMN statistic.price_base IS 'Year at whose constant prices the value is given; 0 where it is no money';

CREATE VIEW statistic_now AS
SELECT DISTINCT ON (owner_kind, owner_code, kind, period, price_base)
    owner_kind,
    owner_code,
    kind,
    period,
    price_base,
    version,
    value,
    reported_by,
    note,
    recorded_at
FROM statistic
ORDER BY owner_kind, owner_code, kind, period, price_base, version DESC;
COMMENT ON VIEW statistic_now IS 'The newest version of each';

CREATE VIEW judged_tenure AS
WITH measure AS (
    SELECT
        unit_id,
        enterprise_id,
        area_code,
        park_id,
        carrier,
        flow,
        range_agg(daterange(from_day, to_day)) AS days
    FROM tenure
    WHERE flow <> 'sub'
    GROUP BY unit_id, enterprise_id, area_code, park_id, carrier, flow
),
spell AS (
    SELECT unit_id, area_code, park_id, range_agg(days) AS days
    FROM measure
    GROUP BY unit_id, area_code, park_id
    HAVING count(DISTINCT days) > 1
)
SELECT carrier, flow, unit_id, enterprise_id, area_code, park_id, from_day, to_day, false AS before_meter
FROM tenure
UNION ALL
SELECT
    measure.carrier,
    measure.flow,
    measure.unit_id,
    measure.enterprise_id,
    measure.area_code,
    measure.park_id,
    lower(gap.days),
    upper(gap.days),
    true
FROM spell
JOIN measure
    ON measure.unit_id = spell.unit_id
    AND measure.area_code = spell.area_code
    AND measure.park_id IS NOT DISTINCT FROM spell.park_id
CROSS JOIN LATERAL unnest(spell.days - measure.days) AS gap (days);
COMMENT ON VIEW judged_tenure IS 'Tenure of the meters, and besides the days on which a unit had meters but none of this carrier and flow: what began later than the rest counts as missing before, so that a ratio is not formed of unlike times';
