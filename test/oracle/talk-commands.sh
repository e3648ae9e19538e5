# Runs inside a chroot with Debian's tools, in a fresh network and mount namespace: what ping, nc, curl and traceroute print and
# answer as a host with one neighbour. Each command is printed after `### `, its status after `=`.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t tmpfs tmpfs /run
mkdir -p /run/netns
ip netns add out
ip link set lo up
ip link add eth0 type veth peer name eth0 netns out
ip addr add 192.0.2.10/24 dev eth0
ip link set eth0 up
ip -6 addr add 2001:db8::10/64 dev eth0 nodad
ip route add default via 192.0.2.1
ip netns exec out sh -c '
ip link set lo up; ip link set eth0 up
ip addr add 192.0.2.1/24 dev eth0; ip -6 addr add 2001:db8::1/64 dev eth0 nodad
sysctl -qw net.ipv4.icmp_ratelimit=0'
ip netns exec out sh -c 'while :; do
  printf "HTTP/1.1 200 OK\r\nServer: drywall\r\nContent-Type: text/plain\r\nContent-Length: 9\r\nConnection: close\r\n\r\nIt works\n" | timeout 20 nc -l -N 80
done' >/dev/null 2>&1 &
ip netns exec out timeout 60 nc -k -l 22 >/dev/null 2>&1 &
ip netns exec out timeout 60 nc -u -k -l 53 >/dev/null 2>&1 &
sleep 0.5
while read -r line; do
  echo "### $line"
  case $line in
  !*) ${line#!} </dev/null >/tmp/talk.out 2>/tmp/talk.err ;;
  *) timeout 12 $line </dev/null >/tmp/talk.out 2>/tmp/talk.err ;;
  esac
  status=$?
  cat /tmp/talk.out
  printf '\n-2-\n'
  cat /tmp/talk.err
  printf '\n=%s\n' $status
done
