"""The declared list of indicators. One more is one entry here, one section in docs/indicators.md and one test. Pure."""

from collections.abc import Mapping
from fractions import Fraction

from services.core.domain.factors import Basis
from services.core.domain.indicators.kinds import Indicator, Level, Parts
from services.core.domain.indicators.terms import Measured, Term
from services.core.domain.meter import Flow

BOUGHT = (Flow.INPUT, Flow.RENEWABLE)
TRADED = (Flow.INPUT, Flow.OUTPUT)
KILO = 1000
PERCENT = 100
FUELS = ("coal", "oil", "gas", "biomass", "other")
INSTITUTIONS = frozenset({"public_institution"})
REGION_PLAN = "内政发〔2022〕17号"


def _pue(m: Measured) -> tuple[Term, Term]:
    return m.quantity(["electricity"], BOUGHT), m.quantity(["electricity"], [Flow.IT_LOAD])


def _wue(m: Measured) -> tuple[Term, Term]:
    return m.quantity(["water"], [Flow.INPUT]).scaled(KILO), m.quantity(["electricity"], [Flow.IT_LOAD])


def _unit_product_energy(m: Measured) -> tuple[Term, Term]:
    return m.energy(Basis.CALORIFIC).scaled(KILO), m.product()


def _unit_product_electricity(m: Measured) -> tuple[Term, Term]:
    return m.quantity(["electricity"], (*BOUGHT, Flow.OUTPUT)), m.product()


def _coal_per_kwh_supplied(m: Measured) -> tuple[Term, Term]:
    fuel = m.energy(Basis.CALORIFIC, flows=[Flow.INPUT], families=FUELS)
    heat = m.energy(Basis.CALORIFIC, flows=[Flow.OUTPUT], families=["heat"], absent_is_zero=True)
    sold = m.quantity(["electricity"], [Flow.OUTPUT]).scaled(-1)
    bought = m.quantity(["electricity"], BOUGHT, absent_is_zero=True)
    return (fuel + heat).scaled(KILO * KILO), sold - bought


def _energy_per(kind: str) -> Parts:
    return lambda m: (m.energy(Basis.CALORIFIC).scaled(KILO), m.statistic(kind))


def _intensity(reported_energy: str, per: str) -> Parts:
    def parts(m: Measured) -> tuple[Term, Term]:
        energy = m.statistic(reported_energy) if m.reports(reported_energy) else m.energy(Basis.EQUIVALENT)
        return energy, m.statistic(per)

    return parts


def _carbon_intensity(m: Measured) -> tuple[Term, Term]:
    return m.co2(), m.statistic("gdp")


def _renewable_electricity(m: Measured) -> tuple[Term, Term]:
    renewable = m.quantity(["electricity"], [Flow.RENEWABLE], absent_is_zero=True)
    return renewable, m.quantity(["electricity"], BOUGHT)


def _coal_share(m: Measured) -> tuple[Term, Term]:
    coal = m.energy(Basis.EQUIVALENT, families=["coal"], absent_is_zero=True)
    for made_of_coal in ("electricity", "heat"):
        net = m.energy(Basis.EQUIVALENT, flows=TRADED, families=[made_of_coal], absent_is_zero=True)
        coal = coal + net.at_most_zero()
    return coal, m.energy(Basis.EQUIVALENT)


def _non_fossil_share(m: Measured) -> tuple[Term, Term]:
    renewable = m.energy(Basis.EQUIVALENT, flows=[Flow.RENEWABLE], absent_is_zero=True)
    biomass = m.energy(Basis.EQUIVALENT, flows=[Flow.INPUT, Flow.OUTPUT], families=["biomass"], absent_is_zero=True)
    return renewable + biomass, m.energy(Basis.EQUIVALENT)


def _non_fossil_capacity(m: Measured) -> tuple[Term, Term]:
    return m.statistic("capacity_non_fossil"), m.statistic("capacity_total")


def _completeness(m: Measured) -> tuple[Term, Term]:
    measured, expected = m.seconds()
    return measured, expected


