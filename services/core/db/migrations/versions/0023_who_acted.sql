-- Who acted is the account whose request it is. A transaction of the API says it at its beginning (enermon.account); the tables that record an act
-- take it from there, so that no body of a request, and no forgotten parameter, says another. Of what the services or a person at the database
-- write it is empty, unless they say it themselves.

CREATE FUNCTION acting_account() RETURNS text LANGUAGE sql STABLE
RETURN nullif(current_setting('enermon.account', true), '');
COMMENT ON FUNCTION acting_account IS 'Name of the account whose request this transaction is; empty: a service, or a person at the database';

ALTER TABLE rule_version ALTER author SET DEFAULT acting_account();
ALTER TABLE silence ALTER author SET DEFAULT acting_account();
ALTER TABLE meter_term ALTER author SET DEFAULT acting_account(), ADD withdrawn_by text;
ALTER TABLE settlement ALTER author SET DEFAULT acting_account(), ADD withdrawn_by text;
ALTER TABLE reading_acceptance ALTER accepted_by SET DEFAULT acting_account();
ALTER TABLE statistic ALTER reported_by SET DEFAULT acting_account();
-- Added first, so that what was there stays without; then with the default.
ALTER TABLE meter_replacement ADD recorded_by text;
ALTER TABLE membership ADD recorded_by text;
ALTER TABLE unit_input ADD recorded_by text;
ALTER TABLE heat_value ADD recorded_by text;
ALTER TABLE reinterpretation ADD changed_by text;
ALTER TABLE alert_step ADD account text;
ALTER TABLE meter_replacement ALTER recorded_by SET DEFAULT acting_account();
ALTER TABLE membership ALTER recorded_by SET DEFAULT acting_account();
ALTER TABLE unit_input ALTER recorded_by SET DEFAULT acting_account();
ALTER TABLE heat_value ALTER recorded_by SET DEFAULT acting_account();
ALTER TABLE reinterpretation ALTER changed_by SET DEFAULT acting_account();
ALTER TABLE alert_step ALTER account SET DEFAULT acting_account();

COMMENT ON COLUMN meter_term.author IS 'Account that has written it; of before there were accounts: a name as it was given; empty: nobody said';
COMMENT ON COLUMN meter_term.withdrawn_by IS 'Account that has withdrawn or corrected it';
COMMENT ON COLUMN settlement.withdrawn_by IS 'Account that has withdrawn it';
COMMENT ON COLUMN meter_replacement.recorded_by IS 'Account that has recorded it; empty: it was recorded before there were accounts';
COMMENT ON COLUMN membership.recorded_by IS 'Account that has said it last; empty: it was said before there were accounts';
COMMENT ON COLUMN unit_input.recorded_by IS 'Account that has given it; empty: it was given before there were accounts';
COMMENT ON COLUMN heat_value.recorded_by IS 'Account that has given this version; empty: it was given before there were accounts';
COMMENT ON COLUMN reinterpretation.changed_by IS 'Account whose change it was';
COMMENT ON COLUMN alert_step.account IS 'Account that took it; empty: it was taken before there were accounts';
COMMENT ON COLUMN alert_step.actor IS 'supervision_body:NAME OF THE ACCOUNT (before there were accounts: the code of a body), or enterprise:CREDIT_CODE';
COMMENT ON COLUMN correction.author IS 'Account that sent it; before there were accounts: holder of the token of a corrector';
COMMENT ON TABLE corrector IS 'People who could correct readings before there were accounts: whom the authors of old corrections name. Not written any more';

CREATE OR REPLACE VIEW heat_value_row WITH (security_invoker = true) AS
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
    kept.recorded_at,
    kept.recorded_by
FROM heat_value AS kept
JOIN enterprise USING (enterprise_id);
