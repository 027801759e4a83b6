-- Outlets of holders of pollution discharge permits, the monitor at each, what is permitted there, and when it stood still.

CREATE TABLE outlet (
    outlet_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE,
    enterprise_id integer NOT NULL REFERENCES enterprise (enterprise_id),
    name_zh text NOT NULL,
    name_en text,
    medium text NOT NULL CHECK (medium IN ('gas', 'water')),
    permit text,
    emits_voc boolean NOT NULL,
    gateway_id integer UNIQUE REFERENCES gateway (gateway_id),
    monitored_from date,
    monitored_to date,
    CHECK (monitored_from IS NULL OR gateway_id IS NOT NULL),
    CHECK (monitored_to IS NULL OR monitored_to > monitored_from)
);
COMMENT ON TABLE outlet IS 'Places where waste gas or waste water leaves an enterprise (排放口)';
COMMENT ON COLUMN outlet.permit IS 'Number of the pollution discharge permit (排污许可证); empty: none is known';
COMMENT ON COLUMN outlet.emits_voc IS 'Whether volatile organic compounds leave here, so that they are to be monitored';
COMMENT ON COLUMN outlet.gateway_id IS 'The monitor; empty: there is none';
COMMENT ON COLUMN outlet.monitored_from IS 'First day (Asia/Shanghai) on which its hours are due; empty: none is';
COMMENT ON COLUMN outlet.monitored_to IS 'First day on which they are due no longer';
CREATE INDEX outlet_enterprise ON outlet (enterprise_id);

CREATE TABLE outlet_limit (
    outlet_id integer NOT NULL REFERENCES outlet (outlet_id) ON DELETE CASCADE,
    factor text NOT NULL,
    grain text NOT NULL CHECK (grain IN ('hour', 'day')),
    valid_from date NOT NULL,
    number double precision NOT NULL CHECK (number > 0),
    converted boolean NOT NULL,
    source text NOT NULL,
    PRIMARY KEY (outlet_id, factor, grain, valid_from)
);
COMMENT ON TABLE outlet_limit IS 'The greatest mean that is permitted at an outlet, from a day on until the next one';
COMMENT ON COLUMN outlet_limit.number IS 'In the unit of the factor, mg/m3 or mg/L';
COMMENT ON COLUMN outlet_limit.converted IS 'Of the mean at the reference oxygen content (折算)';

CREATE TABLE outlet_stop (
    outlet_id integer NOT NULL REFERENCES outlet (outlet_id) ON DELETE CASCADE,
    from_ts timestamptz NOT NULL,
    to_ts timestamptz NOT NULL CHECK (to_ts > from_ts),
    reason text NOT NULL,
    PRIMARY KEY (outlet_id, from_ts)
);
COMMENT ON TABLE outlet_stop IS 'When an outlet was filed as standing still (报备停运): hours that lie wholly in it are not due';

CREATE FUNCTION acts_on_outlet(of_outlet integer) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT coalesce((SELECT acts_on_enterprise(enterprise_id) FROM outlet WHERE outlet_id = of_outlet), false)
$$;
COMMENT ON FUNCTION acts_on_outlet IS 'Whether an outlet is theirs to act on';

CREATE OR REPLACE FUNCTION codes_taken(of_kind text, of_codes text[]) RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT credit_code FROM enterprise WHERE of_kind = 'enterprise' AND credit_code = ANY (of_codes)
UNION ALL
SELECT code FROM park WHERE of_kind = 'park' AND code = ANY (of_codes)
UNION ALL
SELECT code FROM unit WHERE of_kind = 'unit' AND code = ANY (of_codes)
UNION ALL
SELECT code FROM gateway WHERE of_kind = 'gateway' AND code = ANY (of_codes)
UNION ALL
SELECT code FROM meter WHERE of_kind = 'meter' AND code = ANY (of_codes)
UNION ALL
SELECT code FROM supervision_body WHERE of_kind = 'supervision_body' AND code = ANY (of_codes)
UNION ALL
SELECT code FROM outlet WHERE of_kind = 'outlet' AND code = ANY (of_codes)
$$;

