-- Rows that are compared as a whole are written by pg_dump as conditions within conditions, and stand otherwise in the database that is
-- restored from it: `enermon verify` took the guard for another. Conditions side by side come back as they were.
CREATE OR REPLACE TRIGGER alert_keeps_what_fired
BEFORE UPDATE ON alert
FOR EACH ROW
WHEN (
    old.alert_id IS DISTINCT FROM new.alert_id
    OR old.rule IS DISTINCT FROM new.rule
    OR old.subject_kind IS DISTINCT FROM new.subject_kind
    OR old.subject_code IS DISTINCT FROM new.subject_code
    OR old.fired_at IS DISTINCT FROM new.fired_at
    OR old.evidence IS DISTINCT FROM new.evidence
)
EXECUTE FUNCTION refuse_change('rule, subject, time and evidence of an alert stay as they fired');
CREATE OR REPLACE TRIGGER proposal_stays
BEFORE UPDATE ON proposal
FOR EACH ROW
WHEN (
    old.decided_at IS NOT NULL
    OR old.proposal_id IS DISTINCT FROM new.proposal_id
    OR old.method IS DISTINCT FROM new.method
    OR old.path IS DISTINCT FROM new.path
    OR old.query IS DISTINCT FROM new.query
    OR old.operation IS DISTINCT FROM new.operation
    OR old.content_type IS DISTINCT FROM new.content_type
    OR old.body IS DISTINCT FROM new.body
    OR old.author IS DISTINCT FROM new.author
    OR old.enterprise_ids IS DISTINCT FROM new.enterprise_ids
    OR old.effect IS DISTINCT FROM new.effect
    OR old.made_at IS DISTINCT FROM new.made_at
    OR old.expires_at IS DISTINCT FROM new.expires_at
)
EXECUTE FUNCTION keep_what_was_proposed();

-- The first migrations were still written on after 0.2.0: what its databases lack.
CREATE OR REPLACE VIEW judged_tenure AS
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
COMMENT ON COLUMN unit.design_energy_tce IS 'Energy of a year by design, tce on the equivalent basis (of coal power on the calorific one)';
COMMENT ON COLUMN unit.approved_energy_tce IS 'Energy of a year approved by the energy-saving review, tce on the same basis as by design';
COMMENT ON COLUMN seal.digest IS 'SHA-256 of all that the batch or the correction says (services/provenance/digest.py)';
