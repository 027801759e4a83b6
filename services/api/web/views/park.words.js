const zh = {
  title: "园区",
  note: "{kind} · {area}",
  all: "园区",
  enterprises: "用能单位",
  by_carrier: "分品种",
  kind: "类型",
};

const en = {
  title: "Parks",
  note: "{kind} · {area}",
  all: "Parks",
  enterprises: "Enterprises",
  by_carrier: "By carrier",
  kind: "Kind",
};

export default { zh, en };
