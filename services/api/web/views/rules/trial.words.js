// The words of a trial of a rule over the past.

const zh = {
  try_again: "重新试算",
  try_title: "在过去的数据上试算",
  try_from: "自",
  try_to: "至",
  try_found: "按此规则，所选时段将发出",
  try_alerts: "条预警，涉及",
  try_subjects: "个对象",
  try_none: "所选时段不会发出预警",
  try_mark: "试算",
  try_places: "分布",
  try_first: "首次预警",
  try_value: "数值",
  try_limit: "限值",
  try_count: "预警数",
};

const en = {
  try_again: "Try again",
  try_title: "Tried on past data",
  try_from: "From",
  try_to: "to",
  try_found: "Over this time the rule would have raised",
  try_alerts: "alerts, about",
  try_subjects: "subjects",
  try_none: "Nothing would have been raised over this time",
  try_mark: "trial",
  try_places: "Where",
  try_first: "First",
  try_value: "Value",
  try_limit: "Limit",
  try_count: "Alerts",
};

export default { zh, en };
