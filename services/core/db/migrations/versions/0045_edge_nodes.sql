-- Gateways that speak Sparkplug B: which edge node each is, where its session stands, and when messages of it may be missing.

ALTER TABLE gateway ADD COLUMN edge_node text UNIQUE CHECK (edge_node ~ '^[^/+#]{1,100}/[^/+#]{1,100}$');
COMMENT ON COLUMN gateway.edge_node IS 'The edge node of Sparkplug B that it is, as group/edge; empty: none';

-- Also of gateways that who asks does not see.
CREATE FUNCTION edge_nodes_taken(asked text[]) RETURNS TABLE (edge_node text, code text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT gateway.edge_node, gateway.code FROM gateway WHERE gateway.edge_node = any(asked)
$$;
COMMENT ON FUNCTION edge_nodes_taken IS 'The gateways that are these edge nodes';

CREATE TRIGGER edge_nodes_are_told
AFTER UPDATE OF edge_node ON gateway
FOR EACH STATEMENT EXECUTE FUNCTION tell_broker_users();

CREATE TABLE edge_session (
    gateway_code text PRIMARY KEY REFERENCES gateway (code) ON DELETE CASCADE,
    bd_seq bigint,
    online boolean NOT NULL,
    last_at timestamptz,
    devices jsonb NOT NULL,
    host_left boolean NOT NULL,
    ignored_state_at timestamptz
);
COMMENT ON TABLE edge_session IS 'Where the session of an edge node stands';
COMMENT ON COLUMN edge_session.bd_seq IS 'Number of its session, by which its death is told from that of an earlier one';
COMMENT ON COLUMN edge_session.last_at IS 'When what was taken last was sent, by the clock of the edge node';
COMMENT ON COLUMN edge_session.devices IS 'By name of its devices, whether each is online';
COMMENT ON COLUMN edge_session.host_left IS 'The host has said that it goes, and has stored all that it was given';
COMMENT ON COLUMN edge_session.ignored_state_at IS 'When it was seen last to have sent though the host was offline; empty: never';

CREATE TABLE edge_incident (
    incident_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gateway_code text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('gap', 'host_away')),
    from_at timestamptz NOT NULL,
    to_at timestamptz NOT NULL,
    missing integer,
    noted_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE edge_incident IS 'Times in which messages of an edge node may be missing';
COMMENT ON COLUMN edge_incident.missing IS 'How many numbers of its order are missing at least; empty: not known';
CREATE INDEX edge_incident_gateway ON edge_incident (gateway_code, incident_id);

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['edge_session', 'edge_incident'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', kept);
        EXECUTE format('CREATE POLICY seen ON %1$I FOR SELECT USING ((SELECT sees_all()) OR EXISTS (SELECT FROM gateway WHERE gateway.code = %1$I.gateway_code))', kept);
        EXECUTE format('CREATE POLICY added ON %I FOR INSERT WITH CHECK ((SELECT sees_all()))', kept);
        EXECUTE format('CREATE POLICY changed ON %I FOR UPDATE USING ((SELECT sees_all()))', kept);
    END LOOP;
END
$$;
