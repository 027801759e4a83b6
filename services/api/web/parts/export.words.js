// Words of what is taken along.

const zh = {
  export: "导出",
  export_title: "复制链接，或下载全部结果",
  copy_link: "复制本页链接",
  copy_address: "复制接口地址",
  copy_curl: "复制 curl 命令",
  copied_sign: "✓ 已复制",
  copied_short: "✓",
  copy_address_short: "接口",
  copy_curl_short: "curl",
  copy_by_hand: "请手动复制：",
  xlsx: "下载 XLSX（含来源）",
  csv: "下载 CSV",
  xlsx_short: "XLSX",
  csv_short: "CSV",
};

const en = {
  export: "Export",
  export_title: "Copy the link, or take the whole result along",
  copy_link: "Copy link to this page",
  copy_address: "Copy address of the API",
  copy_curl: "Copy as curl",
  copied_sign: "✓ copied",
  copied_short: "✓",
  copy_address_short: "API",
  copy_curl_short: "curl",
  copy_by_hand: "Copy by hand:",
  xlsx: "XLSX with sources",
  csv: "CSV",
  xlsx_short: "XLSX",
  csv_short: "CSV",
};

export default { zh, en };
