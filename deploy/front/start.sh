#!/bin/sh
# Run nginx in a container, and let it read its certificate again when that changes.
set -eu
config=/front/nginx.conf
look() {
    ls -il /tls/server.pem 2>/dev/null || true
}

nginx -c $config -e /dev/stderr -g 'daemon off;' &
front=$!
trap 'kill -QUIT $front; wait $front || true; exit 0' TERM INT
seen=$(look)
while kill -0 $front 2>/dev/null; do
    sleep 5 & wait $!
    now=$(look)
    if [ "$now" != "$seen" ]; then
        seen=$now
        kill -HUP $front
    fi
done
wait $front
