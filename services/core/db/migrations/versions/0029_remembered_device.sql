-- Browsers from which somebody has signed in: what others try elsewhere does not slow them.

CREATE TABLE remembered_device (
    token_sha256 bytea NOT NULL CHECK (octet_length(token_sha256) = 32),
    account_id integer NOT NULL REFERENCES user_account (account_id),
    last_used_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, token_sha256)
);
COMMENT ON TABLE remembered_device IS 'Browsers from which somebody has signed in to an account; they open nothing';
COMMENT ON COLUMN remembered_device.token_sha256 IS 'SHA-256 of what its cookie holds, which is 256 random bits';
COMMENT ON COLUMN remembered_device.last_used_at IS 'When somebody last signed in from it; forgotten some months later';
