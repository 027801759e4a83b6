// Words of units that are picked.

const zh = {
  of_picked: "对所选单元",
  picked: "已选",
  units: "个单元",
  urge: "督办",
  with_alerts: "个单元有待处置预警",
  alerts: "条：",
  see_alerts: "查看这些预警",
  no_alerts: "所选单元没有待处置的预警",
  copy_list: "复制清单",
  unpick: "取消选择",
  unit_code: "单元代码",
  unit_name: "单元",
  credit_code: "统一社会信用代码",
  enterprise_name: "企业",
};

const en = {
  of_picked: "With the picked units",
  picked: "Picked:",
  units: "units",
  urge: "Supervise",
  with_alerts: "units have open alerts,",
  alerts: "in all:",
  see_alerts: "See these alerts",
  no_alerts: "No alert of the picked units is open",
  copy_list: "Copy the list",
  unpick: "Unpick",
  unit_code: "Unit code",
  unit_name: "Unit",
  credit_code: "Credit code",
  enterprise_name: "Enterprise",
};

export default { zh, en };
