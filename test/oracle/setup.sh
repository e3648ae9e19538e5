#!/bin/sh
# Makes a folder with Debian 13's own tools (iptables, nft, conntrack, ipset), which the live tests chroot into.
# Usage: setup.sh FOLDER. Needs root; says so and exits 3 where it cannot be done.
set -eu
root=$1
[ "$(id -u)" = 0 ] || { echo "live tests: not root"; exit 3; }
[ ! -x "$root/usr/sbin/nft" ] || exit 0
command -v debootstrap >/dev/null || { apt-get update -qq; apt-get install -y -qq debootstrap >/dev/null; }
# Where apt gets Debian's packages on this machine is where debootstrap gets them too.
mirror=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL)' 2>/dev/null | awk '$2 == "Debian" && $3 == "Debian" { print $1; exit }')
[ -n "$mirror" ] || mirror=$(sed -nE 's/^(deb .*)?(URIs: *)?([a-z]+:[^ ]*debian\/?)( .*)?$/\3/p' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1)
[ -n "$mirror" ] || { echo "live tests: no Debian mirror in apt's configuration"; exit 3; }
script=/usr/share/debootstrap/scripts/trixie
[ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
mkdir -p "$(dirname "$root")"
new=$root.new
rm -rf "$new"
debootstrap --variant=minbase --include=iptables,nftables,conntrack,ipset,nfct,arptables,ebtables,iproute2,procps trixie "$new" "$mirror" "$script" >"$root.log" 2>&1 || { tail -n 5 "$root.log"; exit 3; }
mv "$new" "$root"
