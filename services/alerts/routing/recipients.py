"""Which message an evaluation makes of an alert, and who gets it. Pure.

Who was told that an alert fires is told once that it ended, when nothing holds it back; who was not told is not.
"""

from collections.abc import Collection, Sequence

from services.alerts.routing.routing import MessageKind, Recipient
from services.alerts.routing.when import is_told_at_once
from services.alerts.state.state import ChangeKind

_BEGINNINGS = frozenset({ChangeKind.FIRED, ChangeKind.REOPENED})


def news_of(
    changes: Collection[ChangeKind],
    *,
    firing: bool,
    held: bool,
    released: bool = False,
    graver: bool = False,
    owed: bool = False,
) -> tuple[MessageKind, ...]:
    """The messages to make now of one alert.

    `changes`: what happened to it; `firing`, `held`: how it stands after that; `released`: it was held back until now;
    `graver`: its rule changed to a higher severity; `owed`: somebody was told that it fires, and not yet that it ended.
    """
    if held:
        return ()
    if not firing:
        return ("resolved",) if owed else ()
    repeated = ChangeKind.REPEATED in changes
    begins = repeated or released or graver or not _BEGINNINGS.isdisjoint(changes)
    return (*(("fired",) if begins else ()), *(("repeat",) if repeated else ()))


def recipients(
    kind: MessageKind,
    *,
    routed: Sequence[Recipient],
    everyone: Sequence[Recipient],
    told: Collection[int],
) -> tuple[Recipient, ...]:
    """Those of the subscriptions that get the message at once.

    `routed`: those whom the alert concerns now; `everyone`: all that are switched on; `told`: those that were told that
    it fires, and not yet that it ended. Its end is told to those who think that it fires, whomever it concerns now.
    """
    if kind == "resolved":
        found = [each for each in everyone if each.subscription_id in told]
    elif kind == "fired":
        found = [each for each in routed if each.subscription_id not in told]
    else:
        found = [each for each in routed if each.subscription_id in told]
    return tuple(each for each in found if is_told_at_once(each, kind))
