#!/bin/bash
# Install Enermon by deploy/systemd/install.sh on a Debian with systemd, and check what that promises: PASS and FAIL lines,
# exit code 0 if all passed. Needs docker, and root with debootstrap; the packages of Debian and PyPI are fetched.
#
# The server is a container with the rights that systemd needs (SYS_ADMIN, without seccomp). PYTHON and the engine are as
# run.sh says; where the engine is its own, ENERMON_COMPOSE_WORK must name one that runs.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d /var/tmp/enermon-server.XXXXXX)
python=${PYTHON:-python3}
name=enermon-server-$$

clean_up() {
    code=$?
    docker rm -f "$name" >/dev/null 2>&1 || true
    rm -rf "$work"
    exit $code
}
trap clean_up EXIT
trap 'exit 130' INT TERM

timeout 900 "$root/tests/compose/stand_in_images.sh"
mkdir "$work/tree" "$work/wheels"
git -C "$root" ls-files -z --cached --others --exclude-standard \
    | (cd "$root" && while read -rd '' file; do [ ! -f "$file" ] || printf '%s\0' "$file"; done) \
    | (cd "$root" && xargs -0 cp --parents -t "$work/tree")
env -u PIP_NO_INDEX "$python" -m pip download -q --require-hashes --only-binary :all: --python-version 3.11 \
    -r "$root/requirements.lock" -d "$work/wheels" 2>"$work/pip.log" \
    || { cat "$work/pip.log" >&2; echo "FAIL the Python packages could not be fetched" >&2; exit 1; }
docker run -d --name "$name" --cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined \
    --tmpfs /run --tmpfs /tmp:exec -v /sys/fs/cgroup:/sys/fs/cgroup:ro -v /sys/fs/cgroup/systemd:/sys/fs/cgroup/systemd:rw \
    -v "$work/tree:/root/enermon:ro" -v "$work/wheels:/wheels:ro" -e ENERMON_HOSTNAMES=energy.example \
    -p 127.0.0.1::8443 -p 127.0.0.1::8883 enermon-stand-in/systemd:test >/dev/null
timeout 60 sh -c "until docker exec $name systemctl is-system-running --wait 2>/dev/null | grep -q running; do sleep 1; done" \
    || { echo "FAIL systemd does not run in a container of this engine" >&2; exit 1; }
cd "$root"
timeout 1500 "$python" -m tests.compose.server "$name"
echo "PASS all"
