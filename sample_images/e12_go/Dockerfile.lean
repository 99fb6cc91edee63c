# The same program alone.
FROM debian-min:bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends golang-go \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
WORKDIR /src
COPY go.mod main.go ./
RUN CGO_ENABLED=0 go build -o /usr/local/bin/clock .

FROM scratch
COPY --from=build /usr/local/bin/clock /clock
USER 65532
EXPOSE 8080
CMD ["/clock"]
