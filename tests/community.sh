#!/bin/bash
# Prove on the official image of TimescaleDB (Community edition) what Debian's edition cannot do: compression.
#
#   tests/community.sh [IMAGE]       by default the image of docker-compose.yml
#
# Needs a container engine that has the image or reaches its registry, and the development tools (deploy/bootstrap.py --dev).
set -euo pipefail
cd "$(dirname "$0")/.."
image=${1:-$(sed -n 's/^ *image: *\(\${[A-Z_]*:-\)\{0,1\}\(timescale\/timescaledb[^}]*\)}\{0,1\}$/\2/p' docker-compose.yml | head -1)}
password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
container=$(docker run -d --rm --user postgres -e "POSTGRES_PASSWORD=$password" -e POSTGRES_INITDB_ARGS=--encoding=UTF8 -p 127.0.0.1::5432 "$image")
trap 'docker rm -f "$container" >/dev/null' EXIT
port=$(docker port "$container" 5432/tcp | sed 's/.*://')
timeout 120 sh -c "until docker exec -e PGPASSWORD=$password $container psql -h 127.0.0.1 -U postgres -c 'SELECT 1' >/dev/null 2>&1; do sleep 1; done"
ENERMON_COMMUNITY_URL="postgresql://postgres:$password@127.0.0.1:$port/postgres" \
    "${PYTHON:-python3}" -m pytest -q -s -p no:cacheprovider tests/integration/retention/test_compressed.py
