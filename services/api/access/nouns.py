"""What accounts, keys and sessions are called, and the errors of their own."""

from services.api.errors import ProblemKind
from services.api.registry.nouns import Noun

ACCOUNT = Noun("account", "账号", ProblemKind("unknown_account", 404, "No such account"))
KEY = Noun("key", "密钥", ProblemKind("unknown_key", 404, "No such key"))
SESSION = Noun("session", "会话", ProblemKind("unknown_session", 404, "No such session"))

LAST_ADMINISTRATOR = ProblemKind("last_administrator", 409, "It is the only administrator")
KEYS_ALONE = ProblemKind("keys_alone", 409, "A program has keys alone")
NEEDS_SESSION = ProblemKind("needs_session", 403, "It is done by who is signed in, not with a key")
