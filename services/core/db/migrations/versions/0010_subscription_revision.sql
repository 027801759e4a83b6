-- A counter of the subscriptions by MQTT: different ones can have the same sum of ids, by which they were told apart.
CREATE TABLE subscription_revision (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    revision bigint NOT NULL
);
COMMENT ON TABLE subscription_revision IS 'One row; its number rises with every change of who is told by MQTT, by triggers of subscription';
INSERT INTO subscription_revision (revision) VALUES (1);

CREATE FUNCTION raise_subscription_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE subscription_revision SET revision = revision + 1;
    RETURN NULL;
END
$$;
CREATE TRIGGER subscription_by_mqtt_is_added
AFTER INSERT ON subscription
FOR EACH ROW WHEN (new.channel = 'mqtt')
EXECUTE FUNCTION raise_subscription_revision();
CREATE TRIGGER subscription_by_mqtt_is_changed
AFTER UPDATE OF channel, enterprise_code ON subscription
FOR EACH ROW WHEN (old.channel = 'mqtt' OR new.channel = 'mqtt')
EXECUTE FUNCTION raise_subscription_revision();
CREATE TRIGGER subscription_by_mqtt_is_removed
AFTER DELETE ON subscription
FOR EACH ROW WHEN (old.channel = 'mqtt')
EXECUTE FUNCTION raise_subscription_revision();

CREATE OR REPLACE VIEW broker_user_revision AS
SELECT registry_revision.revision + subscription_revision.revision AS revision
FROM registry_revision
CROSS JOIN subscription_revision;
COMMENT ON VIEW broker_user_revision IS 'Rises whenever broker_user may have changed: neither of the two numbers ever falls';
