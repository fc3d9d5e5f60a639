# Two stages: build with everything, run with little.
#   docker build -t datasite .
#   docker run -p 8080:8080 -v datasite:/data --read-only --tmpfs /tmp \
#       --cap-drop ALL --security-opt no-new-privileges datasite
FROM debian:12 AS build
RUN apt-get update && apt-get install -y --no-install-recommends make && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN sh .ci/packages build && make -j2 programs

FROM debian:12-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends libmicrohttpd12 libsqlite3-0 libjansson4 \
        libsodium23 libcurl3-gnutls ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --no-log-init --uid 10001 --home-dir /data --shell /usr/sbin/nologin datasite \
    && install -d -o datasite -g datasite -m 0700 /data
COPY --from=build /src/build/datasite /src/build/datasite-runner \
    /src/build/datasite-worker /usr/local/bin/
USER datasite
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /healthz HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nConnection: close\\r\\n\\r\\n' >&3 && grep -q '200 OK' <&3"]
ENTRYPOINT ["datasite"]
CMD ["serve", "--data", "/data", "--listen", "0.0.0.0:8080"]
