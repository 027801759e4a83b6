#!/bin/bash
# Install Enermon on one server without containers, or bring it to this version: Debian 12 or 13 with systemd, as root.
#
#   deploy/systemd/install.sh                 what is missing or has changed; may be run as often as you like
#   deploy/systemd/install.sh --dry-run       say what would be done, and do nothing
#   deploy/systemd/install.sh --wheels DIR    Python packages from this folder alone (a machine without internet)
#   deploy/systemd/install.sh --uninstall     take away programs and services; data, settings and secrets stay, and
#                                             the commands that remove them are said
#
# It puts programs into /opt/enermon, settings and secrets into /etc/enermon, and makes a cluster `enermon` of PostgreSQL at
# port 15432. Other clusters, Debian's mosquitto.service and nginx.service are left alone. ENERMON_HOSTNAMES (names and
# addresses of this server, between commas) and ENERMON_HTTPS_LISTEN (8443) are asked for once; later they are in
# /etc/enermon/enermon.env.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
etc=/etc/enermon opt=/opt/enermon port=15432
dry= wheels= uninstall=
while [ $# -gt 0 ]; do
    case "$1" in
        --dry-run) dry=1 ;;
        --wheels) wheels=$(cd "${2:?--wheels needs a folder}" && pwd); shift ;;
        --uninstall) uninstall=1 ;;
        *) sed -n '2,15s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
    esac
    shift
done

fail() {
    echo "error: $*" >&2
    exit 1
}
say() { echo "$(date +%H:%M:%S) $*"; }
run() { # a command, or its words with --dry-run
    if [ -n "$dry" ]; then
        echo "would run: $*"
    else
        "$@"
    fi
}
put() { # SOURCE TARGET MODE: where it differs
    if cmp -s "$1" "$2"; then
        return
    fi
    changed=1
    run install -D -m "$3" "$1" "$2"
}
keep() { # TARGET MODE, content from stdin: only where there is none
    local content
    content=$(cat)
    if [ -e "$1" ]; then
        return
    fi
    if [ -n "$dry" ]; then
        echo "would write: $1"
    else
        install -D -m "$2" /dev/stdin "$1" <<<"$content"
    fi
}

version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/pyproject.toml")
[ "$(id -u)" = 0 ] || [ -n "$dry" ] || fail "run it as root"
. /etc/os-release
case "${ID:-}-${VERSION_ID:-}" in
    debian-12* | debian-13*) ;;
    *) fail "made for Debian 12 and 13; this is ${PRETTY_NAME:-unknown}. Containers run elsewhere: docs/deployment.md" ;;
esac
[ -d /run/systemd/system ] || [ -n "$dry" ] || fail "systemd does not run here"
units=("$root"/deploy/systemd/units/*)
names=("${units[@]##*/}")

