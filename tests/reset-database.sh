#!/bin/sh
# Empties the database of the conformance runner on one of the servers of tests/services.sh:
#
#   sh tests/reset-database.sh postgres|mysql
set -eu
case ${1:-} in
postgres)
    psql "$SEALFLOW_TEST_POSTGRES" --quiet --command "DROP DATABASE IF EXISTS sealflow_conformance WITH (FORCE)"
    psql "$SEALFLOW_TEST_POSTGRES" --quiet --command "CREATE DATABASE sealflow_conformance"
    ;;
mysql)
    server=${SEALFLOW_TEST_MYSQL#mysql://*@}
    address=${server%%/*}
    mariadb --no-defaults --user=sealflow --host="${address%:*}" --port="${address#*:}" \
        --execute="DROP DATABASE IF EXISTS sealflow_conformance; CREATE DATABASE sealflow_conformance"
    ;;
*)
    echo "usage: reset-database.sh postgres|mysql" >&2
    exit 2
    ;;
esac
