-- Who gave an account its way in: nobody confirms what he proposed with an account into which he has just let himself.

ALTER TABLE user_account
ADD COLUMN let_in_by text,
ADD COLUMN let_in_at timestamptz,
ADD CHECK ((let_in_by IS NULL) = (let_in_at IS NULL));
COMMENT ON COLUMN user_account.let_in_by IS 'Account that last gave it a first password, or its name at the provider; empty: it was done at the database, or before this was kept. What it chooses itself afterwards leaves this as it is';
COMMENT ON COLUMN user_account.let_in_at IS 'When that was';
