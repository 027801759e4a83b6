// Words of the bar of use and approval.

const zh = {
  used: "实测",
  approved: "批复",
  unknown: "未知",
};

const en = {
  used: "measured",
  approved: "approved",
  unknown: "not known",
};

export default { zh, en };
