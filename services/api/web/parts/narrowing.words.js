// Words of narrowing a list.

const zh = {
  narrow: "筛选",
  area: "地区",
  park: "园区",
};

const en = {
  narrow: "Narrow",
  area: "Area",
  park: "Park",
};

export default { zh, en };
