// The words of manual reports.

const zh = {
  kind_manual: "手工月报",
  note_manual: "按单据手工填报的各月实物量，与计量值对照",
  manual_note: "单元该品种、流向当月没有任何计量点的，填报量计入合计并标注“手工”；有计量点的只作对照，不计入。差异＝（计量 − 填报）÷ 填报。",
  manual_new: "填报",
  manual_edit: "更正手工月报",
  manual_place: "用途",
  manual_counts: "计入",
  manual_beside: "对照",
  metered: "计量值",
  manual_difference: "差异",
  is_apart: "超出允许偏差",
  entered: "填报人",
  withdrawn: "已撤回",
  all_versions: "含更正前与已撤回的",
  h_month: "如 2026-03；月份结束后填报",
  h_document: "发票、磅单、月结单等的编号",
  manual_import_note: "CSV 或 XLSX，第一行为字段名，每行一份月报。已填报的月份与现值不同的，作为更正待复核。试算不写入任何内容。",
};

const en = {
  kind_manual: "Manual reports",
  note_manual: "Quantities of months entered by hand from papers, beside what was metered",
  manual_note: "Where a unit has no meter of the carrier and flow in the month, the report counts in sums, marked manual; where it has one, it is compared and never added. Difference: (metered − reported) / reported.",
  manual_new: "Enter a report",
  manual_edit: "Correct a manual report",
  manual_place: "Used",
  manual_counts: "counts",
  manual_beside: "compared",
  metered: "Metered",
  manual_difference: "Difference",
  is_apart: "too far apart",
  entered: "Entered by",
  withdrawn: "withdrawn",
  all_versions: "Corrected and withdrawn ones too",
  h_month: "as 2026-03; once it is over",
  h_document: "of the invoice, weighing list or monthly statement",
  manual_import_note: "CSV or XLSX, the first row names the fields, each further row is a report. Where a month says otherwise than before, it is a correction and waits for a second person. A trial writes nothing.",
};

export default { zh, en };
