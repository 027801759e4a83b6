CREATE FUNCTION codes_taken(of_kind text, of_codes text[]) RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
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
$$;
COMMENT ON FUNCTION codes_taken IS 'Those of the codes under which a thing of that kind is registered, where the account that asks cannot see it too: a code is given once';
