"""What can go wrong with a backup, said for who has to mend it."""


class BackupError(Exception):
    """A backup or a restore did not succeed; the message says what, where and how to mend it, and no secret."""
