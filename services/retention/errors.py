"""What can keep readings from being dropped, said for who has to mend it."""


class RetentionError(Exception):
    """Nothing was dropped; the message says why and how to mend it."""
