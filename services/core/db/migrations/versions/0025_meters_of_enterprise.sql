CREATE FUNCTION meters_since(of_credit_code text, since timestamptz) RETURNS SETOF integer LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT DISTINCT term.meter_id
FROM meter_term_now AS term
JOIN unit USING (unit_id)
JOIN enterprise USING (enterprise_id)
WHERE enterprise.credit_code = of_credit_code
    AND term.valid_to > since
$$;
COMMENT ON FUNCTION meters_since IS 'Every meter that belonged to an enterprise at any time since, of whoever it is now: what is booked for the enterprise must not depend on what the account that asks may see';
