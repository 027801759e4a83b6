# Stands in for nginx: Debian's nginx with the user of the official image, and curl as there.
FROM enermon-stand-in/debian:12
RUN groupadd -g 101 nginx && useradd -r -u 101 -g 101 -d /nonexistent -s /sbin/nologin nginx \
    && apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends nginx curl \
    && rm -rf /var/lib/apt/lists/* /etc/nginx/sites-enabled/default
CMD ["nginx", "-g", "daemon off;"]
