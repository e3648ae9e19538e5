#!/bin/sh
# Makes a folder with Debian 13's firewall tools and the programs that talk (tcpdump, ping, nc, curl, traceroute) out of one
# that setup.sh made. Usage: talk-setup.sh FOLDER FROM. Needs root; says so and exits 3 where it cannot be done.
set -eu
root=$1
from=$2
[ "$(id -u)" = 0 ] || { echo "live tests: not root"; exit 3; }
[ ! -x "$root/usr/bin/tcpdump" ] || exit 0
rm -rf "$root.new"
cp -a "$from" "$root.new"
rm -rf "$root.new"/tmp/*
cp /etc/resolv.conf "$root.new/etc/resolv.conf"
chroot "$root.new" sh -c 'apt-get update -qq && apt-get install -y -qq --no-install-recommends tcpdump iputils-ping netcat-openbsd curl traceroute ethtool' >"$root.log" 2>&1 ||
  { tail -n 5 "$root.log"; exit 3; }
mv "$root.new" "$root"
