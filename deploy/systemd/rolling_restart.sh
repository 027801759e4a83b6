#!/bin/sh
# Restart Enermon's services one after another while readings go on being taken; as root. What gateways send waits at the
# broker for ingest, the front asks the other process of the API, all else waits in the database.
set -eu
python=/opt/enermon/current/bin/python healthy=/opt/enermon/current/start/healthy.py

say() {
    echo "$(date +%H:%M:%S) $*"
}

restart() { # UNIT [words of healthy.py]
    unit=$1
    shift
    systemctl is-active --quiet "$unit" || return 0
    systemctl restart "$unit"
    left=120
    until systemctl is-active --quiet "$unit" && { [ $# = 0 ] || $python $healthy "$@" >/dev/null 2>&1; }; do
        left=$((left - 1))
        [ $left -gt 0 ] || { echo "error: $unit does not work: journalctl -u $unit -n 50" >&2; exit 1; }
        sleep 1
    done
    say "$unit: restarted"
}

restart enermon-broker-users
restart enermon-broker
restart enermon@ingest metric http://127.0.0.1:9101/metrics "enermon_ingest_connected 1.0"
for name in hj212 necc sparkplug; do restart "enermon@$name"; done
for port in 8000 8001; do restart "enermon-api@$port" ready "http://127.0.0.1:$port/health/ready"; done
if systemctl is-active --quiet enermon-front; then systemctl reload enermon-front || restart enermon-front; fi
for name in rollup quality alerts upward; do restart "enermon@$name"; done
say "done"
