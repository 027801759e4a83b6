"""Tells the log by which batch each message was stored, for who follows one (level debug)."""

import logging
from collections.abc import Sequence

from services.ingest.message import Checked

log = logging.getLogger("intake")


def tell_of_batch(batch_id: int, messages: Sequence[Checked], *, writer: str) -> None:
    """Log gateway, number and readings of each message of a batch that is about to be committed."""
    if log.isEnabledFor(logging.DEBUG):
        told = [[each.gateway, each.seq, len(each.meter_ids)] for each in messages]
        log.debug("batch written", extra={"batch": batch_id, "writer": writer, "messages": told})
