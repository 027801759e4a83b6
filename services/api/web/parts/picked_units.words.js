// Words of units that are picked.

const zh = {
  picked: "已选",
  urge: "督办：处置其预警",
  copy_list: "复制清单",
  unpick: "取消选择",
  unit_code: "单元代码",
  unit_name: "单元",
  credit_code: "统一社会信用代码",
  enterprise_name: "企业",
};

const en = {
  picked: "Picked:",
  urge: "Handle their alerts",
  copy_list: "Copy the list",
  unpick: "Unpick",
  unit_code: "Unit code",
  unit_name: "Unit",
  credit_code: "Credit code",
  enterprise_name: "Enterprise",
};

export default { zh, en };
