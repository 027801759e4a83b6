"""Readings of before the time from which on readings are kept: rejected, as nothing is counted from them any more."""

from dataclasses import replace
from itertools import compress

from services.core.calendar import SHANGHAI, from_us
from services.ingest.message import Checked, Rejection


def without_old(message: Checked, kept_from_us: int) -> Checked:
    """The message with its readings of before then rejected as `not_kept`. Pure."""
    kept = [ts_us >= kept_from_us for ts_us in message.times_us]
    if all(kept):
        return message
    since = from_us(kept_from_us).astimezone(SHANGHAI).isoformat()
    detail = f"readings are kept from {since} on, and what was booked of earlier ones stays as it is"
    old = [
        Rejection(meter, ts_us // 1000, repr(value), "not_kept", detail)
        for meter, ts_us, value, is_kept in zip(message.meters, message.times_us, message.values, kept, strict=True)
        if not is_kept
    ]
    return replace(
        message,
        meters=[*compress(message.meters, kept)],
        meter_ids=[*compress(message.meter_ids, kept)],
        times_us=[*compress(message.times_us, kept)],
        values=[*compress(message.values, kept)],
        rejected=(*message.rejected, *old),
    )