INDICATORS: tuple[Indicator, ...] = (
    Indicator(
        slug="pue",
        name_zh="电能利用效率（PUE）",
        name_en="Power usage effectiveness (PUE)",
        unit="1",
        numerator_unit="kWh",
        denominator_unit="kWh",
        formula="electricity of the data centre (bought, renewable included) / electricity of its IT equipment",
        formula_zh="数据中心总用电量（含绿电）÷ IT 设备用电量",
        source="GB 40879-2021; ISO/IEC 30134-2",
        level=Level.UNIT,
        parts=_pue,
        processes=frozenset({"data_centre"}),
        least=Fraction(1),
    ),
    Indicator(
        slug="wue",
        name_zh="水资源利用效率（WUE）",
        name_en="Water usage effectiveness (WUE)",
        unit="l/kWh",
        numerator_unit="l",
        denominator_unit="kWh",
        formula="fresh water taken in, in litres / electricity of the IT equipment",
        formula_zh="取水量（升）÷ IT 设备用电量",
        source="ISO/IEC 30134-9",
        level=Level.UNIT,
        parts=_wue,
        processes=frozenset({"data_centre"}),
    ),
    Indicator(
        slug="unit_product_energy",
        name_zh="单位产品综合能耗",
        name_en="Comprehensive energy per unit of product",
        unit="kgce/{product}",
        numerator_unit="kgce",
        denominator_unit="{product}",
        formula="(inputs + renewable electricity + feedstock - outputs, calorific) / product made",
        formula_zh="（输入 + 绿电 + 原料用能 − 输出，当量值）÷ 产品产量",
        source="GB/T 2589-2020; limit standard of the process",
        level=Level.UNIT,
        parts=_unit_product_energy,
        by_process=True,
        statistics=frozenset({"output"}),
    ),
    Indicator(
        slug="unit_product_electricity",
        name_zh="单位产品电耗",
        name_en="Electricity per unit of product",
        unit="kWh/{product}",
        numerator_unit="kWh",
        denominator_unit="{product}",
        formula="(electricity bought, renewable included, less electricity sold) / product made",
        formula_zh="（购入电量（含绿电）− 外供电量）÷ 产品产量",
        source="GB/T 2589-2020",
        level=Level.UNIT,
        parts=_unit_product_electricity,
        by_process=True,
        statistics=frozenset({"output"}),
    ),
    Indicator(
        slug="aluminium_ac_power",
        name_zh="电解铝交流电耗",
        name_en="AC power per tonne of molten aluminium",
        unit="kWh/t",
        numerator_unit="kWh",
        denominator_unit="t",
        formula="electricity over the boundary of the potline unit, renewable included / molten aluminium made",
        formula_zh="电解系列边界交流用电量（含绿电）÷ 铝液产量",
        source="GB 21346-2022",
        level=Level.UNIT,
        parts=_unit_product_electricity,
        processes=frozenset({"aluminium_electrolysis"}),
        statistics=frozenset({"output"}),
    ),
    Indicator(
        slug="coal_per_kwh_supplied",
        name_zh="供电标准煤耗",
        name_en="Standard coal per kWh supplied",
        unit="gce/kWh",
        numerator_unit="gce",
        denominator_unit="kWh",
        formula="(fuels burnt - heat sold, calorific) / (electricity sold - electricity bought)",
        formula_zh="（燃料消耗 − 供热，当量值）÷（上网电量 − 购入电量）",
        source="GB/T 2589-2020; DL/T 904",
        level=Level.UNIT,
        parts=_coal_per_kwh_supplied,
        processes=frozenset({"coal_power"}),
    ),
    Indicator(
        slug="energy_per_floor_area",
        name_zh="公共机构单位建筑面积能耗",
        name_en="Energy of public institutions per floor area",
        unit="kgce/m2",
        numerator_unit="kgce",
        denominator_unit="m2",
        formula="(inputs + renewable electricity - outputs, calorific) / floor area reported",
        formula_zh="（输入 + 绿电 − 输出，当量值）÷ 建筑面积",
        source=f"{REGION_PLAN} 附件2",
        level=Level.ENTERPRISE,
        parts=_energy_per("floor_area"),
        yearly=True,
        trades=INSTITUTIONS,
        statistics=frozenset({"floor_area"}),
    ),
    Indicator(
        slug="energy_per_person",
        name_zh="公共机构人均综合能耗",
        name_en="Energy of public institutions per person",
        unit="kgce/person",
        numerator_unit="kgce",
        denominator_unit="person",
        formula="(inputs + renewable electricity - outputs, calorific) / persons reported",
        formula_zh="（输入 + 绿电 − 输出，当量值）÷ 用能人数",
        source=f"{REGION_PLAN} 附件2",
        level=Level.ENTERPRISE,
        parts=_energy_per("head_count"),
        yearly=True,
        trades=INSTITUTIONS,
        statistics=frozenset({"head_count"}),
    ),
    Indicator(
        slug="energy_intensity_gdp",
        name_zh="单位地区生产总值能耗",
        name_en="Energy intensity of the gross domestic product",
        unit="tce/10kCNY",
        numerator_unit="tce",
        denominator_unit="10k CNY",
        formula="energy consumption reported, else metered (equivalent) / GDP at the constant prices of price_base",
        formula_zh="能源消费总量（统计数，无则为在线监测等价值）÷ 地区生产总值（price_base 年不变价）",
        source=f"{REGION_PLAN} 二、主要目标",
        level=Level.AREA,
        parts=_intensity("energy_consumption", "gdp"),
        statistics=frozenset({"energy_consumption", "gdp"}),
    ),
    Indicator(
        slug="energy_intensity_iva",
        name_zh="单位工业增加值能耗",
        name_en="Energy intensity of industrial value added",
        unit="tce/10kCNY",
        numerator_unit="tce",
        denominator_unit="10k CNY",
        formula="industrial energy reported, else energy metered (equivalent) / industrial value added, constant price",
        formula_zh="工业能源消费量（统计数，无则为在线监测等价值）÷ 工业增加值（price_base 年不变价）",
        source=f"{REGION_PLAN} 三（一）",
        level=Level.AREA,
        parts=_intensity("industrial_energy", "industrial_value_added"),
        statistics=frozenset({"industrial_energy", "industrial_value_added"}),
    ),
    Indicator(
        slug="carbon_intensity_gdp",
        name_zh="单位地区生产总值二氧化碳排放（在线监测）",
        name_en="CO2 intensity of the gross domestic product, as metered",
        unit="tCO2/10kCNY",
        numerator_unit="tCO2",
        denominator_unit="10k CNY",
        formula="CO2 of fuels burnt and of electricity and heat bought, less sold / GDP at constant prices",
        formula_zh="（燃料燃烧及净购入电力热力排放）÷ 地区生产总值（price_base 年不变价）",
        source="鄂尔多斯市“十四五”节能减排综合工作实施方案 四（一）",
        level=Level.AREA,
        parts=_carbon_intensity,
        statistics=frozenset({"gdp"}),
    ),
    Indicator(
        slug="coal_share",
        name_zh="煤炭消费比重",
        name_en="Share of coal in energy consumption",
        unit="%",
        numerator_unit="tce",
        denominator_unit="tce",
        scale=PERCENT,
        formula="coal and its products, inputs + feedstock - outputs, less net electricity and heat sold"
        " / energy consumption (all equivalent)",
        formula_zh="煤炭及煤制品（输入 + 原料 − 输出）扣除净外供电力热力（等价值）÷ 能源消费量（等价值）",
        source=f"{REGION_PLAN} 三（八）",
        level=Level.PLACE,
        parts=_coal_share,
    ),
    Indicator(
        slug="non_fossil_share",
        name_zh="非化石能源占能源消费比重",
        name_en="Share of non-fossil energy in energy consumption",
        unit="%",
        numerator_unit="tce",
        denominator_unit="tce",
        scale=PERCENT,
        formula="renewable electricity and biomass (equivalent) / energy consumption (equivalent)",
        formula_zh="（可再生能源电力 + 生物质，等价值）÷ 能源消费量（等价值）",
        source=f"{REGION_PLAN} 三（八）、附件2",
        level=Level.PLACE,
        parts=_non_fossil_share,
        lower_is_better=False,
    ),
    Indicator(
        slug="non_fossil_capacity_share",
        name_zh="非化石能源装机比重",
        name_en="Share of non-fossil energy in installed capacity",
        unit="%",
        numerator_unit="MW",
        denominator_unit="MW",
        scale=PERCENT,
        formula="non-fossil capacity reported / capacity reported",
        formula_zh="非化石能源装机容量 ÷ 总装机容量（统计数）",
        source="内蒙古自治区节能减排“十三五”规划",
        level=Level.AREA,
        parts=_non_fossil_capacity,
        statistics=frozenset({"capacity_total", "capacity_non_fossil"}),
        lower_is_better=False,
    ),
    Indicator(
        slug="renewable_electricity_share",
        name_zh="可再生能源电力消纳比重",
        name_en="Share of renewable electricity in electricity consumption",
        unit="%",
        numerator_unit="kWh",
        denominator_unit="kWh",
        scale=PERCENT,
        formula="renewable electricity / electricity bought, renewable included",
        formula_zh="可再生能源电力 ÷ 用电量（含绿电）",
        source=f"{REGION_PLAN} 附件2",
        level=Level.AREA,
        parts=_renewable_electricity,
        lower_is_better=False,
    ),
    Indicator(
        slug="park_renewable_share",
        name_zh="园区新能源消纳比重",
        name_en="Renewable share of a park's electricity",
        unit="%",
        numerator_unit="kWh",
        denominator_unit="kWh",
        scale=PERCENT,
        formula="renewable electricity / electricity bought by the enterprises of the park, renewable included",
        formula_zh="园区可再生能源电力 ÷ 园区用电量（含绿电）",
        source="鄂尔多斯市“十四五”节能减排综合工作实施方案 三（二）",
        level=Level.PARK,
        parts=_renewable_electricity,
        lower_is_better=False,
    ),
    Indicator(
        slug="completeness",
        name_zh="数据完整率",
        name_en="Completeness of the data",
        unit="%",
        numerator_unit="s",
        denominator_unit="s",
        scale=PERCENT,
        formula="measured time of all meters / time in which readings are expected",
        formula_zh="各计量点实测时长 ÷ 应测时长",
        source="重点用能单位能耗在线监测系统技术规范",
        level=Level.PLACE,
        parts=_completeness,
        lower_is_better=False,
        coverage_counts=False,
    ),
)

BY_SLUG: Mapping[str, Indicator] = {indicator.slug: indicator for indicator in INDICATORS}
