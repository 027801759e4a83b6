-- Profiles: how the messages of a product are read, as data. Shipped ones stand in files (services/ingest/profiles/products).

CREATE TABLE profile_version (
    name text NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
    version integer NOT NULL CHECK (version > 0),
    document jsonb NOT NULL CHECK (jsonb_typeof(document) = 'object'),
    written_by text NOT NULL DEFAULT acting_account(),
    written_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (name, version)
);
COMMENT ON TABLE profile_version IS 'Profiles that were written here, in versions; only added to';
COMMENT ON COLUMN profile_version.document IS 'As docs/gateways.md describes it; checked before it was written';
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON profile_version FOR EACH ROW EXECUTE FUNCTION refuse_change('rows of profile_version are only added');
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON profile_version EXECUTE FUNCTION refuse_change('rows of profile_version are only added');

CREATE TABLE gateway_profile (
    gateway_code text PRIMARY KEY REFERENCES gateway (code) ON DELETE CASCADE,
    profile text NOT NULL,
    version integer NOT NULL
);
COMMENT ON TABLE gateway_profile IS 'By which version of which profile, shipped or written here, the messages of a gateway are read';

ALTER TABLE gateway_profile ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON gateway_profile FOR SELECT
USING ((SELECT sees_all()) OR EXISTS (SELECT FROM gateway WHERE gateway.code = gateway_profile.gateway_code));
CREATE POLICY added ON gateway_profile FOR INSERT WITH CHECK ((SELECT sees_all()) OR acts_on_subject('gateway', gateway_code));
CREATE POLICY changed ON gateway_profile FOR UPDATE
USING ((SELECT sees_all()) OR EXISTS (SELECT FROM gateway WHERE gateway.code = gateway_profile.gateway_code))
WITH CHECK ((SELECT sees_all()) OR acts_on_subject('gateway', gateway_code));
CREATE POLICY removed ON gateway_profile FOR DELETE
USING ((SELECT sees_all()) OR EXISTS (SELECT FROM gateway WHERE gateway.code = gateway_profile.gateway_code));
CREATE TRIGGER theirs_to_remove BEFORE DELETE ON gateway_profile
FOR EACH ROW WHEN (NOT (sees_all() OR acts_on_subject('gateway', old.gateway_code))) EXECUTE FUNCTION refuse_outside();

SELECT audit_table('profile_version', '{name, version}', 'name');
SELECT audit_table('gateway_profile', '{gateway_code}', 'gateway_code');

CREATE TABLE foreign_example (
    gateway_code text NOT NULL,
    reason text NOT NULL,
    received_at timestamptz NOT NULL,
    source text NOT NULL,
    payload bytea NOT NULL,
    payload_bytes integer NOT NULL,
    PRIMARY KEY (gateway_code, reason)
);
COMMENT ON TABLE foreign_example IS 'Of each gateway and reason the last message that yielded nothing';
COMMENT ON COLUMN foreign_example.source IS 'Topic, or how else it came';
COMMENT ON COLUMN foreign_example.payload IS 'Its first 4096 bytes';

ALTER TABLE foreign_example ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON foreign_example FOR SELECT
USING ((SELECT sees_all()) OR EXISTS (SELECT FROM gateway WHERE gateway.code = foreign_example.gateway_code));
CREATE POLICY added ON foreign_example FOR INSERT WITH CHECK (true);
CREATE POLICY changed ON foreign_example FOR UPDATE
USING ((SELECT sees_all()) OR EXISTS (SELECT FROM gateway WHERE gateway.code = foreign_example.gateway_code)) WITH CHECK (true);
