// Words of what would mend a verdict that cannot be given.

const zh = {
  register_meters: "去登记计量点",
  see_meters: "查看计量点",
  see_gaps: "查看缺数",
  give_heat_value: "报送热值",
  complete_unit: "补全登记",
};

const en = {
  register_meters: "Register meters",
  see_meters: "See its meters",
  see_gaps: "See what is missing",
  give_heat_value: "Give the heat value",
  complete_unit: "Complete the entry",
};

export default { zh, en };
