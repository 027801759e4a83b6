const zh = {
  title: "园区",
  note: "{kind} · {area}",
  all: "园区",
  enterprises: "用能单位",
  by_carrier: "分品种",
  course: "走势",
  kind: "类型",
};

const en = {
  title: "Parks",
  note: "{kind} · {area}",
  all: "Parks",
  enterprises: "Enterprises",
  by_carrier: "By carrier",
  course: "Course",
  kind: "Kind",
};

export default { zh, en };
