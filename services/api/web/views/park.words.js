const zh = {
  title: "园区",
  note: "{kind} · {area}",
  all: "园区",
  kind: "类型",
};

const en = {
  title: "Parks",
  note: "{kind} · {area}",
  all: "Parks",
  kind: "Kind",
};

export default { zh, en };
