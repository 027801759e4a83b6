# The archive of backups: Enermon with PostgreSQL's own programs, of the version of the database or newer (Debian 13: 17).
#   docker build -f deploy/docker/archive.Dockerfile --build-arg ENERMON_IMAGE=enermon:0.7.0 -t enermon-archive:0.7.0 .
# The image of Enermon is built before. ARCHIVE_BASE may be any Debian with Python 3.11 as `python`.
ARG ENERMON_IMAGE=enermon:0.7.0
ARG ARCHIVE_BASE=python:3.11-slim-trixie

FROM ${ENERMON_IMAGE} AS enermon

FROM ${ARCHIVE_BASE}
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/*
RUN echo 'enermon:x:10001:' >>/etc/group \
    && echo 'enermon:x:10001:10001:Enermon:/nonexistent:/usr/sbin/nologin' >>/etc/passwd \
    && install -d -o 10001 -g 10001 -m 750 /backups /var/lib/enermon /var/lib/enermon/archive
COPY --from=enermon /opt/enermon /opt/enermon
ENV PATH=/opt/enermon/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /var/lib/enermon
ENTRYPOINT ["python", "/opt/enermon/docker/entrypoint.py"]
CMD ["enermon", "archive"]
