#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the certificates of the TLS tests with openssl: DIRECTORY. Keys are NAME.key, certificates with their chain NAME.pem.
set -euo pipefail
cd "$1"
# The talk of openssl; for whoever looks into a failure.
exec >openssl.log 2>&1
role=1.3.6.1.4.1.50316.802.1

# certificate ISSUER|- NAME COMMON_NAME EXTENSION...: a certificate with an elliptic curve key; $key changes the kind of key.
certificate() {
  local issuer=$1 name=$2 common=$3
  shift 3
  printf '%s\n' "[req]" "distinguished_name = dn" "[dn]" "[x]" "$@" >"$name.cnf"
  local sign=(-x509)
  [ "$issuer" = - ] || sign=(-x509 -CA "$issuer.crt" -CAkey "$issuer.key")
  # shellcheck disable=SC2086
  openssl req -new "${sign[@]}" -config "$name.cnf" -extensions x -sha256 -days 30 -nodes \
    ${key:--newkey ec -pkeyopt ec_paramgen_curve:P-256} -keyout "$name.key" -subj "/CN=$common" -out "$name.crt"
  cp "$name.crt" "$name.pem"
}

# dated NAME START END: signs a certificate of the root again, with another validity.
dated() {
  openssl req -new -config "$1.cnf" -key "$1.key" -subj "/CN=$1" -out "$1.csr"
  openssl ca -batch -notext -config register.cnf -cert ca.crt -keyfile ca.key -extfile "$1.cnf" -extensions x \
    -startdate "$2" -enddate "$3" -in "$1.csr" -out "$1.pem"
}
printf '%s\n' "[ca]" "default_ca = d" "[d]" "database = index.txt" "crlnumber = number" "default_md = sha256" \
  "new_certs_dir = ." "rand_serial = yes" "policy = any" "[any]" "commonName = supplied" >register.cnf
: >index.txt
echo 01 >number

authority="basicConstraints = critical,CA:TRUE"
signing="keyUsage = critical,keyCertSign,cRLSign"
client="extendedKeyUsage = clientAuth"
server="extendedKeyUsage = serverAuth"
here="subjectAltName = IP:127.0.0.1,DNS:localhost"

certificate - ca "Test root" "$authority" "$signing"
certificate - stranger-ca "Another root" "$authority" "$signing"
certificate ca between "Test intermediate" "$authority" "$signing"
key="-newkey rsa:2048" certificate ca rsa "server with RSA" "$server" "$here"
certificate between server "server" "$server" "$here"
cat between.crt >>server.pem
certificate ca elsewhere "server elsewhere" "$server" "subjectAltName = DNS:elsewhere.example"
certificate ca expired-server "expired server" "$server" "$here"
dated expired-server 20200101000000Z 20200201000000Z
certificate stranger-ca stranger-server "server of others" "$server" "$here"

certificate ca operator "operator" "$client" "$role = ASN1:UTF8String:Operator"
certificate ca reader "reader" "$client" "$role = ASN1:UTF8String:Reader"
certificate ca admin "admin" "$client" "$role = ASN1:UTF8String:Admin"
certificate ca revoked "revoked" "$client" "$role = ASN1:UTF8String:Operator"
certificate ca list "list" "$client" "$role = ASN1:UTF8String:Operator,Reader"
certificate ca none "nobody" "$client"
certificate ca printable "wrong type" "$client" "$role = ASN1:PRINTABLESTRING:Operator"
certificate ca trailing "trailing bytes" "$client" "$role = DER:0C:08:4F:70:65:72:61:74:6F:72:00"
certificate ca bare "no ASN.1" "$client" "$role = DER:4F:70:65:72:61:74:6F:72"
certificate ca empty "empty" "$client" "$role = DER:0C:00"
certificate ca invalid "invalid UTF-8" "$client" "$role = DER:0C:02:C3:28"
certificate ca critical "critical" "$client" "$role = critical,ASN1:UTF8String:Operator"
certificate ca expired "expired" "$client" "$role = ASN1:UTF8String:Operator"
dated expired 20200101000000Z 20200201000000Z
certificate ca early "early" "$client" "$role = ASN1:UTF8String:Operator"
dated early 20490101000000Z 20490201000000Z
certificate stranger-ca stranger "stranger" "$client" "$role = ASN1:UTF8String:Operator"
certificate - alone "self-signed" "$client" "$role = ASN1:UTF8String:Operator"
certificate ca client-as-server "client as server" "$client" "$here"
key="-newkey rsa:2048" certificate ca rsa-operator "operator with RSA" "$client" "$role = ASN1:UTF8String:Operator"

# Revocation lists of the root: one with a certificate in it, and one that is out of date.
openssl ca -config register.cnf -cert ca.crt -keyfile ca.key -revoke revoked.crt
openssl ca -config register.cnf -cert ca.crt -keyfile ca.key -gencrl -crldays 20 -out crl.pem
openssl ca -config register.cnf -cert ca.crt -keyfile ca.key -gencrl -crl_lastupdate 20200101000000Z \
  -crl_nextupdate 20200201000000Z -out old-crl.pem
