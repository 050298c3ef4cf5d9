#!/bin/sh
# The services of a Debian system that does nothing, for five minutes: daemons that wait, a job of cron each minute, a
# monitor that looks every ten seconds. The kernel, its threads and the first process cannot be recorded.
# Debian packages: cron rsyslog openssh-server at procps logrotate
. "$(dirname "$0")/common.sh"

SECONDS_LONG=$(scaled 300)
EVERY=10

prepare() {
    need cron /usr/sbin/cron
    need rsyslog /usr/sbin/rsyslogd
    need openssh-server /usr/sbin/sshd
    need at /usr/sbin/atd
    need procps /usr/bin/ps /usr/bin/uptime
    need logrotate /usr/sbin/logrotate
    mkdir -p log /run/sshd
    printf 'module(load="imuxsock" SysSock.Use="off")\ninput(type="imuxsock" Socket="%s/log.sock")\n*.* %s/log/all\n' \
        "$DIR" "$DIR" >rsyslog.conf
    printf '%s/log/all {\n missingok\n size 1k\n rotate 3\n compress\n}\n' "$DIR" >logrotate.conf
    chmod 644 logrotate.conf
    [ -e key ] || ssh-keygen -q -t ed25519 -N '' -f key
}

# What monitors ask for.
look() {
    uptime
    ps -eo pid,rss,args
    df -P /
    awk '/^(MemTotal|MemAvailable|Committed_AS):/' /proc/meminfo
}

daemons=
daemon() {
    "$@" &
    daemons="$daemons $!"
}

run() {
    rm -f "$DIR/rsyslogd.pid"
    daemon rsyslogd -n -f "$DIR/rsyslog.conf" -i "$DIR/rsyslogd.pid"
    daemon cron -f
    daemon /usr/sbin/sshd -D -h "$DIR/key" -p 22022 -o ListenAddress=127.0.0.1 -o PidFile=none -f /dev/null
    daemon atd -f
    waited=0
    while [ "$waited" -lt "$SECONDS_LONG" ]; do
        look >"$DIR/seen"
        logger --socket "$DIR/log.sock" "looked after $waited s" || true
        [ $((waited % 60)) -ne 0 ] || logrotate --state "$DIR/rotated" "$DIR/logrotate.conf"
        sleep "$EVERY"
        waited=$((waited + EVERY))
    done
    kill $daemons 2>/dev/null || true
    sleep 1
    kill -9 $daemons 2>/dev/null || true
}

recipe "$@"
