// Words of days as a field.

const zh = {
  step_0: "低于 50 %",
  step_1: "50–80 %",
  step_2: "80–90 %",
  step_3: "90–98 %",
  step_4: "98 % 及以上",
  unexpected: "不应有读数",
  unjudged: "应有读数，此项无可评判",
  found: "有异常：{checks}",
  missing: "缺数",
};

const en = {
  step_0: "below 50 %",
  step_1: "50–80 %",
  step_2: "80–90 %",
  step_3: "90–98 %",
  step_4: "98 % and more",
  unexpected: "no readings expected",
  unjudged: "expected; nothing to form this score of",
  found: "found: {checks}",
  missing: "missing",
};

export default { zh, en };