DO $$
DECLARE
    held text;
    seen text;
    acted text;
BEGIN
    FOREACH held IN ARRAY ARRAY['outlet', 'outlet_limit', 'outlet_stop'] LOOP
        IF held = 'outlet' THEN
            seen := 'EXISTS (SELECT FROM enterprise WHERE enterprise.enterprise_id = outlet.enterprise_id)';
            acted := 'acts_on_enterprise(enterprise_id)';
        ELSE
            seen := format('EXISTS (SELECT FROM outlet WHERE outlet.outlet_id = %I.outlet_id)', held);
            acted := 'acts_on_outlet(outlet_id)';
        END IF;
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', held);
        EXECUTE format('CREATE POLICY seen ON %I FOR SELECT USING ((SELECT sees_all()) OR %s)', held, seen);
        EXECUTE format('CREATE POLICY added ON %I FOR INSERT WITH CHECK ((SELECT sees_all()) OR %s)', held, acted);
        EXECUTE format('CREATE POLICY changed ON %I FOR UPDATE USING ((SELECT sees_all()) OR %s) WITH CHECK ((SELECT sees_all()) OR %s)', held, seen, acted);
        EXECUTE format('CREATE POLICY removed ON %I FOR DELETE USING ((SELECT sees_all()) OR %s)', held, seen);
        EXECUTE format('CREATE TRIGGER theirs_to_remove BEFORE DELETE ON %I FOR EACH ROW WHEN (NOT (sees_all() OR %s)) EXECUTE FUNCTION refuse_outside()', held, replace(replace(acted, '(enterprise_id)', '(old.enterprise_id)'), '(outlet_id)', '(old.outlet_id)'));
    END LOOP;
END
$$;

CREATE FUNCTION watched_outlets(today date, at timestamptz) RETURNS TABLE (
    outlet_id integer, gateway_id integer, code text, outlet text, name_zh text, name_en text, monitored_from date,
    credit_code text, trade text, area_code text, park_code text
) LANGUAGE sql STABLE AS $$
SELECT
    outlet.outlet_id,
    outlet.gateway_id,
    gateway.code,
    outlet.code,
    outlet.name_zh,
    coalesce(outlet.name_en, outlet.name_zh),
    outlet.monitored_from,
    enterprise.credit_code,
    enterprise.trade,
    home.area_code,
    home.park_code
FROM outlet
JOIN gateway ON gateway.gateway_id = outlet.gateway_id
JOIN enterprise ON enterprise.enterprise_id = outlet.enterprise_id
LEFT JOIN LATERAL (
    SELECT membership.area_code, park.code AS park_code
    FROM membership
    LEFT JOIN park USING (park_id)
    WHERE membership.enterprise_id = outlet.enterprise_id AND membership.valid_from <= today
    ORDER BY membership.valid_from DESC
    LIMIT 1
) AS home ON true
WHERE
    outlet.monitored_from <= today
    AND coalesce(outlet.monitored_to, 'infinity') > today
    AND NOT EXISTS (
        SELECT FROM outlet_stop
        WHERE outlet_stop.outlet_id = outlet.outlet_id AND outlet_stop.from_ts <= at AND outlet_stop.to_ts > at
    )
$$;
COMMENT ON FUNCTION watched_outlets IS 'Outlets whose hours are due on a day and that are not filed as standing still, by their gateways, with the place of their enterprise';

SELECT audit_table('outlet', '{outlet_id}', 'code');
SELECT audit_table('outlet_limit', '{outlet_id, factor, grain, valid_from}', 'outlet_id');
SELECT audit_table('outlet_stop', '{outlet_id, from_ts}', 'outlet_id');
