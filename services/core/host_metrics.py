"""What can run out on this machine, in Prometheus' form; looked at when it is collected."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from services.core.clock import utc_now
from services.core.host import BackupNoteError, certificate_ends, last_backup, rooms
from services.core.settings import Settings

log = logging.getLogger("host")


class HostCollector(Collector):
    """Room on disks, the age of the last backup and the ends of certificates, as the settings of this process say."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = utc_now) -> None:
        self._settings = settings
        self._clock = clock

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing: nothing is looked at before somebody collects."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges, as they are now. Where ENERMON_BACKUP_DIR is set and has no verified backup, its age is +Inf."""
        free = GaugeMetricFamily("enermon_disk_free_bytes", "Room that is left on the file system", labels=["path"])
        size = GaugeMetricFamily("enermon_disk_size_bytes", "... of so much", labels=["path"])
        for room in rooms(self._settings):
            free.add_metric([str(room.path)], room.free_bytes)
            size.add_metric([str(room.path)], room.size_bytes)
        yield free
        yield size
        if self._settings.backup_dir is not None:
            age = GaugeMetricFamily("enermon_backup_age_seconds", "Since the last verified backup; +Inf: there is none")
            age.add_metric([], self._backup_age_s())
            yield age
        ends = GaugeMetricFamily(
            "enermon_certificate_ends_timestamp_seconds", "Until when a certificate is good", labels=["file"]
        )
        for each in certificate_ends(self._settings):
            if each.ends is None:
                log.warning("cannot read a certificate", extra={"file": str(each.file), "reason": each.fault})
            ends.add_metric([str(each.file)], 0.0 if each.ends is None else each.ends.timestamp())
        yield ends

    def _backup_age_s(self) -> float:
        assert self._settings.backup_dir is not None
        try:
            finished = last_backup(self._settings.backup_dir)
        except BackupNoteError as error:
            log.warning("cannot tell the age of the last backup", extra={"reason": str(error)})
            return float("inf")
        return float("inf") if finished is None else (self._clock() - finished).total_seconds()


def tell_of_host(settings: Settings) -> None:
    """Let what can run out here be collected from this process, beside what it counts."""
    REGISTRY.register(HostCollector(settings))
