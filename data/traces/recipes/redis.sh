#!/bin/sh
# redis-server is filled with random keys by redis-benchmark, saves in the background while it is written to, and serves.
# redis-benchmark draws its keys anew each time: it has no seed.
# Debian packages: redis-server redis-tools
. "$(dirname "$0")/common.sh"

KEYS=$(scaled 700000)
SETS=$(scaled 1300000)
LATER=$(scaled 400000)
SOCKET=$DIR/redis.sock

prepare() {
    need redis-server /usr/bin/redis-server
    need redis-tools /usr/bin/redis-benchmark /usr/bin/redis-cli
}

benchmark() {
    redis-benchmark -s "$SOCKET" -q --csv -c 20 -P 32 -d 1000 -r "$KEYS" "$@" >>answers.txt
}

ask() {
    redis-cli -s "$SOCKET" "$@"
}

run() {
    rm -f dump.rdb temp-*.rdb answers.txt redis.sock
    redis-server --port 0 --unixsocket "$SOCKET" --dir "$DIR" --save "" --io-threads 1 --daemonize no >server.log &
    server=$!
    trap 'kill $server 2>/dev/null || :' EXIT
    until ask PING >/dev/null 2>&1; do sleep 1; done
    benchmark -n "$SETS" -t set
    ask BGSAVE >>answers.txt
    benchmark -n "$LATER" -t set,get
    while ask INFO persistence | grep -q 'rdb_bgsave_in_progress:1'; do sleep 1; done
    benchmark -n "$LATER" -t get
    ask DBSIZE >>answers.txt
    ask SHUTDOWN NOSAVE
    wait $server
}

recipe "$@"
