"""Why a value is refused: one catalogue of reasons, English and Chinese, for JSON, parameters and import files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as default
from typing import Any, NamedTuple

from pydantic_core import ErrorDetails

_NUMBER = ("must be a number", "必须是数字")
_WHOLE = ("must be a whole number", "必须是整数")
_OBJECT = (
    "must be a JSON object, sent with Content-Type application/json",
    "必须是 JSON 对象，且 Content-Type 为 application/json",
)
_CHOICE = ("must be one of {expected}", "只能是以下取值之一：{expected}")
_EMPTY = ("must not be empty", "不能为空")

REASONS: Mapping[str, tuple[str, str]] = {
    # shape
    "missing": ("must be given", "必须填写"),
    "extra_forbidden": ("is not known here, or cannot be changed", "此处没有这个字段，或该字段不可修改"),
    "json_invalid": ("is not valid JSON: {error}", "不是有效的 JSON：{error}"),
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dict_type": _OBJECT,
    # text and numbers
    "uuid_parsing": (
        "must be the id of a message such as 2fb73418-5fce-4268-86af-536d4507e395",
        "必须是消息编号，例如 2fb73418-5fce-4268-86af-536d4507e395",
    ),
    "string_type": ("must be text", "必须是文字"),
    "string_unicode": ("is not Unicode text", "不是有效的 Unicode 文字"),
    "invalid_key": ("has a field name that is not Unicode text", "字段名不是有效的 Unicode 文字"),
    "string_too_short": _EMPTY,
    "string_too_long": ("must have at most {max_length} characters", "最多 {max_length} 个字符"),
    "bad_character": ("contains the character {character}, which is not allowed", "含有不允许的字符 {character}"),
    "bad_code": (
        "must be 1 to 64 letters, digits, - or _, and begin with a letter or digit",
        "必须由 1 至 64 个字母、数字、“-”或“_”组成，且以字母或数字开头",
    ),
    "reserved": (
        "must not begin with {prefix}: such names are the services' own",
        "不能以“{prefix}”开头：此类名称由系统自身的服务使用",
    ),
    "bad_area_code": ("must be the six digits of an area (GB/T 2260)", "必须是六位行政区划代码（GB/T 2260）"),
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": ("must be a finite number", "必须是有限的数"),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing_size": ("is too large", "数值过大"),
    "bool_parsing": ("must be true or false", "必须是 true 或 false"),
    "bool_type": ("must be true or false", "必须是 true 或 false"),
    "greater_than": ("must be greater than {gt}", "必须大于 {gt}"),
    "greater_than_equal": ("must be at least {ge}", "不得小于 {ge}"),
    "less_than": ("must be less than {lt}", "必须小于 {lt}"),
    "less_than_equal": ("must be at most {le}", "不得大于 {le}"),
    "literal_error": _CHOICE,
    "enum": _CHOICE,
    # time
    "bad_day": (
        "must be a day such as 2026-01-31, from 1900 to 2199",
        "必须是 1900 至 2199 年间的日期，例如 2026-01-31",
    ),
    "bad_moment_or_day": (
        "must be a day such as 2026-01-31, or a time with offset such as 2026-01-31T08:00:00+08:00, from 2000 to 2099",
        "必须是 2000 至 2099 年的日期（如 2026-01-31）或带时区偏移的时间（如 2026-01-31T08:00:00+08:00）",
    ),
    "bad_moment": (
        "must be a time with offset such as 2026-01-31T08:00:00+08:00, from 2000 to 2099",
        "必须是 2000 至 2099 年间带时区的时间，例如 2026-01-31T08:00:00+08:00",
    ),
    "in_future": ("must not lie in the future", "不能晚于当前时间"),
    # credit code
    "credit_code_length": (
        "has {length} characters; a credit code has 18 (GB 32100)",
        "共 {length} 个字符；统一社会信用代码应为 18 位（GB 32100）",
    ),
    "credit_code_character": (
        "contains {found}; a credit code is made of digits and capital letters without I, O, S, V, Z",
        "含有字符 {found}；统一社会信用代码由数字和大写字母组成，不含 I、O、S、V、Z",
    ),
    "credit_code_division": (
        "characters 3 to 8 are {found}; they must be the six digits of an administrative division",
        "第 3 至 8 位为 {found}，应为六位行政区划数字",
    ),
    "credit_code_check": (
        "ends in {found}, but the check character (GB 32100) is {expected}: something is mistyped",
        "末位为 {found}，而校验码（GB 32100）应为 {expected}：代码有误",
    ),
    # sourced tables
    "not_among": ("{value} is not known here; known: {known}", "此处没有 {value}；可用：{known}"),
    "only_with": ("is only given together with {other}", "只能与 {other} 一起使用"),
    # the registry
    "unknown_process": (
        "{value} is no process known here; GET /api/v1/tables/processes lists the codes",
        "没有代码为 {value} 的工序；可用代码见 GET /api/v1/tables/processes",
    ),
    "unknown": ("no {noun} is registered as {value}", "没有登记为 {value} 的{noun_zh}"),
    "already_exists": ("a {noun} is already registered as {value}", "{noun_zh} {value} 已登记"),
    "repeated_in_file": ("{value} stands in line {line} too", "{value} 与第 {line} 行重复"),
    "not_a_banner": ("area {value} is a {level}; a banner is needed", "{value} 不是旗县区"),
    "not_below_league": ("area {value} is a {level}; a banner or league is needed", "{value} 不是盟市或旗县区"),
    "park_elsewhere": (
        "park {park} lies in area {park_area}, which is neither banner {banner} nor its league",
        "园区 {park} 位于 {park_area}，既不是 {banner} 也不是其所属盟市",
    ),
    "members_elsewhere": (
        "enterprises belong to this park from banner {banner}, which does not lie there",
        "该园区有位于 {banner} 的用能单位，与新的行政区划不符",
    ),
    "other_enterprise": (
        "gateway {gateway} belongs to enterprise {gateway_owner}, unit {unit} to {unit_owner}",
        "端设备 {gateway} 属于用能单位 {gateway_owner}，用能单元 {unit} 属于 {unit_owner}",
    ),
    "bad_unit_of_measure": ("{problem}", "计量单位不适用：{problem}"),
    "gauge_needs_rate": (
        "a gauge gives a rate, such as kW, m3/h or t/h, not an amount",
        "瞬时量表计（gauge）的单位必须是速率，例如 kW、m3/h、t/h",
    ),
    "counter_needs_amount": (
        "a counter gives an amount, such as kWh, m3 or t, not a rate",
        "累计量表计（counter）的单位必须是累计量，例如 kWh、m3、t",
    ),
    "only_for_counters": ("only a counter has a register", "只有累计量表计（counter）才有此项"),
    "above_register_size": ("is above the register size {register_size}", "超过了表计满量程 {register_size}"),
    "not_after_valid_from": ("must be later than valid_from {valid_from}", "必须晚于 valid_from {valid_from}"),
    "retrofit_not_listed": (
        "needs retrofit_listed_on, the day on which the unit was listed",
        "须同时填写列入改造清单的日期 retrofit_listed_on",
    ),
    "retrofit_due_too_early": (
        "must be later than retrofit_listed_on {listed}",
        "必须晚于列入改造清单的日期 {listed}",
    ),
    "retrofit_due_too_late": (
        "must be {latest} at the latest, {years} years after retrofit_listed_on {listed}",
        "最迟为 {latest}，即列入改造清单（{listed}）后 {years} 年",
    ),
    # reported numbers
    "list_type": ("must be a list", "必须是列表"),
    "too_short": ("must have at least {min_length} entries", "至少要有 {min_length} 条"),
    "too_long": ("must have at most {max_length} entries", "最多 {max_length} 条"),
    "bad_owner": (
        "must be area:CODE, enterprise:CREDIT_CODE or unit:CODE, or park:CODE for a kind of your own",
        "必须写成 area:代码、enterprise:统一社会信用代码 或 unit:代码；自定义指标也可用 park:代码",
    ),
    "bad_period": (
        "must be a year 2025, a quarter 2025-Q1 or a month 2025-03, from 1992 to 2100",
        "必须是 1992 至 2100 年间的年 2025、季 2025-Q1 或月 2025-03",
    ),
    "not_of_owner": ("{kind} is reported of {owners}, not of {given}", "{kind} 的填报对象是 {owners}，不是 {given}"),
    "not_for_period": (
        "{kind} is reported by {periods}; {value} is a {given}",
        "{kind} 按 {periods} 填报，而 {value} 是 {given}",
    ),
    "period_not_begun": ("{value} has not begun, and {kind} is no plan", "{value} 尚未开始，而 {kind} 不是计划指标"),
    "wrong_unit": ("{kind} is given in {expected}", "{kind} 的单位是 {expected}"),
    "price_base_missing": (
        "{kind} is money: give the year at whose constant prices it is counted, such as 2020",
        "{kind} 是价值量指标：请填写不变价基年，例如 2020",
    ),
    "price_base_unfit": ("{kind} is no money and has no price base", "{kind} 不是价值量指标，没有不变价基年"),
    "bad_magnitude": (
        "must be 0, or of a magnitude from {least} to {most}",
        "必须为 0，或绝对值在 {least} 至 {most} 之间",
    ),
    "repeated_in_list": (
        "owner, kind, period and price_base together ({value}) stand in entry {entry} too",
        "owner、kind、period、price_base 的组合（{value}）与第 {entry} 条重复",
    ),
    "repeated_number_in_file": (
        "owner, kind, period and price_base together ({value}) stand in line {line} too",
        "owner、kind、period、price_base 的组合（{value}）与第 {line} 行重复",
    ),
    # alerts
    "bad_slug": (
        "must be 1 to 64 small letters, digits or _, and begin with a letter or digit",
        "必须由 1 至 64 个小写字母、数字或“_”组成，且以字母或数字开头",
    ),
    "bad_subject": (
        "must be unit:CODE, enterprise:CREDIT_CODE, park:CODE, area:CODE, gateway:CODE or meter:CODE",
        "必须写成 unit:代码、enterprise:统一社会信用代码、park:代码、area:代码、gateway:代码 或 meter:代码",
    ),
    "bad_time_of_day": ("must be a time of the day such as 22:00", "必须是一日中的时刻，例如 22:00"),
    "bad_email": (
        "must be an e-mail address such as energy@example.cn, in ASCII",
        "必须是电子邮件地址，例如 energy@example.cn，且只含 ASCII 字符",
    ),
    "bad_url": (
        "must be a URL such as https://example.cn/path, in ASCII, without user, password and #",
        "必须是 URL，例如 https://example.cn/path，只含 ASCII 字符，不含用户名、口令和 #",
    ),
    "url_without_tls": (
        "must begin with https; ENERMON_WEBHOOK_ALLOW_HTTP would allow http",
        "必须以 https 开头；ENERMON_WEBHOOK_ALLOW_HTTP 可允许 http",
    ),
    "url_private": (
        "{host} is no address of the public internet; ENERMON_WEBHOOK_ALLOW_PRIVATE would allow it",
        "{host} 不是公网地址；ENERMON_WEBHOOK_ALLOW_PRIVATE 可允许",
    ),
    "fixed_topic": (
        "must be left out: the MQTT topic follows from the enterprise",
        "必须留空：MQTT 主题由用能单位决定",
    ),
    "same_as": ("must differ from {other}", "不能与 {other} 相同"),
    "too_many": ("there are {value} already, which is the most", "已有 {value} 条，达到上限"),
    "not_later": ("must be later than {other}", "必须晚于 {other}"),
    "lasts_too_long": ("must be at most {days} days after the beginning", "距开始最多 {days} 天"),
    "silences_all": (
        "must name rule, area, enterprise or subject; to silence everything name the region's area",
        "必须填写规则、区划、用能单位或对象之一；如需全部静默，请填写自治区代码",
    ),
    "text_missing": ("must be given with {action}", "执行 {action} 须填写文字说明"),
    "reference_missing": ("must be given with {action}", "执行 {action} 须填写附件编号或地址"),
    "due_on_missing": ("must be given with {action}: the day by which it is done", "执行 {action} 须填写完成日期"),
    "due_on_far": ("{due_on} is more than {years} years ahead", "{due_on} 超过 {years} 年"),
    "due_on_past": ("{due_on} is over already", "{due_on} 已经过去"),
    "due_on_not_used": ("is only given with plan", "仅整改计划 plan 有此项"),
    "rule_fault": ("{problem}", "{problem}"),
    "body_or_slug": ("give either body or slug", "body 与 slug 须且只须填写一个"),
    # files
    "unknown_column": ("there is no such column; the columns are {columns}", "没有这一列；可用的列：{columns}"),
    "missing_column": ("the column is missing in the header", "表头缺少此列"),
    "repeated_column": ("the column stands twice in the header", "表头中此列重复"),
    "cell_count": ("the row has {found} cells, the header {expected}", "该行有 {found} 个单元格，表头有 {expected} 个"),
}

_MOST_FIELD_CHARACTERS = 100


class InBoth(NamedTuple):
    """Something a reason mentions that has words of its own in each language."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One field that is refused: a code of `REASONS` and what the reason mentions."""

    field: str
    code: str
    mentions: Mapping[str, Any] = default(default_factory=dict)

    @property
    def reason(self) -> str:
        """The reason in English."""
        return self._text(0)

    @property
    def reason_zh(self) -> str:
        """The reason in Chinese."""
        return self._text(1)

    def _text(self, language: int) -> str:
        if self.code not in REASONS:
            return str(self.mentions.get("message", self.code))
        mentions = {name: each[language] if isinstance(each, InBoth) else each for name, each in self.mentions.items()}
        return REASONS[self.code][language].format_map(mentions)


def faults_of(errors: Iterable[ErrorDetails], *, root: str = "body", skip: int = 0) -> list[Fault]:
    """The faults in pydantic's `errors`, leaving out the first `skip` parts of each place; `root` names the whole."""
    return [_fault(error, root, skip) for error in errors]


def _fault(error: ErrorDetails, root: str, skip: int) -> Fault:
    place = error["loc"][skip:]
    code = error["type"]
    name = root if code == "json_invalid" else ".".join(str(part) for part in place) or root
    mentions = {key: _plain(value) for key, value in error.get("ctx", {}).items()}
    if code not in REASONS:
        mentions["message"] = error["msg"]
    return Fault(name[:_MOST_FIELD_CHARACTERS], code, mentions)


def _plain(value: object) -> object:
    """A number as a person would write it: 8000000, not 8000000.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
