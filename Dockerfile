# The whole course in a container, without a GPU:
#
#   docker build -t dfstudy .
#   docker run -p 127.0.0.1:8888:8888 -v dfstudy:/kept dfstudy            # JupyterLab
#   docker run -v dfstudy:/kept dfstudy ./run_all.sh --profile smoke      # all lessons
FROM python:3.11-slim
# What OpenCV's wheel links to.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libgl1 libglib2.0-0 git \
 && rm -rf /var/lib/apt/lists/*
# JupyterLab runs what its users type: not as root.
RUN useradd --create-home student && mkdir /dfstudy /kept && chown student /dfstudy /kept
USER student
WORKDIR /dfstudy
# The installation is its own layer: a changed lesson does not make it anew.
COPY --chown=student run_all.sh requirements.lock pyproject.toml README.md ./
COPY --chown=student dfstudy ./dfstudy
COPY --chown=student notebooks ./notebooks
RUN ./run_all.sh --list
COPY --chown=student . .
ENV DFSTUDY_HOME=/kept/data DFSTUDY_RUNS=/kept/runs
EXPOSE 8888
CMD [".venv/bin/jupyter", "lab", "--ip=0.0.0.0", "--no-browser", "notebooks"]
