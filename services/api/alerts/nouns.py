"""What alerts and what belongs to them are called, and the errors they have of their own."""

from services.api.errors import ProblemKind
from services.api.registry.nouns import Noun

ALERT = Noun("alert", "预警", ProblemKind("unknown_alert", 404, "No such alert"))
RULE = Noun("rule", "预警规则", ProblemKind("unknown_rule", 404, "No such rule"))
SILENCE = Noun("silence", "静默", ProblemKind("unknown_silence", 404, "No such silence"))
BODY = Noun("supervision body", "监察机构", ProblemKind("unknown_supervision_body", 404, "No such supervision body"))
SUBSCRIPTION = Noun("subscription", "订阅", ProblemKind("unknown_subscription", 404, "No such subscription"))
DELIVERY = Noun("message", "消息", ProblemKind("unknown_message", 404, "No such message"))

STEP_NOT_ALLOWED = ProblemKind("step_not_allowed", 409, "The step is not allowed now")
STILL_FIRING = ProblemKind("still_firing", 409, "The alert still fires")
VERSION_CONFLICT = ProblemKind("version_conflict", 409, "The rule has a newer version")
SILENCE_OVER = ProblemKind("silence_over", 409, "The silence has ended already")
NO_SECRET = ProblemKind("no_secret", 409, "Only a webhook has a secret")
ROTATION_UNDER_WAY = ProblemKind("rotation_under_way", 409, "The secret before is still valid")
NOTHING_TO_RETIRE = ProblemKind("nothing_to_retire", 409, "There is but one secret")
TOO_MANY_TESTS = ProblemKind("too_many_tests", 409, "Earlier test messages still wait")
RULE_WITHOUT_PAST = ProblemKind("rule_without_past", 422, "The rule is about what is known of the moment only")
CANNOT_DRY_RUN = ProblemKind("cannot_dry_run", 422, "The rule cannot be tried over that time")
DRY_RUN_BUSY = ProblemKind("busy", 503, "Another rule is being tried")
