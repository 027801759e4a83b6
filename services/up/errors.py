"""What can keep Enermon from starting."""


class StartError(Exception):
    """A part cannot start; the message says which, why and how to mend it. ``code`` stays the same between releases."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class StopRequested(Exception):  # noqa: N818  not an error: the user asked for it
    """Ctrl-C or SIGTERM came while something was starting."""
