-- What changes closed months is not done at once: it waits as it was asked for, until another account confirms it.

CREATE TABLE proposal (
    proposal_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    method text NOT NULL CHECK (method IN ('POST', 'PUT', 'PATCH', 'DELETE')),
    path text NOT NULL,
    query text NOT NULL,
    operation text NOT NULL,
    content_type text NOT NULL,
    body bytea NOT NULL CHECK (octet_length(body) <= 10000000),
    author text NOT NULL DEFAULT acting_account(),
    enterprise_ids integer[] NOT NULL CHECK (cardinality(enterprise_ids) > 0),
    effect jsonb NOT NULL,
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > made_at),
    decision text CHECK (decision IN ('confirmed', 'declined', 'withdrawn', 'refused')),
    decided_at timestamptz,
    decided_by text,
    reason text,
    refusal jsonb,
    CHECK (num_nulls(decision, decided_at, decided_by) IN (0, 3)),
    CHECK (decision <> 'confirmed' OR decided_by <> author),
    CHECK ((decision IS NOT DISTINCT FROM 'refused') = (refusal IS NOT NULL))
);
CREATE INDEX proposal_author ON proposal (author) WHERE decided_at IS NULL;
COMMENT ON TABLE proposal IS 'Changes of closed months as they were asked for, and what became of them; none is deleted';
COMMENT ON COLUMN proposal.operation IS 'Method and path as the rules of access name them: who may confirm it';
COMMENT ON COLUMN proposal.body IS 'As it was sent, a whole file too; it is done exactly so';
COMMENT ON COLUMN proposal.enterprise_ids IS 'Whose energy it changes: it is seen by those who see all of them';
COMMENT ON COLUMN proposal.effect IS 'What it would have changed when it was proposed';
COMMENT ON COLUMN proposal.decision IS 'confirmed: another account confirmed it and it was done; declined: by another; withdrawn: by its author; refused: it was confirmed when it could not be done any more; empty: it waits, or has expired';
COMMENT ON COLUMN proposal.refusal IS 'Why it could not be done: code and detail of the answer';

CREATE FUNCTION keep_what_was_proposed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING
        MESSAGE = 'a proposal stays as it was made, and is decided once',
        ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER proposal_stays
BEFORE UPDATE ON proposal
FOR EACH ROW
WHEN (
    old.decided_at IS NOT NULL
    OR (old.proposal_id, old.method, old.path, old.query, old.operation, old.content_type, old.body, old.author)
    IS DISTINCT FROM (new.proposal_id, new.method, new.path, new.query, new.operation, new.content_type, new.body, new.author)
    OR (old.enterprise_ids, old.effect, old.made_at, old.expires_at)
    IS DISTINCT FROM (new.enterprise_ids, new.effect, new.made_at, new.expires_at)
)
EXECUTE FUNCTION keep_what_was_proposed();
CREATE TRIGGER proposal_is_kept
BEFORE DELETE OR TRUNCATE ON proposal
EXECUTE FUNCTION keep_what_was_proposed();

ALTER TABLE proposal ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON proposal FOR SELECT
USING ((SELECT sees_all()) OR author = (SELECT acting_account()) OR enterprise_ids <@ (SELECT seen_enterprises()) ::integer[]);
CREATE POLICY added ON proposal FOR INSERT
WITH CHECK (author = (SELECT acting_account()));
CREATE POLICY changed ON proposal FOR UPDATE
USING ((SELECT sees_all()) OR author = (SELECT acting_account()) OR enterprise_ids <@ (SELECT seen_enterprises()) ::integer[]);

SELECT audit_table('proposal', '{proposal_id}', 'proposal_id', '{body}');
