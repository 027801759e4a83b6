-- A function of the same name for one table would come before PostgreSQL's own, which is for any, whatever the search path; so where the
-- audit takes rows apart, it says whose function it means.
DO $$
DECLARE
    keeping regprocedure;
BEGIN
    FOREACH keeping IN ARRAY ARRAY['audit_change()', 'audit_standing(text)', 'take_in_audited()']::regprocedure[] LOOP
        EXECUTE regexp_replace(pg_get_functiondef(keeping), '\mto_jsonb\(', 'pg_catalog.to_jsonb(', 'g');
    END LOOP;
    FOREACH keeping IN ARRAY ARRAY['audit_key(jsonb, text[])', 'audit_marked(jsonb, text[])']::regprocedure[] LOOP
        EXECUTE regexp_replace(
            pg_get_functiondef(keeping),
            '\m(array_to_string|cardinality|jsonb_object_agg|unnest)\(',
            'pg_catalog.\1(',
            'g'
        );
    END LOOP;
END
$$;
