#!/bin/sh
# Start mosquitto in a container: fill in the template, wait for its users, and read them again when they change.
# MQTT_LISTENERS (a file with listener blocks), MQTT_CERTIFICATE (certificate and key in one file: a listener with TLS at
# 8883), MQTT_PASSWORD_FILE, MQTT_RIGHTS_FILE, MQTT_REVOKED_FILE, MQTT_PLUGIN and MQTT_DATA may be set; the files beside
# this script are read only.
set -eu
here=$(dirname "$0")
password_file=${MQTT_PASSWORD_FILE:-/mosquitto/users/passwd}
rights_file=${MQTT_RIGHTS_FILE:-/mosquitto/users/rights.json}
revoked_file=${MQTT_REVOKED_FILE:-/mosquitto/users/revoked.pem}
data=${MQTT_DATA:-/mosquitto/data}
plugin=${MQTT_PLUGIN:-$(find /usr/lib /usr/local/lib -name mosquitto_dynamic_security.so 2>/dev/null | head -n 1)}
config=$(mktemp)
listeners=${MQTT_LISTENERS:-$(mktemp)}
if [ ! -s "$listeners" ]; then
    printf '%s\n' "listener 1883" "use_username_as_clientid true" "max_connections 10000" "" >"$listeners"
    [ -z "${MQTT_CERTIFICATE:-}" ] ||
        printf '%s\n' "listener 8883" "use_username_as_clientid true" "max_connections 10000" \
            "certfile $MQTT_CERTIFICATE" "keyfile $MQTT_CERTIFICATE" >>"$listeners"
fi

sed -e "/^\${listeners}\$/{r $listeners
d
}" -e "s|\${password_file}|$password_file|" -e "s|\${plugin}|$plugin|" -e "s|\${rights_file}|$data/rights.json|" \
    -e "s|\${persistence_location}|$data/|" "$here/mosquitto.conf.template" >"$config"
chmod 644 "$config"

until [ -s "$password_file" ] && [ -s "$rights_file" ]; do
    echo "waiting for $password_file and $rights_file (written by: enermon broker-users)" >&2
    sleep 2
done
# Its plugin writes the file while it runs: each start begins with what the database says.
cp "$rights_file" "$data/rights.json"

look() {
    ls -il "$password_file" "$revoked_file" ${MQTT_CERTIFICATE:+"$MQTT_CERTIFICATE"} 2>/dev/null || true
}

mosquitto -c "$config" &
broker=$!
trap 'kill -TERM $broker; wait $broker || true; exit 0' TERM INT
seen=$(look)
while kill -0 $broker 2>/dev/null; do
    sleep 0.3 & wait $!
    now=$(look)
    if [ "$now" != "$seen" ]; then
        seen=$now
        kill -HUP $broker
    fi
done
wait $broker
