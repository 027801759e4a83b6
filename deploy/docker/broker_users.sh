#!/bin/sh
# Keep mosquitto's password file in step with the registry, and beside it the list of passwords for the simulator.
# The broker's start.sh sees that the password file has changed and tells mosquitto.
set -eu
umask 027
users=/mosquitto/users/passwd
list=/secrets/gateway_passwords/gateways.csv

enermon broker-users --watch --file "$users" --service-passwords /secrets/mqtt &
writer=$!
trap 'kill -TERM $writer; wait $writer; exit 0' TERM INT
listed=
while kill -0 $writer 2>/dev/null; do
    written=$(ls -il "$users" 2>/dev/null || true)
    if [ -n "$written" ] && [ "$written" != "$listed" ] && enermon gateway-passwords >"$list.new"; then
        mv "$list.new" "$list"
        listed=$written
    fi
    sleep 1 & wait $!
done
wait $writer
