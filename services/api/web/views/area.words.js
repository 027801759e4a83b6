const zh = {
  title: "盟市旗县",
  banners: "旗县",
  leagues: "盟市",
  parks: "园区",
  more_enterprises: "全部用能单位",
  dual_control: "能耗双控",
  efficiency: "能效清单",
  alerts: "预警",
  quality: "数据质量",
};

const en = {
  title: "Areas",
  banners: "Banners",
  leagues: "Leagues",
  parks: "Parks",
  more_enterprises: "All enterprises",
  dual_control: "Dual control",
  efficiency: "Efficiency list",
  alerts: "Alerts",
  quality: "Data quality",
};

export default { zh, en };
