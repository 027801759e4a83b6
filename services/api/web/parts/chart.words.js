// Words of charts, heat maps and tile maps.

const zh = {
  plot: "{caption}：左右方向键逐点查看，回车打开",
  low: "完整率低于 90 %",
  missing_span: "缺数",
  period: "时段",
  unread: "图表未能载入，请改看数据表",
  from: "流出",
  to: "流入",
  amount: "数量",
  cells: "{caption}：方向键移动，回车打开",
  expand: "展开 {name}",
  collapse: "收起 {name}",
  of: "名称",
  not_expected: "不应有读数",
  finding: "有异常",
  less: "少",
  more: "多",
  map_of: "{caption}，按行政区划排列的方格，不是地图",
  approval: "审图号：{number}",
};

const en = {
  plot: "{caption}: left and right go from point to point, Enter opens",
  low: "coverage below 90 %",
  missing_span: "missing",
  period: "Period",
  unread: "The chart could not be read; the data table has the numbers",
  from: "From",
  to: "To",
  amount: "Amount",
  cells: "{caption}: arrows move, Enter opens",
  expand: "Open {name}",
  collapse: "Close {name}",
  of: "Name",
  not_expected: "no readings expected",
  finding: "finding",
  less: "less",
  more: "more",
  map_of: "{caption}: tiles in the order of the areas, no map",
  approval: "Map approval: {number}",
};

export default { zh, en };
