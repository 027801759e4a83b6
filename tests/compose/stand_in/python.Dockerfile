# Stands in for python:3.11-slim-bookworm: Debian's Python where the official image has its own.
FROM enermon-stand-in/debian:12
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends python3.11-venv \
    && ln -s /usr/bin/python3.11 /usr/local/bin/python3 && ln -s python3 /usr/local/bin/python \
    && rm -rf /var/lib/apt/lists/*
CMD ["python3"]
