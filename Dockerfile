# The wheel is built and installed in the first stage; the second gets the finished environment and nothing else.
FROM python:3.13-slim AS build
WORKDIR /build
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY src src
COPY adapters adapters
ENV PIP_CONSTRAINT=/build/constraints.txt \
    PIP_BUILD_CONSTRAINT=/build/constraints.txt \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
# Compiled here: the program's user can't write .pyc files, and a start without them takes twice as long.
RUN python -m venv /opt/tmi-issue-sync \
    && python -m pip wheel --no-deps --wheel-dir dist . \
    && wheel=$(echo dist/*.whl) \
    && /opt/tmi-issue-sync/bin/pip install --compile "${wheel}[all]" \
    && /opt/tmi-issue-sync/bin/pip check \
    && python -m compileall -q /opt/tmi-issue-sync/lib

FROM python:3.13-slim
COPY --from=build /opt/tmi-issue-sync /opt/tmi-issue-sync
RUN groupadd --gid 10001 tmi-issue-sync \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin tmi-issue-sync \
    && install -d -o 10001 -g 10001 -m 0700 /data \
    && install -d /etc/tmi-issue-sync
ENV PATH=/opt/tmi-issue-sync/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    STATE_DIRECTORY=/data
# The ledger and the session. A container without this volume forgets them; the ledger then settles first.
VOLUME /data
# Mount the config at /etc/tmi-issue-sync/config.toml: it is found there.
USER 10001:10001
WORKDIR /data
# Nothing else is written: the root may be read-only.
STOPSIGNAL SIGTERM
# Whether passes go on; a TMI or a tracker that is down is no reason to restart.
HEALTHCHECK --interval=5m --timeout=30s --start-period=2m CMD ["tmi-issue-sync", "status", "--alive"]
ENTRYPOINT ["tmi-issue-sync"]
CMD ["sync"]
