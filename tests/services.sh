#!/bin/sh
# Installs (Debian packages) and starts PostgreSQL, MariaDB and Redis for the tests, on loopback ports of their own and
# with nothing flushed to disk, and prints how the tests reach them. Run as root:
#
#     eval "$(tests/services.sh)"; cargo test
#     tests/services.sh stop
#
# Running it again only prints. Directory and ports can be changed through the environment.
set -eu

memory=/dev/shm
[ -w "$memory" ] || memory=/var/tmp
directory=${SEALFLOW_SERVICES:-$memory/sealflow-services}
postgres_port=${SEALFLOW_POSTGRES_PORT:-54329}
mysql_port=${SEALFLOW_MYSQL_PORT:-33069}
redis_port=${SEALFLOW_REDIS_PORT:-63799}

say() { echo "$*" >&2; }

install_packages() {
    missing=
    command -v pg_ctlcluster >/dev/null || missing="$missing postgresql"
    command -v mariadbd >/dev/null || missing="$missing mariadb-server"
    command -v redis-server >/dev/null || missing="$missing redis-server"
    [ -n "$missing" ] || return 0
    say "installing$missing"
    apt-get update -qq >&2
    # shellcheck disable=SC2086 # one word per package
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2
}

postgres() { runuser -u postgres -- "$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)/$@"; }

start_postgres() {
    data=$directory/postgres
    postgres pg_isready --quiet --host=127.0.0.1 --port="$postgres_port" && return
    if [ ! -d "$data" ]; then
        install -d -o postgres "$data"
        postgres initdb --pgdata="$data" --auth=trust --username=sealflow --encoding=UTF8 --no-sync >&2
    fi
    say "starting PostgreSQL on port $postgres_port"
    # A zone other than UTC brings times to light that are stored as local ones.
    postgres pg_ctl start --pgdata="$data" --wait --log="$data/log" --options="-p $postgres_port \
        -c listen_addresses=127.0.0.1 -c unix_socket_directories=$data -c max_connections=300 -c timezone=Asia/Tokyo \
        -c fsync=off -c synchronous_commit=off -c full_page_writes=off" >&2
}

start_mariadb() {
    data=$directory/mariadb
    mariadb-admin --no-defaults --host=127.0.0.1 --port="$mysql_port" --user=sealflow ping >/dev/null 2>&1 && return
    if [ ! -d "$data" ]; then
        install -d -o mysql "$data"
        mariadb-install-db --no-defaults --user=mysql --datadir="$data" --skip-test-db >/dev/null
    fi
    say "starting MariaDB on port $mysql_port"
    mariadbd --no-defaults --user=mysql --datadir="$data" --socket="$data/socket" --pid-file="$data/pid" \
        --port="$mysql_port" --bind-address=127.0.0.1 --default-time-zone=+09:00 --max-connections=300 \
        --character-set-server=utf8mb4 --collation-server=utf8mb4_general_ci \
        --innodb-flush-log-at-trx-commit=0 --innodb-flush-method=nosync --skip-innodb-doublewrite >"$data/log" 2>&1 &
    process=$!
    until mariadb-admin --no-defaults --socket="$data/socket" ping >/dev/null 2>&1; do
        kill -0 "$process" 2>/dev/null || { tail "$data/log" >&2; exit 1; }
        sleep 0.2
    done
    mariadb --no-defaults --socket="$data/socket" -e "CREATE USER IF NOT EXISTS sealflow@127.0.0.1;
        CREATE USER IF NOT EXISTS sealflow@localhost; GRANT ALL ON *.* TO sealflow@127.0.0.1, sealflow@localhost"
}

start_redis() {
    redis-cli -p "$redis_port" ping >/dev/null 2>&1 && return
    say "starting Redis on port $redis_port"
    redis-server --port "$redis_port" --bind 127.0.0.1 --save '' --daemonize yes >/dev/null
}

stop() {
    postgres pg_ctl stop --pgdata="$directory/postgres" --mode=fast >&2 || true
    mariadb-admin --no-defaults --socket="$directory/mariadb/socket" shutdown || true
    redis-cli -p "$redis_port" shutdown nosave || true
}

if [ "${1:-start}" = stop ]; then
    stop
    exit
fi
install_packages
install -d -m 755 "$directory"
start_postgres
start_mariadb
start_redis
echo "export SEALFLOW_TEST_POSTGRES=postgres://sealflow@127.0.0.1:$postgres_port/postgres"
echo "export SEALFLOW_TEST_MYSQL=mysql://sealflow@127.0.0.1:$mysql_port/mysql"
echo "export SEALFLOW_TEST_REDIS=redis://127.0.0.1:$redis_port"
