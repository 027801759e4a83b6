# Stands in for eclipse-mosquitto:2: Debian's mosquitto with the paths and the user of the official image.
FROM enermon-stand-in/debian:12
RUN groupadd -g 1883 mosquitto && useradd -r -u 1883 -g 1883 -d /var/empty -s /sbin/nologin mosquitto \
    && apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends mosquitto mosquitto-clients \
    && rm -rf /var/lib/apt/lists/* /etc/mosquitto \
    && install -d -o mosquitto -g mosquitto /mosquitto /mosquitto/config /mosquitto/data /mosquitto/log
VOLUME ["/mosquitto/data", "/mosquitto/log"]
EXPOSE 1883
CMD ["/usr/sbin/mosquitto", "-c", "/mosquitto/config/mosquitto.conf"]
