#!/bin/sh
# Restart Enermon's containers one after another, or bring them to a new version, while readings go on being taken.
#
#   deploy/rolling_restart.sh            what has changed: after `docker-compose build`, a new ENERMON_IMAGE, other settings
#   deploy/rolling_restart.sh --all      every process of Enermon and the broker
#
# Run it where docker-compose.yml is, with the .env and profiles by which it was started. Database and front are
# restarted only where their image or settings have changed: nothing is answered for those seconds, and nothing lost. Each is waited for until it is
# healthy before the next one is stopped; where one does not become healthy in 5 minutes, it ends there with exit code 1
# and the rest stays as it was. COMPOSE="docker compose" chooses another command.
set -eu
compose=${COMPOSE:-$(command -v docker-compose || echo docker compose)}
force=
case "${1:-}" in
    "") ;;
    --all) force=--force-recreate ;;
    *) sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
esac

say() {
    echo "$(date +%H:%M:%S) $*"
}

state() {
    docker inspect -f '{{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}{{end}}' "$1" 2>/dev/null || echo gone
}

wait_for() { # service container state
    left=300
    until [ "$(state "$2")" = "$3" ]; do
        left=$((left - 1))
        [ $left -gt 0 ] || { echo "error: $1 is $(state "$2") and not $3: $compose logs --tail 50 $1" >&2; exit 1; }
        sleep 1
    done
}

once() { # a service that does its work and ends
    $compose up -d --no-deps "$1" >/dev/null 2>&1 || { echo "error: $compose up --no-deps $1 failed" >&2; exit 1; }
    container=$($compose ps -q "$1")
    wait_for "$1" "$container" exited
    code=$(docker inspect -f '{{.State.ExitCode}}' "$container")
    [ "$code" = 0 ] || { echo "error: $1 ended with $code: $compose logs --tail 50 $1" >&2; exit 1; }
    say "$1: done"
}

runs() {
    [ -n "$($compose ps -q "$1" 2>/dev/null)" ]
}

in_turn() { # a service whose work waits for it, or is done by others meanwhile; [--force-recreate]
    runs "$1" || return 0
    before=$($compose ps -q "$1")
    $compose up -d --no-deps ${2:-} "$1" >/dev/null 2>&1 || { echo "error: $compose up --no-deps $1 failed" >&2; exit 1; }
    container=$($compose ps -q "$1")
    wait_for "$1" "$container" healthy
    [ "$before" = "$container" ] && say "$1: as it was" || say "$1: restarted"
}

beside() { # a service that must answer all the time: the new one first, then the old one goes
    runs "$1" || return 0
    old=$($compose ps -q "$1")
    count=$(($(echo "$old" | wc -l) + 1))
    if [ -z "$force" ] && ! changed "$1" "$(echo "$old" | head -n 1)"; then
        say "$1: as it was"
        return 0
    fi
    $compose up -d --no-deps --no-recreate --scale "$1=$count" "$1" >/dev/null 2>&1 ||
        { echo "error: a second $1 could not be started" >&2; exit 1; }
    for container in $($compose ps -q "$1"); do
        wait_for "$1" "$container" healthy
    done
    # The front looks up the names every two seconds.
    sleep 3
    for container in $old; do
        docker stop -t 30 "$container" >/dev/null
        docker rm "$container" >/dev/null
    done
    say "$1: replaced"
}

changed() { # does the running container come from another image or configuration than the file says now
    label='{{index .Config.Labels "com.docker.compose.config-hash"}}'
    wanted=$($compose config --hash "$1" | sed "s/^$1 //")
    image=$(docker image inspect -f '{{.Id}}' "$(docker inspect -f '{{.Config.Image}}' "$2")" 2>/dev/null || true)
    [ "$(docker inspect -f "$label {{.Image}}" "$2")" != "$wanted $image" ]
}

for service in secrets certificates; do once $service; done
in_turn database
for service in database-logins migrate administrator former-passwords; do once $service; done
for service in broker-users broker; do in_turn $service $force; done
# Those that take readings first: each keeps its place at the broker, and the others take what comes meanwhile.
for service in ingest ingest-1 hj212 necc sparkplug; do in_turn $service $force; done
for service in api api-1; do beside $service; done
in_turn front
for service in rollup rollup-1 quality quality-1 alerts upward archive simulator; do in_turn $service $force; done
say "done"
