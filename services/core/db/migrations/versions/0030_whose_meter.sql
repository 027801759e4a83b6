-- A meter is seen by whom it once belonged to, since their sums count it. What is found of it now is not theirs.
ALTER POLICY seen ON finding USING (
    (SELECT sees_all()) OR CASE subject_kind
        WHEN 'area' THEN subject_code = ANY ((SELECT seen_areas())::text[])
        WHEN 'park' THEN EXISTS (SELECT FROM park WHERE park.code = subject_code)
        WHEN 'enterprise' THEN EXISTS (SELECT FROM enterprise WHERE enterprise.credit_code = subject_code)
        WHEN 'unit' THEN EXISTS (SELECT FROM unit WHERE unit.code = subject_code)
        WHEN 'gateway' THEN EXISTS (SELECT FROM gateway WHERE gateway.code = subject_code)
        WHEN 'meter' THEN EXISTS (SELECT FROM meter JOIN unit USING (unit_id) WHERE meter.code = subject_code)
        ELSE false
    END
);
ALTER POLICY seen ON alert_state USING (
    (SELECT sees_all()) OR CASE subject_kind
        WHEN 'area' THEN subject_code = ANY ((SELECT seen_areas())::text[])
        WHEN 'park' THEN EXISTS (SELECT FROM park WHERE park.code = subject_code)
        WHEN 'enterprise' THEN EXISTS (SELECT FROM enterprise WHERE enterprise.credit_code = subject_code)
        WHEN 'unit' THEN EXISTS (SELECT FROM unit WHERE unit.code = subject_code)
        WHEN 'gateway' THEN EXISTS (SELECT FROM gateway WHERE gateway.code = subject_code)
        WHEN 'meter' THEN EXISTS (SELECT FROM meter JOIN unit USING (unit_id) WHERE meter.code = subject_code)
        ELSE false
    END
);
