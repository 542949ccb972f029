# The one package that all Galaxy tools of the suite need: docker build -t archaictools:0.1.0 .
# For GPU nodes build on an image with CUDA and install tensorflow[and-cuda] in place of tensorflow.
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY lib lib
RUN python -m venv /opt/archaictools \
 && /opt/archaictools/bin/pip install --no-cache-dir --constraint constraints.txt .

FROM python:3.12-slim
COPY --from=build /opt/archaictools /opt/archaictools
ENV PATH=/opt/archaictools/bin:$PATH HDF5_USE_FILE_LOCKING=FALSE TF_CPP_MIN_LOG_LEVEL=2
# Galaxy runs jobs as a user without a home folder; caches go to the job's own.
ENV MPLCONFIGDIR=/tmp NUMBA_CACHE_DIR=/tmp
RUN archaictools --version
CMD ["archaictools", "--help"]
