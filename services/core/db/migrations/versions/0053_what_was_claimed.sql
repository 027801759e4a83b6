-- Messages that name a gateway and do not prove it, and emissions that cannot be.

ALTER TABLE rejected_message ADD COLUMN claimed text;
COMMENT ON COLUMN rejected_message.claimed IS 'The gateway that it names without proof, so that it is not counted as that gateway''s; empty: it names none';
CREATE INDEX rejected_message_claimed ON rejected_message (claimed, message_id) WHERE claimed IS NOT NULL;

ALTER TABLE emission ADD COLUMN doubt text CHECK (doubt IN ('negative', 'out_of_order', 'unknown_factor'));
COMMENT ON COLUMN emission.doubt IS 'Why it cannot be what it says, whatever its flag: a negative amount or concentration, not least <= mean <= greatest, a code that is no factor; empty: nothing is against it';
ALTER TABLE emission ADD COLUMN valid boolean NOT NULL GENERATED ALWAYS AS (flag IN ('N', '') AND doubt IS NULL) STORED;
COMMENT ON COLUMN emission.valid IS 'Whether it counts in rates, amounts and limits';
ALTER TABLE emission_later ADD COLUMN doubt text;
COMMENT ON COLUMN emission_later.doubt IS 'As that of an emission';
