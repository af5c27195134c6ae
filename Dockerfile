# One image for every command: docker build -t broadsheet . && docker run --rm -v news:/archive broadsheet --help
# Without a command it is the service, with the sources of /etc/broadsheet/sources.toml:
#   docker run -d --init --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges -p 127.0.0.1:8080:8080 \
#     -v ./sources.toml:/etc/broadsheet/sources.toml:ro -v news:/archive broadsheet
# deploy/ has examples with a bucket, for Compose and for Kubernetes.
#
# The base is pinned by tag. A digest would pin it to the byte; it has to be looked up in the registry and renewed
# with each security release, and is added where images are built for others: python:3.12-slim-bookworm@sha256:...
FROM python:3.12-slim-bookworm AS base

FROM base AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
# The environment of the image has no pip of its own: the builder's puts everything into it.
RUN python -m venv --without-pip /opt/broadsheet
# Dependencies first: they change less often than the code and are then taken from the build cache.
COPY requirements/build.txt requirements/runtime.txt requirements/
RUN pip --python /opt/broadsheet/bin/python install --only-binary :all: --require-hashes -r requirements/runtime.txt \
    && pip install --only-binary :all: --require-hashes -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY storage/ storage/
COPY crawler/ crawler/
COPY scheduler/ scheduler/
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && pip --python /opt/broadsheet/bin/python install --no-deps --no-index /wheels/*.whl

FROM base
LABEL org.opencontainers.image.title="Broadsheet" \
      org.opencontainers.image.description="Crawls news sites into a versioned archive of WARC files" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.base.name="docker.io/library/python:3.12-slim-bookworm"
# The numbers are fixed, so that a volume keeps its owner when the image is built anew.
RUN groupadd --gid 10001 broadsheet \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /state --shell /usr/sbin/nologin broadsheet \
    && install --directory --owner=10001 --group=10001 /archive /state
COPY --from=build /opt/broadsheet /opt/broadsheet
ENV PATH=/opt/broadsheet/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    BROADSHEET_ARCHIVE=/archive \
    BROADSHEET_STATE=/state
USER 10001:10001
WORKDIR /state
# What was fetched and is not yet published lies in /archive/.local, or in /state where the archive is a bucket:
# losing either volume loses it.
VOLUME ["/archive", "/state"]
EXPOSE 8080
# Only the service answers there. Who runs another command in the image passes --no-healthcheck, or ends before it matters.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["broadsheet"]
CMD ["run", "--config", "/etc/broadsheet/sources.toml", "--host", "0.0.0.0", "--port", "8080", "--log-json"]
