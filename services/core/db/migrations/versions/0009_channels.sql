-- Which channels there are is declared in the code, one file each; the database keeps their names.
ALTER TABLE subscription
DROP CONSTRAINT subscription_channel_check,
ADD CONSTRAINT subscription_channel_check CHECK (channel ~ '^[a-z0-9_]{1,32}$');

ALTER TABLE message
DROP CONSTRAINT message_channel_check,
ADD CONSTRAINT message_channel_check CHECK (channel ~ '^[a-z0-9_]{1,32}$');
