// Words of the live stream.

const zh = {
  live: "实时",
  connecting: "正在连接",
  lost: "实时已中断",
  title: "{scope} · 实时数据",
  own: "本单位",
  last: "最近收到数据",
  none_yet: "尚未收到数据",
  today_energy: "今日综合能源消费量",
  hour_energy: "本小时",
  readings: "每分钟入库读数",
  gateways: "端设备在线",
  offline: "离线",
  silent: "失联",
  alerts: "触发中的预警",
  severe: "严重",
  said_lost: "实时连接已中断",
  said_alerts: "触发中的预警 {count} 条",
  running: "截至 {time}",
};

const en = {
  live: "Live",
  connecting: "connecting",
  lost: "Live stream lost",
  title: "{scope} · live data",
  own: "Own enterprise",
  last: "Last data",
  none_yet: "no data yet",
  today_energy: "Consumption today",
  hour_energy: "This hour",
  readings: "Readings stored a minute",
  gateways: "Gateways online",
  offline: "offline",
  silent: "silent",
  alerts: "Alerts firing",
  severe: "severe",
  said_lost: "The live stream is lost",
  said_alerts: "{count} alerts fire",
  running: "until {time}",
};

export default { zh, en };
