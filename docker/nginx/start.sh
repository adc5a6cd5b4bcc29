#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Becomes nginx; without a certificate in its volume it makes one first, for localhost and a year.
set -eu
cd /certificate
if [ ! -f key.pem ] || [ ! -f certificate.pem ]; then
    umask 077
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 \
        -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
        -keyout key.pem.new -out certificate.pem 2>/dev/null
    mv key.pem.new key.pem
    echo "made a certificate for localhost; bring another one as /certificate/certificate.pem and key.pem"
fi
exec nginx -g 'daemon off;'
