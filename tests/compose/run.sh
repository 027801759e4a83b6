#!/bin/bash
# Run docker-compose.yml for real and check what it promises: PASS and FAIL lines, exit code 0 if all passed.
#
#   tests/compose/run.sh               with stand-ins for the images of the registries (root, debootstrap)
#   tests/compose/run.sh --official    with the official images, where a registry can be reached
#
# Needs docker and docker-compose (Debian: apt-get install docker.io docker-compose debootstrap). Where no engine
# answers, root gets a private one for the time of the run. Everything is removed at the end but what
# ENERMON_COMPOSE_WORK names: a folder in which private engine and stand-ins are kept for the next run.
# ENERMON_COMPOSE_RELEASE is the commit from which it is upgraded ("none": from none), instead of the last release.
# COMPOSE="docker compose" chooses another command, PYTHON another interpreter.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d /var/tmp/enermon-compose.XXXXXX)
engine_home=${ENERMON_COMPOSE_WORK:-$work}
python=${PYTHON:-python3}
read -ra compose <<<"${COMPOSE:-$(command -v docker-compose || echo docker compose)}"
official=${1:-}
engine=
up=

clean_up() {
    code=$?
    trap '' INT TERM
    cd /
    if [ -n "$up" ]; then
        timeout 180 "${compose[@]}" down -v -t 20 \
            >/dev/null 2>&1 || echo "warning: the project $COMPOSE_PROJECT_NAME could not be taken down" >&2
        docker rmi -f "$ENERMON_IMAGE" "$ENERMON_ARCHIVE_IMAGE" "$before_image" >/dev/null 2>&1 || true
    fi
    if [ -n "$engine" ]; then
        kill "$engine" && wait "$engine" 2>/dev/null || true
        umount "$engine_home/engine" 2>/dev/null || true
    elif [ -z "${ENERMON_COMPOSE_WORK:-}" ] && [ -z "$official" ]; then
        docker rmi -f enermon-stand-in/{python,mosquitto,nginx,systemd,timescaledb}:test enermon-stand-in/debian:12 >/dev/null 2>&1 || true
    fi
    rm -rf "$work"
    exit $code
}
trap clean_up EXIT
trap 'exit 130' INT TERM

if ! docker info >/dev/null 2>&1; then
    [ "$(id -u)" = 0 ] || { echo "FAIL no container engine answers; start one, or run as root" >&2; exit 1; }
    mkdir -p "$engine_home/engine"
    export DOCKER_HOST=unix://$work/docker.sock
    dockerd --data-root "$engine_home/engine" --exec-root "$work/exec" --pidfile "$work/dockerd.pid" \
        -H "$DOCKER_HOST" >"$work/dockerd.log" 2>&1 &
    engine=$!
    timeout 60 sh -c "until docker info >/dev/null 2>&1; do kill -0 $engine && sleep 1; done" \
        || { tail -5 "$work/dockerd.log" >&2; echo "FAIL no container engine could be started" >&2; exit 1; }
fi

fetch_packages() { # into the folder of a checkout, those of its lock file
    env -u PIP_NO_INDEX "$python" -m pip download -q --require-hashes --only-binary :all: --python-version 3.11 \
        -r "$1/requirements.lock" -d "$1/deploy/docker/wheels" 2>"$work/pip.log" \
        || { cat "$work/pip.log" >&2; echo "FAIL the Python packages could not be fetched" >&2; exit 1; }
}
free_port() { "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
for port in API HTTPS MQTT MQTTS HJ212 NECC; do export "ENERMON_${port}_PORT=$(free_port)"; done
export COMPOSE_PROJECT_NAME=enermon-test-$$ ENERMON_IMAGE=enermon-test-$$:test ENERMON_SIMULATOR_HISTORY_DAYS=3
export COMPOSE_PROFILES=demo,scaled,backup,hj212,necc,sparkplug
export ENERMON_ARCHIVE_IMAGE=enermon-test-$$:archive
before_image=enermon-test-$$:before

# A copy without what git ignores, so that nothing else of the working folder gets into the image.
mkdir "$work/tree"
git -C "$root" ls-files -z --cached --others --exclude-standard \
    | (cd "$root" && while read -rd '' file; do [ ! -f "$file" ] || printf '%s\0' "$file"; done) \
    | (cd "$root" && xargs -0 cp --parents -t "$work/tree")
if [ "$official" != --official ]; then
    timeout 900 "$root/tests/compose/stand_in_images.sh"
    export PYTHON_BASE=enermon-stand-in/python:test ARCHIVE_BASE=enermon-stand-in/python:test MOSQUITTO_IMAGE=enermon-stand-in/mosquitto:test
    export TIMESCALEDB_IMAGE=enermon-stand-in/timescaledb:test NGINX_IMAGE=enermon-stand-in/nginx:test
    fetch_packages "$work/tree"
    export PIP_NO_INDEX=1
fi

command=("${compose[@]}")
compose+=(--project-directory "$work/tree" -f "$work/tree/docker-compose.yml")
started=$SECONDS
up=1
timeout 600 "${compose[@]}" build >"$work/build.log" 2>&1 || { tail -40 "$work/build.log" >&2; echo "FAIL build" >&2; exit 1; }
echo "PASS build ($((SECONDS - started)) s; $(docker image inspect -f '{{.Size}}' "$ENERMON_IMAGE" | "$python" -c 'print(int(input()) // 10**6)') MB with its base; $("${compose[@]}" version --short))"

# The last release: the newest tag v*, else the newest commit before this one that gave the project its version.
release=${ENERMON_COMPOSE_RELEASE:-$(git -C "$root" describe --tags --abbrev=0 --match 'v*' HEAD~1 2>/dev/null ||
    git -C "$root" log -1 --format=%H -G'^version = ' HEAD~1 -- pyproject.toml 2>/dev/null || true)}
if [ -n "$release" ] && [ "$release" != none ]; then
    mkdir "$work/before"
    git -C "$root" archive "$release" | tar -xC "$work/before"
    [ "$official" = --official ] || fetch_packages "$work/before"
    before=("${command[@]}" --project-directory "$work/before" -f "$work/before/docker-compose.yml")
    ENERMON_IMAGE=$before_image timeout 600 "${before[@]}" build >"$work/build.log" 2>&1 \
        || { tail -40 "$work/build.log" >&2; echo "FAIL build of $release" >&2; exit 1; }
    echo "PASS build of the last release ($(git -C "$root" log -1 --format='%h %s' "$release"))"
    export ENERMON_COMPOSE_BEFORE="${before[*]}" ENERMON_COMPOSE_BEFORE_IMAGE=$before_image
fi
cd "$root"
timeout 2400 "$python" -m tests.compose.checks "${compose[@]}"
[ "$official" = --official ] || "$root/tests/compose/server.sh"
echo "PASS all"
