# Stands in for timescale/timescaledb: Debian's PostgreSQL 15 with TimescaleDB (Apache edition) built from source.
FROM enermon-stand-in/debian:12 AS build
COPY native /build/native
COPY build_timescaledb.py /build/
RUN apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
    python3 gcc libc6-dev make cmake dpkg-dev postgresql-15
RUN python3 /build/build_timescaledb.py /build/timescaledb.deb

FROM enermon-stand-in/debian:12
COPY --from=build /build/timescaledb.deb /tmp/
RUN apt-get update -q \
    && mkdir -p /etc/postgresql-common/createcluster.d \
    && echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/none.conf \
    && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends postgresql-15 /tmp/timescaledb.deb \
    && rm -rf /var/lib/apt/lists/* /tmp/timescaledb.deb \
    && install -d -o postgres -g postgres -m 1777 /var/lib/postgresql/data \
    && install -d -o postgres -g postgres -m 3777 /run/postgresql && mkdir /docker-entrypoint-initdb.d
ENV PATH=/usr/lib/postgresql/15/bin:$PATH PGDATA=/var/lib/postgresql/data
COPY timescaledb_entrypoint.sh /usr/local/bin/docker-entrypoint.sh
VOLUME ["/var/lib/postgresql/data"]
STOPSIGNAL SIGINT
EXPOSE 5432
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
