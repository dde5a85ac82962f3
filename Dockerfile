# Built in one stage, run in another without pip and its leftovers. Works read-only but for /data.
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY bot bot
COPY cogs cogs
COPY sandbox sandbox
RUN python -m venv --without-pip /venv \
 && pip --python /venv/bin/python install --no-cache-dir --constraint constraints.txt ".[postgres]"

FROM python:3.13-slim
RUN groupadd --gid 10001 repaint \
 && useradd --uid 10001 --gid repaint --home-dir /data --no-create-home --shell /usr/sbin/nologin repaint \
 && install -d -o repaint -g repaint -m 700 /data
COPY --from=build /venv /venv
# By number, so that an orchestrator sees that it is not root.
USER 10001:10001
WORKDIR /data
# SAFEPATH: what lies in /data is never taken for a part of the program. METRICS_PORT is unset: who sets it keeps it inside.
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONSAFEPATH=1 \
    DATABASE_URL=sqlite:////data/repaint.db WEB_HOST=0.0.0.0 WEB_PORT=8080 METRICS_HOST=0.0.0.0 LOG_FORMAT=json
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
# Whether it lives, not whether it is ready: where Discord or PiAPI is away, a new container changes nothing.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"WEB_PORT\"]}/healthz', timeout=4)"]
ENTRYPOINT ["python", "-m", "bot"]
