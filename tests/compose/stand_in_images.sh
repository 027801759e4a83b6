#!/bin/bash
# Build stand-ins for the images that docker-compose.yml takes from a registry, where none can be reached.
# Needs root, debootstrap, a container engine and a Debian mirror (DEBIAN_MIRROR). What exists already is kept.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export DOCKER_BUILDKIT=0

have() { docker image inspect "$1" >/dev/null 2>&1; }

base=enermon-stand-in/debian:12
if ! have $base; then
    echo "debootstrap: $base"
    debootstrap --variant=minbase --include=ca-certificates bookworm "$work/root" \
        ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} >"$work/debootstrap.log" 2>&1 \
        || { tail -20 "$work/debootstrap.log" >&2; exit 1; }
    tar -C "$work/root" --exclude=./var/cache/apt/archives/*.deb -c . | docker import - $base >/dev/null
    rm -rf "$work/root"
fi

cp -r "$here/stand_in" "$work/context"
cp -r "$here/../../deploy/native" "$work/context/native"
for name in python mosquitto nginx systemd timescaledb; do
    image=enermon-stand-in/$name:test
    have $image && continue
    echo "docker build: $image"
    docker build -f "$work/context/$name.Dockerfile" -t $image "$work/context" >"$work/build.log" 2>&1 \
        || { tail -40 "$work/build.log" >&2; exit 1; }
done
