#!/bin/sh
# Makes the secrets of compose.yaml, once, from the system's random numbers: secrets/ is not for a repository.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir secrets

key() {
    od -An -N20 -tx1 /dev/urandom | tr -d ' \n'
}

crawler=$(key)
admin=$(key)
credentials() {
    printf '[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n' "$1" "$2"
}
credentials crawler "$crawler" >secrets/aws_credentials
credentials admin "$admin" >secrets/aws_admin
cat >secrets/s3_identities.json <<END
{"identities": [
  {"name": "admin", "credentials": [{"accessKey": "admin", "secretKey": "$admin"}], "actions": ["Admin"]},
  {"name": "crawler", "credentials": [{"accessKey": "crawler", "secretKey": "$crawler"}], "actions": []}
]}
END
# What Prometheus shows to read /metrics, and the service's file of tokens, which has its digest: see docs/http.md.
token=$(key)
printf '%s' "$token" >secrets/prometheus_token
printf 'prometheus read sha256:%s\n' "$(printf '%s' "$token" | sha256sum | cut -d ' ' -f 1)" >secrets/tokens
# The image's user 10001 has to read what Compose mounts from here.
chmod 755 secrets
chmod 644 secrets/*
