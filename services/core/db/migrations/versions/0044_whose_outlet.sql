-- Whose an outlet is, is told without the table of enterprises, which the intake does not read.
ALTER POLICY seen ON outlet USING ((SELECT sees_all()) OR enterprise_id = ANY ((SELECT seen_enterprises()) ::integer[]));
ALTER POLICY changed ON outlet USING ((SELECT sees_all()) OR enterprise_id = ANY ((SELECT seen_enterprises()) ::integer[]));
ALTER POLICY removed ON outlet USING ((SELECT sees_all()) OR enterprise_id = ANY ((SELECT seen_enterprises()) ::integer[]));
