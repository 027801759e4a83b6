const zh = {
  title: "全区",
  leagues: "盟市",
  measure: "指标",
  m_consumption: "综合能源消费量",
  m_tco2: "二氧化碳排放量",
  m_change: "增减",
  m_coal: "煤炭消费比重",
  m_renewable: "可再生电力占比",
  as_list: "排名",
  as_tiles: "方位",
  by_carrier: "分品种",
  course: "走势",
  of_progress: "能耗双控",
  light_title: "{year} 年能耗强度晴雨表：{text}",
  lights: "晴雨表（{year} 年能耗强度）",
  to_dual_control: "能耗双控",
};

const en = {
  title: "Region",
  leagues: "Leagues",
  measure: "Measure",
  m_consumption: "Energy consumption",
  m_tco2: "CO₂ emitted",
  m_change: "Change",
  m_coal: "Share of coal",
  m_renewable: "Renewable electricity",
  as_list: "Ranking",
  as_tiles: "Tiles",
  by_carrier: "By carrier",
  course: "Course",
  of_progress: "Dual control",
  light_title: "Warning light of {year}, energy intensity: {text}",
  lights: "Warning lights (energy intensity, {year})",
  to_dual_control: "Dual control",
};

export default { zh, en };
