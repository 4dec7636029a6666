#!/bin/bash
# tools/demo-pki: what it makes is right, private, stays as it is, and the bad ones are bad in the
# way their names say. The judge is openssl verify.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
pki="$VT_SOURCE_DIR/tools/demo-pki"
fail() { echo "FAILED: $*"; exit 1; }
good() { openssl verify -x509_strict -CAfile "$dir/ca.pem" "$@" >/dev/null 2>&1; }
subject() { openssl x509 -in "$dir/$1.pem" -noout -subject -nameopt RFC2253; }

"$pki" "$dir" --terminal kiosk-0042
good -purpose sslserver -verify_hostname localhost "$dir/server.pem" || fail "server for localhost"
good -purpose sslserver -verify_ip 127.0.0.1 "$dir/server.pem" || fail "server for 127.0.0.1"
good -purpose sslclient "$dir/terminal.pem" || fail "terminal"
good "$dir/terminal-sign.pem" || fail "terminal-sign"
good "$dir/agency-sign.pem" || fail "agency-sign"
good "$dir/agency-seal.pem" || fail "agency-seal"
[[ $(subject terminal) == *CN=kiosk-0042,* ]] || fail "subject of the terminal"
[[ $(subject terminal-sign) == *CN=kiosk-0042,* ]] || fail "subject of the terminal's signer"
[[ $(subject agency-sign) == *CN=RENAPO,* ]] || fail "subject of the agency's signer"

for name in other-ca-terminal expired-terminal other-ca-server expired-server other-ca-sign \
	expired-sign; do
	! good "$dir/bad/$name.pem" || fail "bad/$name passes"
done
good -purpose sslclient "$dir/bad/other-terminal.pem" || fail "bad/other-terminal is good, only other"
! good -verify_hostname localhost "$dir/bad/wrong-name-server.pem" || fail "wrong name passes"
for name in server terminal terminal-sign agency-sign agency-seal; do
	[ "$(openssl x509 -in "$dir/$name.pem" -noout -pubkey)" = \
		"$(openssl pkey -in "$dir/$name.key" -pubout)" ] || fail "$name: key and certificate differ"
done

[ -z "$(find "$dir" -type f ! -perm 600)" ] || fail "a file others can read"
before=$(cat "$dir"/*.* "$dir"/bad/* | sha256sum)
"$pki" "$dir" --terminal kiosk-0042
[ "$before" = "$(cat "$dir"/*.* "$dir"/bad/* | sha256sum)" ] || fail "second run changed something"
ca=$(sha256sum <"$dir/ca.pem")
"$pki" "$dir" --terminal kiosk-0043
[[ $(subject terminal) == *CN=kiosk-0043,* ]] || fail "new terminal id not taken"
[ "$ca" = "$(sha256sum <"$dir/ca.pem")" ] || fail "new terminal id made a new authority"
! "$pki" "$dir" --terminal 'a/b' 2>/dev/null || fail "a slash in the terminal id accepted"
echo "ok"