if [ -n "$uninstall" ]; then
    run systemctl disable --now enermon.target enermon-certificates.timer || true
    mapfile -t running < <(systemctl list-units --all --plain --no-legend 'enermon*' 2>/dev/null | awk '{print $1}')
    [ ${#running[@]} = 0 ] || run systemctl disable --now "${running[@]}" || true
    for name in "${names[@]}"; do run rm -f "/etc/systemd/system/$name"; done
    run rm -rf /etc/systemd/system/enermon.target.wants /etc/sysusers.d/enermon.conf "$opt"
    run systemctl daemon-reload
    echo "Programs and services are gone. Data and secrets are here still; with these nothing of them can be had again:"
    echo "    pg_dropcluster --stop VERSION enermon        VERSION as pg_lsclusters says"
    echo "    rm -rf $etc /var/lib/enermon-broker"
    echo "    apt-get remove mosquitto nginx 'postgresql-*'        where nobody else needs them"
    exit 0
fi

say "Enermon $version: packages of Debian"
run python3 "$root/deploy/systemd/system_packages.py" /var/cache/enermon

say "programs in $opt/$version"
release=$opt/$version-$(git -C "$root" rev-parse --short HEAD 2>/dev/null || echo release)
[ ! -e "$root/.git" ] || [ -z "$(git -C "$root" status --porcelain 2>/dev/null)" ] || release=$release-changed
if [ ! -e "$release/complete" ] || [[ $release = *-changed ]]; then
    # Made where it will stand: programs of an environment name their interpreter.
    run rm -rf "$release"
    run python3 -m venv "$release"
    from=(); [ -z "$wheels" ] || from=(--no-index --find-links "$wheels")
    pip=("$release/bin/python" -m pip --disable-pip-version-check --no-input install --quiet)
    run "${pip[@]}" "${from[@]}" --only-binary :all: --require-hashes -r "$root/requirements.lock"
    sources=$(mktemp -d)
    trap 'rm -rf "$sources"' EXIT
    cp -r "$root"/{pyproject.toml,README.md,services,simulators} "$sources"
    run "${pip[@]}" --no-deps --no-build-isolation --no-index "$sources"
    run install -d "$release/start/mosquitto" "$release/start/front"
    run cp "$root"/deploy/docker/{entrypoint,create_secrets,create_certificates,healthy}.py "$release/start"
    run cp "$root"/deploy/mosquitto/* "$release/start/mosquitto"
    run cp "$root"/deploy/docker/database/10_enermon.sh "$release/start"
    run touch "$release/complete"
fi
python=$release/bin/python

say "settings and secrets in $etc"
run install -m 644 -D "$root/deploy/systemd/sysusers.conf" /etc/sysusers.d/enermon.conf
run systemd-sysusers /etc/sysusers.d/enermon.conf
keep "$etc/enermon.env" 644 <<ENV
# Settings of every process (docs/operations.md#settings); after a change: deploy/systemd/install.sh
ENERMON_HOSTNAMES=${ENERMON_HOSTNAMES:-$(hostname)}
ENERMON_HTTPS_LISTEN=${ENERMON_HTTPS_LISTEN:-8443}
ENERMON_API_TRUSTED_HOSTS=${ENERMON_HOSTNAMES:-$(hostname)}
ENERMON_METRICS_HOST=127.0.0.1
# ENERMON_ALERTS_LINK=https://energy.example.cn:8443
# ENERMON_SMTP_URL=smtps://user:password@mail.example.cn:465
# ENERMON_SMTP_FROM=enermon@example.cn
ENV
run chmod 600 "$etc/enermon.env"
for folder in secrets secrets/database secrets/superuser secrets/logins secrets/mqtt secrets/necc ca given administrator; do
    run install -d -m 700 "$etc/$folder"
done
run install -d -m 755 "$etc/credentials"
run install -d -m 2750 -g enermon "$etc/tls"
roles=(api ingest rollup quality alerts admit reader)
secrets=("$etc/secrets/superuser/postgres" "$etc/secrets/database/enermon" "$etc/secrets/necc/key")
secrets+=("${roles[@]/#/$etc/secrets/logins/enermon_}")
secrets+=("$etc"/secrets/mqtt/enermon-{ingest-0,alerts,sparkplug,control})
run "$python" "$root/deploy/docker/create_secrets.py" "${secrets[@]}"

hand() { # FILE FOLDER NAME GROUP: a secret to whom it is for
    run install -m 440 -g "$4" "$1" "$2/$3"
}
process() { # NAME LOGIN [BROKER-USER] [MORE...]: its settings, and the passwords that its user may read
    local name=$1 login=$2 user=${3:-} folder=$etc/credentials/$1 group=enermon-$1
    [ "$name" != broker-users ] || group=mosquitto
    shift $(($# < 3 ? $# : 3))
    printf '%s\n' "ENERMON_DATABASE_URL=postgresql://$login@127.0.0.1:$port/enermon" "$@" | keep "$etc/services/$name.env" 644
    run install -d -m 750 -g "$group" "$folder"
    hand "$etc/secrets/logins/$login" "$folder" database "$group"
    if [ -n "$user" ]; then hand "$etc/secrets/mqtt/$user" "$folder" mqtt "$group"; fi
}
broker=127.0.0.1:1883
process api enermon_api
process ingest enermon_ingest enermon-ingest-0 "ENERMON_MQTT_URL=mqtt://enermon-ingest-0@$broker" \
    "ENERMON_MQTT_PASSWORD_FILE=$etc/credentials/ingest/mqtt" ENERMON_INGEST_METRICS_PORT=9101
process rollup enermon_rollup "" ENERMON_ROLLUP_METRICS_PORT=9102
process quality enermon_quality "" ENERMON_QUALITY_METRICS_PORT=9104
process alerts enermon_alerts enermon-alerts "ENERMON_ALERTS_MQTT_URL=mqtt://enermon-alerts@$broker" \
    "ENERMON_ALERTS_MQTT_PASSWORD_FILE=$etc/credentials/alerts/mqtt" ENERMON_ALERTS_METRICS_PORT=9103
process hj212 enermon_ingest "" ENERMON_HJ212_PORT=10212 ENERMON_HJ212_METRICS_PORT=9105
process necc enermon_ingest "" ENERMON_NECC_PORT=10213 ENERMON_NECC_METRICS_PORT=9107 \
    "ENERMON_NECC_KEY_FILE=$etc/credentials/necc/key"
hand "$etc/secrets/necc/key" "$etc/credentials/necc" key enermon-necc
process sparkplug enermon_ingest enermon-sparkplug "ENERMON_SPARKPLUG_MQTT_URL=mqtt://enermon-sparkplug@$broker" \
    "ENERMON_SPARKPLUG_MQTT_PASSWORD_FILE=$etc/credentials/sparkplug/mqtt" ENERMON_SPARKPLUG_METRICS_PORT=9106
process upward enermon_alerts "" ENERMON_UPWARD_METRICS_PORT=9108
process broker-users enermon_reader
run install -d -m 750 -g mosquitto "$etc/credentials/broker-users/mqtt"
for user in ingest-0 alerts sparkplug control; do
    hand "$etc/secrets/mqtt/enermon-$user" "$etc/credentials/broker-users/mqtt" "enermon-$user" mosquitto
done
keep "$etc/listeners.conf" 644 <<'CONF'
# Where the broker listens: without TLS on this machine alone, with TLS everywhere.
listener 1883 127.0.0.1
use_username_as_clientid true
max_connections 10000

listener 8883
use_username_as_clientid true
max_connections 10000
certfile /etc/enermon/tls/server.pem
keyfile /etc/enermon/tls/server.pem
CONF
setting() { sed -n "s/^$1=//p" "$etc/enermon.env" 2>/dev/null | tail -n 1; }
run "$python" "$root/deploy/docker/create_certificates.py" "$etc/given" "$etc/ca" "$etc/tls" localhost 127.0.0.1 "$(setting ENERMON_HOSTNAMES)"
run chgrp enermon "$etc/tls/server.pem"

major=$(ls /usr/lib/postgresql 2>/dev/null | sort -n | tail -n 1 || true)
say "database: cluster ${major:-…}/enermon at port $port"
conf=/etc/postgresql/$major/enermon
if [ ! -d "$conf" ]; then
    run pg_createcluster "$major" enermon --port $port --start-conf=auto -- --data-checksums --encoding=UTF8 --locale=C.UTF-8
    [ -n "$dry" ] || cat >"$conf/conf.d/enermon.conf" <<CONF
# Written once by deploy/systemd/install.sh, for 4 GiB of memory; change it as the machine has.
listen_addresses = '127.0.0.1'
password_encryption = 'scram-sha-256'
shared_buffers = '1GB'
effective_cache_size = '3GB'
max_wal_size = '4GB'
checkpoint_timeout = '15min'
wal_compression = on
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_min_duration_statement = '5s'
log_lock_waits = on
$([ ! -e "/usr/share/postgresql/$major/extension/timescaledb.control" ] || printf '%s\n' \
        "shared_preload_libraries = 'timescaledb'" "timescaledb.telemetry_level = 'off'" "max_locks_per_transaction = 256")
CONF
fi
run systemctl enable "postgresql@$major-enermon.service"
run systemctl start "postgresql@$major-enermon.service"
as_postgres() { runuser -u postgres -- env PGPORT=$port POSTGRES_USER=postgres POSTGRES_DB=enermon "$@"; }
if [ -n "$dry" ]; then
    echo "would make the database enermon and its roles, bring the schema up to date, and make the first account"
else
    if [ -z "$(as_postgres psql -Atc "SELECT 1 FROM pg_database WHERE datname = 'enermon'")" ]; then
        as_postgres createdb --encoding=UTF8 enermon
        [ ! -e "/usr/share/postgresql/$major/extension/timescaledb.control" ] ||
            as_postgres psql -qd enermon -c "CREATE EXTENSION IF NOT EXISTS timescaledb"
    fi
    given=$(mktemp -d)
    trap 'rm -rf "$given" "${sources:-$given}"' EXIT
    chmod 711 "$given"
    install -m 400 -o postgres "$etc/secrets/database/enermon" "$given/enermon"
    install -m 400 -o postgres "$etc/secrets/superuser/postgres" "$given/superuser"
    [ -n "$(as_postgres psql -Atc "SELECT 1 FROM pg_roles WHERE rolname = 'enermon'")" ] ||
        as_postgres ENERMON_DATABASE_PASSWORD_FILE="$given/enermon" sh "$release/start/10_enermon.sh"
    as_postgres psql -q -v ON_ERROR_STOP=1 -v "file=$given/superuser" <<'SQL'
\set password `cat :file`
ALTER ROLE postgres PASSWORD :'password';
SQL
    enermon() { # LOGIN FILE WORDS...: one command by a login
        local login=$1 file=$2
        shift 2
        (cd / && ENERMON_DATABASE_URL=postgresql://$login@127.0.0.1:$port/enermon ENERMON_DATABASE_PASSWORD_FILE=$file \
            "$python" "$release/start/entrypoint.py" "$release/bin/enermon" "$@")
    }
    enermon postgres "$etc/secrets/superuser/postgres" database-logins "${roles[@]/#/$etc/secrets/logins/enermon_}"
    enermon enermon "$etc/secrets/database/enermon" migrate
    enermon enermon_admit "$etc/secrets/logins/enermon_admit" account first \
        "--key-file=$etc/administrator/key" "--password-file=$etc/administrator/password"
fi

say "services"
before=$(readlink "$opt/current" 2>/dev/null || true)
run ln -sfn "$release" "$opt/current"
changed=
for unit in "${units[@]}"; do put "$unit" "/etc/systemd/system/${unit##*/}" 644; done
sed "s/listen 8443 /listen $(setting ENERMON_HTTPS_LISTEN) /" "$root/deploy/front/site.conf" >/tmp/enermon-site.$$
put /tmp/enermon-site.$$ "$etc/front/site.conf" 644
rm -f /tmp/enermon-site.$$
put "$root/deploy/systemd/nginx.conf" "$etc/front/nginx.conf" 644
run systemctl daemon-reload
always=(enermon-broker-users enermon-broker enermon@ingest enermon-api@8000 enermon-api@8001 enermon-front enermon@rollup
    enermon@quality enermon@alerts)
run systemctl enable --quiet enermon.target enermon-certificates.timer "${always[@]}"
run systemctl start enermon-certificates.timer enermon.target "${always[@]}"
if [ -n "$before" ] && { [ "$before" != "$release" ] || [ -n "$changed" ]; }; then
    run "$root/deploy/systemd/rolling_restart.sh"
fi
[ -n "$dry" ] || timeout 120 sh -c "until $python $release/start/healthy.py ready http://127.0.0.1:8000/health/ready >/dev/null 2>&1; do sleep 1; done" ||
    fail "the API does not answer: journalctl -u enermon-api@8000 -n 50"
cat <<SAID
Enermon $version runs: https://$(setting ENERMON_HOSTNAMES | cut -d, -f1):$(setting ENERMON_HTTPS_LISTEN), the broker with TLS at port 8883.
    $etc/tls/ca.pem                     what gateways and browsers need to know the server by
    $etc/administrator/password         the first password of the account admin
    systemctl list-units 'enermon*'            journalctl -u enermon@ingest
    systemctl enable --now enermon@hj212       the others: necc, sparkplug, upward (settings: $etc/services)
SAID
