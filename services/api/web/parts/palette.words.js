// Words of the palette.

const zh = {
  title: "查找与跳转",
  hint: "单位、地区、页面、周期、预警编号…可用拼音或首字母，如 eeds sjzx",
  none: "没有找到“{q}”",
  none_do: "换个说法，或只输入名称的一部分、拼音首字母。",
  searching: "正在查找…",
  of_views: "页面",
  of_periods: "周期",
  of_actions: "操作",
  of_found: "查找结果",
  more_found: "另有",
  more_after: "项，请输入更多",
  how: "↑↓ 选择 · Enter 打开 · Esc 关闭",
  copy_link: "复制本页链接",
  print: "打印本页",
  switch_language: "切换为英文",
  theme_light: "浅色",
  theme_dark: "深色",
  keys: "快捷键",
  copied: "链接已复制",
};

const en = {
  title: "Find and go",
  hint: "Enterprises, areas, pages, periods, alert numbers… names, pinyin or initials: eeds pue",
  none: "Nothing found for “{q}”",
  none_do: "Try other words, a part of the name, or initials of pinyin.",
  searching: "Searching…",
  of_views: "Pages",
  of_periods: "Periods",
  of_actions: "Actions",
  of_found: "Found",
  more_found: "",
  more_after: "more; type on to narrow",
  how: "↑↓ choose · Enter open · Esc close",
  copy_link: "Copy the link of this page",
  print: "Print this page",
  switch_language: "Switch to Chinese",
  theme_light: "Light",
  theme_dark: "Dark",
  keys: "Keys",
  copied: "Link copied",
};

export default { zh, en };
