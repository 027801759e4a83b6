// The words of a gateway's page.

const zh = {
  title: "端设备", to_entry: "登记信息", state: "状态", silent: "失联", last_heard: "最近一次消息", never: "从未", resends: "断线补传",
  cannot_resend: "不能补传：断线期间的数据会丢失", can_resend: "可以补传", profile: "解析模板", no_profile: "无（使用 Enermon 格式或其他协议）",
  unknown_points: "未识别测点", held_values: "暂存值", counters: "自 {start} 起的接收情况", format: "格式", messages: "消息", stored: "入库", duplicate: "重复",
  rejected_readings: "拒收读数", rejected_messages: "拒收消息", format_enermon: "Enermon 格式", format_profile: "解析模板", format_hj212: "HJ 212", format_sparkplug: "Sparkplug B",
  format_necc: "国家平台协议", format_taken_in: "人工取回", tab_points: "测点", tab_held: "暂存值", tab_profile: "解析模板", ignore_pattern: "按模式忽略", from_file: "由文件映射",
  map_picked: "映射所选", ignore_picked: "忽略所选", no_points: "尚无测点：该设备没有发来其他格式的消息", set_told: "已设置 {set} 个测点，取回 {stored} 个读数{more}", and_more: "，还有更多，请再次取回", refresh: "刷新计数",
  point: "测点", meter: "计量点", unit: "单位", factor: "系数", last_value: "最近值", came: "次数", last_seen: "最近出现", first_of: "仅显示前 {shown} 条，共 {total} 条", as_meter: "同计量点",
  save: "保存", map_note: "此前暂存的值随即取回", pattern: "模式", pattern_note: "* 代表任意文字，? 代表任意一个字符", file: "文件", template: "模板", try_it: "试算", write: "写入",
  file_note: "列：gateway、name、meter、unit_of_measure、factor、ignored、pattern；全部写入或全部不写", file_faults: "有误 {count} 处，未写入", file_right: "{count} 行无误", line: "行", field: "列", reason: "原因",
  take: "取回可用的值", held_note: "测点未识别、或发送方标记为不可信的值暂存于此，不计入用能；测点映射后可以取回，标记的值须由人确认", taken_told: "入库 {stored}，重复 {duplicate}，冲突 {conflict}，拒收 {refused}{more}",
  none_held: "没有暂存值", time: "时间", value: "值", why: "原因", received: "收到", acts: "操作", accept: "确认并取回", accept_title: "{point} 的全部标记值：您确认其正确",
  none: "（无）", version: "版本", newest: "最新", compare: "在留存消息上比较", give: "采用此版本", profile_note: "新版本不会自动生效：先在留存的消息上比较，再采用", none_kept: "尚无留存的消息",
  compared: "比较 {messages} 条消息：相同 {same}，不同 {changed}", gone: "不再读出", added: "改为读出", trying: "试读一条消息", topic: "主题（空：经 HTTP）", payload: "消息", try_note: "不写入任何数据",
  unreadable: "消息无法读取：{why}", yields_nothing: "消息没有读出任何值：{why}", flag: "标记", left_out: "略去（{why}）",
};

const en = {
  title: "Gateway", to_entry: "Its entry", state: "State", silent: "silent", last_heard: "Last message", never: "never", resends: "Sending again",
  cannot_resend: "cannot: what happens while its line is down is lost", can_resend: "can", profile: "Profile", no_profile: "none (Enermon's format, or another protocol)",
  unknown_points: "Unknown points", held_values: "Held values", counters: "What came since {start}", format: "Format", messages: "Messages", stored: "Stored", duplicate: "Duplicates",
  rejected_readings: "Rejected readings", rejected_messages: "Rejected messages", format_enermon: "Enermon's format", format_profile: "by profile", format_hj212: "HJ 212", format_sparkplug: "Sparkplug B",
  format_necc: "national protocol", format_taken_in: "taken in by people", tab_points: "Points", tab_held: "Held values", tab_profile: "Profile", ignore_pattern: "Ignore by pattern", from_file: "Map by file",
  map_picked: "Map the chosen", ignore_picked: "Ignore the chosen", no_points: "No points yet: it sent no message of another format", set_told: "{set} points set, {stored} readings taken in{more}", and_more: "; there are more: take in again", refresh: "Count again",
  point: "Point", meter: "Meter", unit: "Unit", factor: "Factor", last_value: "Last value", came: "Came", last_seen: "Last seen", first_of: "The first {shown} of {total}", as_meter: "as the meter",
  save: "Save", map_note: "What was held of them is taken in at once", pattern: "Pattern", pattern_note: "* stands for any text, ? for one character", file: "File", template: "Template", try_it: "Try", write: "Write",
  file_note: "Columns: gateway, name, meter, unit_of_measure, factor, ignored, pattern; all rows are written, or none", file_faults: "{count} faults, nothing was written", file_right: "{count} rows are right", line: "Line", field: "Column", reason: "Reason",
  take: "Take in what may be", held_note: "Values of unknown points, and such as their sender doubts, are held and do not count; once a point is mapped they can be taken in, flagged ones when a person says that they are right", taken_told: "stored {stored}, duplicate {duplicate}, conflict {conflict}, refused {refused}{more}",
  none_held: "Nothing is held", time: "Time", value: "Value", why: "Why", received: "Received", acts: "Acts", accept: "Confirm and take in", accept_title: "All flagged values of {point}: you say that they are right",
  none: "(none)", version: "Version", newest: "newest", compare: "Compare on kept messages", give: "Use this version", profile_note: "A new version is never used by itself: compare it on kept messages first, then use it", none_kept: "No messages are kept yet",
  compared: "{messages} messages compared: {same} alike, {changed} otherwise", gone: "Not read any more", added: "Read instead", trying: "Try a message", topic: "Topic (empty: by HTTP)", payload: "Message", try_note: "Nothing is stored",
  unreadable: "The message cannot be read: {why}", yields_nothing: "The message yields nothing: {why}", flag: "Flag", left_out: "Left out ({why})",
};

export default { zh, en };
