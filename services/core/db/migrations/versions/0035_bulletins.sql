-- 月报: what was said of an area and a month, as it was issued. Issued again it is another version; none is changed.

CREATE TABLE bulletin (
    bulletin_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    area_code text NOT NULL REFERENCES area (code),
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    version integer NOT NULL CHECK (version > 0),
    content text NOT NULL CHECK (octet_length(content) <= 10000000),
    digest bytea NOT NULL,
    issued_by text NOT NULL DEFAULT acting_account(),
    issued_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (area_code, month, version),
    CHECK (digest = sha256(convert_to(content, 'UTF8')))
);
COMMENT ON TABLE bulletin IS 'Bulletins as they were issued; only added to';
COMMENT ON COLUMN bulletin.month IS 'First day of the calendar month of Asia/Shanghai';
COMMENT ON COLUMN bulletin.version IS '1, and one more each time it is issued again and says something else';
COMMENT ON COLUMN bulletin.content IS 'JSON with its keys in order and no blanks, so that the same content has the same digest (services/api/bulletins/content.py)';
COMMENT ON COLUMN bulletin.digest IS 'SHA-256 of the content in UTF-8';
COMMENT ON COLUMN bulletin.issued_by IS 'Name of the account';

CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON bulletin FOR EACH ROW EXECUTE FUNCTION refuse_change('rows of bulletin are only added; issued again a bulletin is another version');
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON bulletin EXECUTE FUNCTION refuse_change('rows of bulletin are only added');

ALTER TABLE bulletin ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON bulletin FOR SELECT
USING ((SELECT sees_all()) OR area_code = ANY ((SELECT seen_areas())::text[]));
CREATE POLICY added ON bulletin FOR INSERT
WITH CHECK ((SELECT sees_all()) OR area_code = ANY ((SELECT seen_areas())::text[]));

SELECT audit_table('bulletin', '{bulletin_id}', 'bulletin_id', '{content}');

-- The audit is read by few; which seal holds a bulletin is for all who see it.
CREATE FUNCTION bulletin_seal(of_bulletin bigint) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT seal.seal_id
FROM audit
JOIN seal ON seal.kind = 'audit' AND seal.ref_id = audit.batch_id
WHERE audit.kind = 'bulletin' AND audit.key = of_bulletin::text AND audit.action = 'insert'
ORDER BY audit.entry_id
LIMIT 1
$$;
COMMENT ON FUNCTION bulletin_seal IS 'Number of the seal of the change by which the bulletin was added; empty: it waits for it';
