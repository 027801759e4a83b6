// Words of a step of many alerts at once.

const zh = {
  title: "批量{step}",
  text: "对所选中可以{step}的预警逐条办理；不能办理的会分别说明原因。",
  count: "将办理",
  alerts: "条预警",
  none: "所选预警没有可以批量办理的步骤",
  done: "办理结果",
  taken: "已办理",
  refused: "未办理",
};

const en = {
  title: "{step}: many at once",
  text: "Each alert of those chosen that allows it is handled ({step}); of the others it is said why not.",
  count: "To be handled:",
  alerts: "alerts",
  none: "No step can be taken of all these",
  done: "What became of it",
  taken: "taken",
  refused: "refused",
};

export default { zh, en };
