// Words of the bar with benchmark and baseline.

const zh = {
  no_levels: "无标杆、基准",
  benchmark: "标杆（1 级）",
  baseline: "基准（3 级）",
  value: "实际",
};

const en = {
  no_levels: "no levels",
  benchmark: "benchmark (grade 1)",
  baseline: "baseline (grade 3)",
  value: "actual",
};

export default { zh, en };
