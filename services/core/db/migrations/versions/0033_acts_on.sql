-- A meter's day is acted on by those who act on whose day it was: a meter that passes on takes its earlier days to nobody.
CREATE FUNCTION acts_on_meter_in(of_meter integer, from_ts timestamptz, to_ts timestamptz) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT coalesce(bool_and(acts_on_unit(unit_id)), false)
FROM meter_term
WHERE meter_id = of_meter
    AND withdrawn_at IS NULL
    AND valid_from < to_ts
    AND valid_to > from_ts
$$;
COMMENT ON FUNCTION acts_on_meter_in IS 'Whether a meter is theirs to act on in all of [from_ts, to_ts): by the units it belonged to then, and where their enterprises belong today';

CREATE FUNCTION acts_on_meter_at(of_meter integer, ts timestamptz) RETURNS boolean LANGUAGE sql STABLE
RETURN acts_on_meter_in(of_meter, ts, ts + interval '1 microsecond');

-- Run as who asks: what is not seen is not acted on.
CREATE FUNCTION acts_on_subject(kind text, subject_code text) RETURNS boolean LANGUAGE sql STABLE
RETURN CASE kind
    WHEN 'area' THEN subject_code = ANY (seen_areas())
    WHEN 'park' THEN EXISTS (SELECT FROM park WHERE park.code = subject_code)
    WHEN 'enterprise' THEN EXISTS (SELECT FROM enterprise WHERE credit_code = subject_code AND acts_on_enterprise(enterprise_id))
    WHEN 'unit' THEN EXISTS (SELECT FROM unit WHERE unit.code = subject_code AND acts_on_enterprise(enterprise_id))
    WHEN 'gateway' THEN EXISTS (SELECT FROM gateway WHERE gateway.code = subject_code AND acts_on_enterprise(enterprise_id))
    WHEN 'meter' THEN EXISTS (SELECT FROM meter WHERE meter.code = subject_code AND acts_on_unit(unit_id))
    ELSE false
END;
COMMENT ON FUNCTION acts_on_subject IS 'Whether what a kind and a code name is theirs to act on. Who has left is still seen, and is not';

CREATE FUNCTION acts_on_silence(area_code text, enterprise_code text, subject_kind text, subject_code text) RETURNS boolean LANGUAGE sql STABLE
RETURN coalesce(
    CASE
        WHEN area_code IS NOT NULL THEN acts_on_subject('area', area_code)
        WHEN enterprise_code IS NOT NULL THEN acts_on_subject('enterprise', enterprise_code)
        ELSE acts_on_subject(subject_kind, subject_code)
    END,
    false
);

CREATE FUNCTION acts_on_subscription(body_code text, enterprise_code text) RETURNS boolean LANGUAGE sql STABLE
RETURN CASE
    WHEN body_code IS NOT NULL THEN EXISTS (SELECT FROM supervision_body WHERE supervision_body.code = body_code)
    ELSE acts_on_subject('enterprise', enterprise_code)
END;

CREATE FUNCTION pg_temp.act_by(held text, asking text, VARIADIC given text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    acted CONSTANT text := format('%s(%s)', asking, array_to_string(given, ', '));
BEGIN
    EXECUTE format('ALTER POLICY added ON %I WITH CHECK ((SELECT sees_all()) OR %s)', held, acted);
    EXECUTE format('ALTER POLICY changed ON %I WITH CHECK ((SELECT sees_all()) OR %s)', held, acted);
    EXECUTE format('DROP TRIGGER IF EXISTS theirs_to_remove ON %I', held);
    EXECUTE format(
        'CREATE TRIGGER theirs_to_remove BEFORE DELETE ON %I FOR EACH ROW WHEN (NOT (sees_all() OR %s(old.%s))) EXECUTE FUNCTION refuse_outside()',
        held,
        asking,
        array_to_string(given, ', old.')
    );
END
$$;

SELECT
    pg_temp.act_by('correction', 'acts_on_meter_at', 'meter_id', 'ts'),
    pg_temp.act_by('reading_acceptance', 'acts_on_meter_at', 'meter_id', 'ts'),
    pg_temp.act_by('meter_replacement', 'acts_on_meter_at', 'meter_id', 'ts'),
    pg_temp.act_by('settlement', 'acts_on_meter_in', 'meter_id', 'from_ts', 'to_ts'),
    pg_temp.act_by('statistic', 'acts_on_subject', 'owner_kind', 'owner_code'),
    pg_temp.act_by('silence', 'acts_on_silence', 'area_code', 'enterprise_code', 'subject_kind', 'subject_code'),
    pg_temp.act_by('subscription', 'acts_on_subscription', 'body_code', 'enterprise_code');

-- Numbers of areas are public among those who supervise them.
ALTER POLICY seen ON statistic USING (
    (SELECT sees_all()) OR CASE owner_kind
        WHEN 'area' THEN (SELECT coalesce(current_setting('enermon.reach', true), '') = 'areas')
        WHEN 'park' THEN EXISTS (SELECT FROM park WHERE park.code = owner_code)
        WHEN 'enterprise' THEN EXISTS (SELECT FROM enterprise WHERE enterprise.credit_code = owner_code)
        WHEN 'unit' THEN EXISTS (SELECT FROM unit WHERE unit.code = owner_code)
        ELSE false
    END
);
