-- Who acts on memberships: where the enterprise belongs today, and on the days of its own areas. And a key that is
-- narrowed to areas sees there alone what its author has proposed.

DROP POLICY added ON membership;
DROP POLICY changed ON membership;
CREATE POLICY added ON membership FOR INSERT
WITH CHECK ((SELECT sees_all()) OR (acts_on_enterprise(enterprise_id) AND area_code = ANY ((SELECT seen_areas()) ::text[])));
CREATE POLICY changed ON membership FOR UPDATE
USING ((SELECT sees_all()) OR enterprise_id = ANY ((SELECT seen_enterprises()) ::integer[]))
WITH CHECK ((SELECT sees_all()) OR (acts_on_enterprise(enterprise_id) AND area_code = ANY ((SELECT seen_areas()) ::text[])));

CREATE OR REPLACE FUNCTION refuse_outside() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING
        MESSAGE = 'row-level security: a row of ' || tg_table_name || ' that is seen, but not theirs to ' || CASE tg_op WHEN 'DELETE' THEN 'remove' ELSE 'change' END,
        ERRCODE = 'insufficient_privilege';
END
$$;
-- A policy judges a changed row as it is to be alone; this, as it was.
CREATE TRIGGER theirs_to_remove
BEFORE UPDATE OR DELETE ON membership
FOR EACH ROW
WHEN (NOT (sees_all() OR (acts_on_enterprise(old.enterprise_id) AND old.area_code = ANY (seen_areas()))))
EXECUTE FUNCTION refuse_outside();

DROP POLICY seen ON proposal;
DROP POLICY changed ON proposal;
-- Its author, who may have left a part of what it changes meanwhile, sees it as long as a part is within the reach.
CREATE POLICY seen ON proposal FOR SELECT
USING (
    (SELECT sees_all())
    OR enterprise_ids <@ (SELECT seen_enterprises()) ::integer[]
    OR (author = (SELECT acting_account()) AND enterprise_ids && (SELECT seen_enterprises()) ::integer[])
);
CREATE POLICY changed ON proposal FOR UPDATE
USING (
    (SELECT sees_all())
    OR enterprise_ids <@ (SELECT seen_enterprises()) ::integer[]
    OR (author = (SELECT acting_account()) AND enterprise_ids && (SELECT seen_enterprises()) ::integer[])
);
