#!/bin/sh
# Keep mosquitto's users in step with the credentials in the database. Rights are given and taken at the running broker;
# the broker's start.sh sees that the password file has changed and tells mosquitto.
set -eu
umask 027
users=/mosquitto/users
exec enermon broker-users --watch --passwords "$users/passwd" --rights "$users/rights.json" \
    --service-passwords /secrets/mqtt --control mqtt://broker:1883
