// A Node-RED of its own in the folder of the run, with the client of PostgreSQL for its function node.
module.exports = {
  flowFile: "flows.json",
  uiHost: "127.0.0.1",
  uiPort: Number(process.env.BENCH_HTTP_PORT),
  httpAdminRoot: false,
  disableEditor: true,
  credentialSecret: false,
  functionGlobalContext: { pg: require(process.env.BENCH_MODULES + "/pg") },
  logging: { console: { level: "warn", metrics: false, audit: false } },
};
