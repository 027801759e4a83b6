"""What can be imported from files, and how one is: in a process of its own, to which all it needs is handed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi.responses import JSONResponse

from services.api.database import Database, DatabaseElsewhere
from services.api.errors import TOO_LARGE, Refused
from services.api.heat_values.importing import RESOURCE as HEAT_VALUES
from services.api.limited import MEGABYTE, LimitedWork, Limits, OverLimitError
from services.api.manual_reports.importing import RESOURCE as MANUAL_REPORTS
from services.api.registry.files.encoding import Encoding
from services.api.registry.importing import ImportHandling, import_sheet
from services.api.registry.point_import import RESOURCE as POINTS
from services.api.registry.reading import HiddenRows, columns_of, read_sheet
from services.api.registry.resource import Resource
from services.api.registry.table_file import table_of
from services.api.routes import enterprises, gateways, meters, parks, units
from services.api.statistics.importing import RESOURCE as STATISTICS
from services.judging.data.tables import Tables

_RESOURCES: tuple[Resource[Any, Any, Any], ...] = (
    *(module.RESOURCE for module in (parks, enterprises, units, gateways, meters)),
    STATISTICS,
    HEAT_VALUES,
    MANUAL_REPORTS,
    POINTS,
)
_IMPORTABLE: Mapping[str, Resource[Any, Any, Any]] = {each.noun.plural: each for each in _RESOURCES}
LIMITS = Limits(memory_bytes=400 * MEGABYTE, processor_s=60, longest_s=300)

_work = LimitedWork(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFile:
    """A file as it was sent, and what is to be made of it."""

    plural: str
    """What its rows are."""
    body: bytes
    content_type: str
    encoding: Encoding | None
    hidden_rows: HiddenRows
    dry_run: bool
    handling: ImportHandling


def import_apart(database: Database, file: ImportFile, tables: Tables, now: datetime) -> bytes:
    """What came of an import, as JSON. Raises Refused, also where it takes more than it may."""
    try:
        told: bytes = _work.done(LIMITS, _imported, database.elsewhere(), file, tables, now)
    except OverLimitError as error:
        detail = f"the import took more than {error}, which is the most; nothing was written: split the file"
        raise Refused(TOO_LARGE, detail) from None
    return told


def _imported(elsewhere: DatabaseElsewhere, file: ImportFile, tables: Tables, now: datetime) -> bytes:
    resource, database = _IMPORTABLE[file.plural], elsewhere.opened()
    table = table_of(file.body, file.content_type, columns=columns_of(resource.entry), encoding=file.encoding)
    sheet = read_sheet(resource, table, hidden_rows=file.hidden_rows)
    judging = resource.judging_by(tables)
    account = import_sheet(database, judging, sheet, dry_run=file.dry_run, handling=file.handling, now=now)
    return bytes(JSONResponse(account).body)
