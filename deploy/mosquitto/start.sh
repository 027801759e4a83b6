#!/bin/sh
# Start mosquitto in a container: fill in the template, wait for the password file, and read it again when it changes.
# MQTT_LISTENERS, MQTT_PASSWORD_FILE and MQTT_DATA may be set; the files beside this script are read only.
set -eu
here=$(dirname "$0")
password_file=${MQTT_PASSWORD_FILE:-/mosquitto/users/passwd}
data=${MQTT_DATA:-/mosquitto/data}
config=$(mktemp)
acl=$(mktemp)
cat "$here/acl" >"$acl"

sed -e "s|\${listeners}|${MQTT_LISTENERS:-listener 1883}|" -e "s|\${password_file}|$password_file|" \
    -e "s|\${acl_file}|$acl|" -e "s|\${persistence_location}|$data/|" "$here/mosquitto.conf.template" >"$config"
chmod 644 "$config"

until [ -s "$password_file" ]; do
    echo "waiting for $password_file (written by: enermon broker-users)" >&2
    sleep 2
done

mosquitto -c "$config" &
broker=$!
trap 'kill -TERM $broker; wait $broker || true; exit 0' TERM INT
seen=$(ls -il "$password_file")
while kill -0 $broker 2>/dev/null; do
    sleep 2 & wait $!
    now=$(ls -il "$password_file" 2>/dev/null || echo "$seen")
    if [ "$now" != "$seen" ]; then
        seen=$now
        kill -HUP $broker
    fi
done
wait $broker
