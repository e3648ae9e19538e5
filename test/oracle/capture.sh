# Runs inside a chroot with Debian's tools, in a fresh network and mount namespace. Three namespaces: a client, this one as
# router, a server. Real programs talk through the router's rules while tcpdump listens on all of the router's devices.
# Usage: capture.sh FOLDER: reads FOLDER/rules.nft, writes FOLDER/capture.pcap and FOLDER/after.nft (the rules with their counters).
set -eu
out=$1
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t tmpfs tmpfs /run
mkdir -p /run/netns
ip netns add client
ip netns add server
ip link set lo up
pair() { # namespace, device, address of the router, MACs
  ip link add "$2" address "$4" type veth peer name eth0 address "$5" netns "$1"
  ip addr add "$3" dev "$2"
  ethtool -K "$2" tx off rx off gso off gro off tso off >/dev/null 2>&1
  ip netns exec "$1" ethtool -K eth0 tx off rx off gso off gro off tso off >/dev/null 2>&1
  ip link set "$2" up
  ip netns exec "$1" ip link set lo up
  ip netns exec "$1" ip link set eth0 up
}
pair client wan 198.51.100.2/24 02:00:00:00:00:10 02:00:00:00:00:07
pair server lan 192.168.1.1/24 02:00:00:00:00:11 02:00:00:00:01:4d
ip netns exec client ip addr add 198.51.100.7/24 dev eth0
ip netns exec server ip addr add 192.168.1.77/24 dev eth0
ip netns exec server ip route add default via 192.168.1.1
ip netns exec client ip route add 192.168.1.0/24 via 198.51.100.2
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0
for n in client server; do
  ip netns exec $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv4.icmp_ratelimit=0
done
sysctl -qw net.ipv6.conf.all.disable_ipv6=1
nft -f "$out/rules.nft"
# Small slots: the ring holds only a handful of packets of the greatest length, and loses the next.
tcpdump -i any -s 4000 -B 16384 -w "$out/capture.pcap" -U --immediate-mode ip 2>/dev/null &
dump=$!
sleep 0.7
in_server() { ip netns exec server "$@"; }
in_client() { ip netns exec client "$@"; }
printf 'hello\n' | in_server timeout 8 nc -l -N 80 >/dev/null 2>&1 &
printf 'hello\n' | in_server timeout 8 nc -l -N 8080 >/dev/null 2>&1 &
in_server timeout 8 nc -u -l 5353 >/dev/null 2>&1 &
sleep 0.3
# Through the port forwarding, straight, refused, dropped, rejected, from inside, ping, traceroute's dying packets.
printf 'GET\n' | in_client nc -N -w 2 198.51.100.2 80 >/dev/null || true
printf 'GET\n' | in_client nc -N -w 2 192.168.1.77 8080 >/dev/null || true
in_client nc -z -w 1 192.168.1.77 443 || true
in_client nc -z -w 1 192.168.1.77 22 || true
in_client nc -z -w 1 192.168.1.77 23 || true
in_client nc -z -w 1 198.51.100.2 25 || true
printf 'x\n' | in_client nc -u -w 1 192.168.1.77 5353 || true
printf 'x\n' | in_client nc -u -w 1 192.168.1.77 5354 || true
in_client ping -c 3 -i 0.2 -W 1 192.168.1.77 >/dev/null || true
in_client ping -c 2 -i 0.2 -W 1 -t 1 192.168.1.77 >/dev/null || true
in_client ping -c 2 -i 0.2 -W 1 198.51.100.2 >/dev/null || true
in_client ping -c 1 -s 3000 -W 1 192.168.1.77 >/dev/null || true
in_server ping -c 2 -i 0.2 -W 1 198.51.100.7 >/dev/null || true
in_server nc -z -w 1 198.51.100.7 9 || true
nc -z -w 1 192.168.1.77 7 || true
ping -c 1 -W 1 198.51.100.7 >/dev/null || true
sleep 0.7
kill -INT $dump
wait $dump || true
nft list ruleset >"$out/after.nft"
ip -o link | sed -n 's/^\([0-9]*\): \([a-z]*\).*/\1=\2/p' >"$out/devices"
