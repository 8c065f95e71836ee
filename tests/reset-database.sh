#!/bin/sh
# Empties the database of the conformance runner; SEALFLOW_TEST_POSTGRES names the server (tests/services.sh).
set -eu
psql "$SEALFLOW_TEST_POSTGRES" --quiet --command "DROP DATABASE IF EXISTS sealflow_conformance WITH (FORCE)"
psql "$SEALFLOW_TEST_POSTGRES" --quiet --command "CREATE DATABASE sealflow_conformance"
