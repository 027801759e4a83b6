-- With what gateways, and enterprises that are told by MQTT, come in. Secrets are shown once and kept as hashes alone.

CREATE TABLE broker_credential (
    holder_kind text NOT NULL CHECK (holder_kind IN ('gateway', 'enterprise')),
    holder_code text NOT NULL,
    generation integer NOT NULL CHECK (generation > 0),
    user_name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('password', 'certificate')),
    password_hash text,
    serial_number text,
    expires_at timestamptz,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    revoked_at timestamptz,
    revoked_by text,
    PRIMARY KEY (holder_kind, holder_code, generation),
    CHECK ((kind = 'password') = (password_hash IS NOT NULL)),
    CHECK ((kind = 'certificate') = (serial_number IS NOT NULL)),
    CHECK (kind = 'password' OR expires_at IS NOT NULL),
    CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
COMMENT ON TABLE broker_credential IS 'Passwords and certificates of gateways and enterprises. Kept for good: a generation, and so a user name, comes once';
COMMENT ON COLUMN broker_credential.holder_code IS 'Code of the gateway, or credit code of the enterprise; it may be removed meanwhile';
COMMENT ON COLUMN broker_credential.generation IS 'Counts the credentials of this code from 1, also those of one that was removed and registered again';
COMMENT ON COLUMN broker_credential.user_name IS 'User of the broker: the code, from the second generation on with @ and the generation';
COMMENT ON COLUMN broker_credential.password_hash IS 'As mosquitto keeps it: $7$iterations$salt$hash, PBKDF2 with SHA-512 of 256 random bits';
COMMENT ON COLUMN broker_credential.serial_number IS 'Of the certificate, decimal';
COMMENT ON COLUMN broker_credential.expires_at IS 'From when on it is not taken: the end of the overlap with the next one, or of the certificate; empty: until revoked';
COMMENT ON COLUMN broker_credential.revoked_by IS 'Account that revoked it, or why: a newer one, the removal of its holder';
CREATE UNIQUE INDEX broker_credential_live ON broker_credential (user_name) WHERE revoked_at IS NULL;
CREATE INDEX broker_credential_holder ON broker_credential (holder_code);

ALTER TABLE broker_credential ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION acts_on_holder(of_kind text, of_code text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT CASE of_kind
    WHEN 'gateway' THEN coalesce((SELECT acts_on_enterprise(enterprise_id) FROM gateway WHERE code = of_code), false)
    ELSE coalesce((SELECT acts_on_enterprise(enterprise_id) FROM enterprise WHERE credit_code = of_code), false)
END
$$;
CREATE POLICY seen ON broker_credential FOR SELECT USING ((SELECT sees_all()) OR acts_on_holder(holder_kind, holder_code));
CREATE POLICY added ON broker_credential FOR INSERT WITH CHECK ((SELECT sees_all()) OR acts_on_holder(holder_kind, holder_code));
CREATE POLICY changed ON broker_credential FOR UPDATE USING ((SELECT sees_all()) OR acts_on_holder(holder_kind, holder_code));

SELECT audit_table('broker_credential', '{holder_kind, holder_code, generation}', 'holder_code', '{password_hash}');

-- Who keeps the broker's users is told at the commit.
CREATE FUNCTION tell_broker_users() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY enermon_broker_users;
    RETURN NULL;
END
$$;
CREATE TRIGGER broker_users_are_told
AFTER INSERT OR UPDATE OR DELETE ON broker_credential
FOR EACH STATEMENT EXECUTE FUNCTION tell_broker_users();

-- Whoever is removed does not come in any more, and is not let in again by what it had when it is registered anew.
CREATE FUNCTION revoke_credentials() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE broker_credential
    SET
        revoked_at = now(),
        revoked_by = 'removal'
    WHERE holder_kind = tg_table_name
        AND holder_code = CASE tg_table_name WHEN 'gateway' THEN to_jsonb(old) ->> 'code' ELSE to_jsonb(old) ->> 'credit_code' END
        AND revoked_at IS NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER removed_gateway_is_shut_out
AFTER DELETE ON gateway
FOR EACH ROW EXECUTE FUNCTION revoke_credentials();
CREATE TRIGGER removed_enterprise_is_shut_out
AFTER DELETE ON enterprise
FOR EACH ROW EXECUTE FUNCTION revoke_credentials();

DROP VIEW broker_user_revision;
DROP VIEW broker_user;
DROP TRIGGER subscription_by_mqtt_is_added ON subscription;
DROP TRIGGER subscription_by_mqtt_is_changed ON subscription;
DROP TRIGGER subscription_by_mqtt_is_removed ON subscription;
DROP FUNCTION raise_subscription_revision();
DROP TABLE subscription_revision;
