"""What the things of the registry are called, in both languages, and the error that says there is no such one."""

from dataclasses import dataclass

from services.api.errors import ProblemKind, Refused
from services.api.reasons import Fault


@dataclass(frozen=True, slots=True)
class Noun:
    """One kind of thing."""

    en: str
    zh: str
    unknown: ProblemKind

    @property
    def plural(self) -> str:
        """As it stands in addresses."""
        return f"{self.en}s"

    def refuse_unknown(self, value: str) -> Refused:
        """The refusal of a request for a thing that is not there."""
        return Refused(self.unknown, f"no {self.en} is registered as {value}")

    def fault(self, field: str, code: str, value: object, **more: object) -> Fault:
        """A fault of `field` whose reason mentions this kind of thing and its code."""
        return Fault(field, code, {"noun": self.en, "noun_zh": self.zh, "value": value, **more})


def _noun(en: str, zh: str) -> Noun:
    return Noun(en, zh, ProblemKind(f"unknown_{en}", 404, f"No such {en}"))


AREA = _noun("area", "行政区划")
PARK = _noun("park", "园区")
ENTERPRISE = _noun("enterprise", "用能单位")
MEMBERSHIP = _noun("membership", "归属关系")
UNIT = _noun("unit", "用能单元")
UNIT_INPUT = _noun("unit_input", "单元参数")
GATEWAY = _noun("gateway", "端设备")
POINT = _noun("point", "测点")
OUTLET = _noun("outlet", "排放口")
METER = _noun("meter", "计量点")
TERM = _noun("term", "计量参数")
REPLACEMENT = _noun("replacement", "换表记录")
READING = _noun("reading", "读数")
ACCEPTANCE = _noun("acceptance", "确认记录")
SETTLEMENT = _noun("settlement", "核实记录")
CARRIER = _noun("carrier", "能源品种")
MANUAL_REPORT = Noun("manual-report", "手工月报", ProblemKind("unknown_manual_report", 404, "No such manual report"))
HEAT_VALUE = Noun("heat-value", "热值", ProblemKind("unknown_heat_value", 404, "No such heat value"))
