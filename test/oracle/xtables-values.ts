/**
 * What random command lines are made of: for each option whose row does not say it all (`string`, `raw`, `protocol` …),
 * values that the real tools take, and some they refuse. `|` parts values, a blank parts the words of one value,
 * `~` stands for a blank within a word; after `|!|` come those that the tools refuse. Options that are not named here get their values from their row.
 */
export type Values = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

const TYPES = 'LOCAL|UNICAST|UNSPEC,LOCAL|BLACKHOLE,PROHIBIT,UNREACHABLE|ANYCAST|MULTICAST|THROW|NAT|XRESOLVE|BROADCAST|local|Unicast,nat|!|FOO';
const PORTS = '22|ssh|http:https|0|65535|1:2|1:|:1024|0:65535|5:5|1:65535|0:0|:|!|9:1|65536|a:b|1:2:3';
const MULTI = '22|1,2,3|1:10|1,5:9,80|ssh,http|1,2,3,4,5,6,7,8,9,10,11,12,13,14,15|1,2,3,4,5,6,7,8,9,10,11,12,13,14:15|65535|0|!|1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16|9:1|1,,2';
const DSCP = 'CS0|CS1|cs7|AF11|af23|AF43|EF|BE|ef|!|VA|XX';
const IP4 = '10.0.0.1|10.0.0.0/8|192.168.1.1/24|0.0.0.0|0.0.0.0/0|1.2.3.4/255.0.255.0|1.2.3.4/32|10|10.1|255.255.255.255|10.0.0.1/0|localhost|0x7f.1|!|fd00::1';
const IP6 = 'fd00::1|fd00::/8|::|::/0|fe80::1/64|::ffff:1.2.3.4|fd00::1/ffff:ffff::|fd00::1/128|fd00::1/ffff::ffff|FD00::A|ip6-localhost|!|10.0.0.1|fd00::/129';
const ETYPE = 'IPv4|ARP|IPv6|0x0800|0x88a8|802_1Q|PPP_DISC|0x9999|ipv4|LENGTH|1535|!|5ff|foo';
const MACS =
  '02:00:00:00:00:01|2:0:0:0:0:1|02:00:00:00:00:00/ff:ff:ff:00:00:00|ff:ff:ff:ff:ff:ff|Unicast|Multicast|Broadcast|BGA|00:00:00:00:00:00|01:02:03:04:05:06/00:00:ff:ff:00:00|multicast|!|02:00:00|x';
const VERDICTS = 'ACCEPT|DROP|CONTINUE|!|RETURN|FOO';

export const VALUES: Values = {
  addrtype: { 'src-type': TYPES, 'dst-type': TYPES },
  bpf: { bytecode: '4,48~0~0~9,21~0~1~6,6~0~0~1,6~0~0~0|1,6~0~0~1|2,40~0~0~12,6~0~0~65535|!|4,1~1~1~1|0,|65,1~0~0~0|x', 'object-pinned': '/sys/fs/bpf/none' },
  cgroup: { path: '/a|/|a/b|', cgroup: '0|1|0x10001|4294967295|!|4294967296' },
  comment: { comment: `a|some~words|it's|"q"|a\\b|--y|#|$HOME|\`x\`|ä|a,b;c|${'x'.repeat(255)}|${'x'.repeat(256)}|` },
  connbytes: {
    connbytes: '0:|1:2|10|:5|0:18446744073709551615|18446744073709551615|!|5:1|18446744073709551616:',
    'connbytes-dir': 'original|reply|both|!|x',
    'connbytes-mode': 'packets|bytes|avgpkt|!|x',
  },
  connlabel: { label: '1|0|40|127|128|name' },
  connlimit: { 'connlimit-mask': '24|0|32|255.255.255.0|!|33|x', 'connlimit-upto': '0|1|100|4294967295', 'connlimit-above': '0|1|100|4294967295' },
  conntrack: {
    ctstate: 'NEW|NEW,ESTABLISHED|INVALID|RELATED,UNTRACKED|SNAT|DNAT,SNAT|new|INVALID,NEW,ESTABLISHED,RELATED,UNTRACKED,SNAT,DNAT|!|NEW,|FOO|',
    ctstatus: 'NONE|EXPECTED|SEEN_REPLY,ASSURED|CONFIRMED|none,assured|EXPECTED,SEEN_REPLY,ASSURED,CONFIRMED|!|FOO',
    ctdir: 'ORIGINAL|REPLY|original|!|x',
    ctproto: 'tcp|udp|6|17|icmp|255|ipv6-icmp|!|0|all|256|x',
    ctexpire: '0|1|1:2|100:|:5|4294967295',
  },
  dccp: { 'dccp-types': 'REQUEST|REQUEST,RESPONSE|DATA,ACK,DATAACK,CLOSEREQ,CLOSE,RESET,SYNC,SYNCACK|INVALID|request|!|X' },
  devgroup: { 'src-group': '0|1|0x10|0x1/0xff|4294967295|!|x|1/', 'dst-group': '0|1|0x10|0x1/0xff|!|x' },
  dscp: { 'dscp-class': DSCP },
  dst: { 'dst-opts': '149:92|149:92,12:12|1|149|255:255|149:92,12:12,123:12|1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16|!|1:,|0:0|x' },
  hbh: { 'hbh-opts': '149:92|149:92,12:12|1|149|255:255|256|1:256|!|0:0' },
  hashlimit: {
    'hashlimit-upto': '1/sec|1/second|1/s|10/min|100/hour|1/day|512kb/s|1mb/s|100b/s|1000000/s|5|1kb/s|40/minute|4/m|20mb/s|!|1000001/s|0/s|1/x',
    'hashlimit-above': '1/sec|10/min|100/hour|1/day|512kb/s|1mb/s|100b/s|1000000/s|5',
    hashlimit: '1/sec|10/min|100/hour|1/day|3/h',
    'hashlimit-srcmask': '24|0|32|8|33|!|255.255.0.0',
    'hashlimit-dstmask': '24|0|32|16',
    'hashlimit-burst': '1|5|10|100|10000|1kb|10k|1mb|!|0|x|1000001',
    'hashlimit-htable-size': '1|100|65536',
    'hashlimit-htable-max': '1|1000|65536',
    'hashlimit-htable-gcinterval': '1|1000|60000|0',
    'hashlimit-htable-expire': '1|1000|10000|60000|0',
    'hashlimit-mode': 'srcip|dstip|srcip,dstip|srcport|srcip,srcport,dstip,dstport|dstport,dstip||!|x',
    'hashlimit-name': 'a|name|a-long-name|x.y|a/b',
    'hashlimit-rate-interval': '1|2|10|60|!|0|x',
  },
  helper: { helper: 'ftp|ftp-2121|sip|x|' },
  icmp: {
    'icmp-type':
      'any|8|8/0|echo-request|echo-reply|3|3/1|destination-unreachable|network-unreachable|host-unreachable|fragmentation-needed|5/2|redirect|TOS-network-redirect|time-exceeded|ttl-exceeded|ttl-zero-during-reassembly|parameter-problem|ip-header-bad|timestamp-request|address-mask-reply|router-advertisement|ping|pong|255/255|0|0/0|17/1|!|256|8/256|x|echo|network|echo-re',
  },
  icmp6: {
    'icmpv6-type':
      '1|1/0|1/1|destination-unreachable|no-route|communication-prohibited|beyond-scope|address-unreachable|port-unreachable|failed-policy|reject-route|packet-too-big|time-exceeded|ttl-exceeded|ttl-zero-during-transit|parameter-problem|bad-header|unknown-option|echo-request|ping|echo-reply|pong|router-solicitation|router-advertisement|neighbour-solicitation|neighbor-solicitation|neighbour-advertisement|redirect|mld-listener-query|128|128/0|255/255|0|!|256|x|echo|ro',
  },
  iprange: {
    'src-range': '1.1.1.1-1.1.1.9|10.0.0.0-10.255.255.255|0.0.0.0-255.255.255.255|1.1.1.1|1.1.1.9-1.1.1.1|!|a-b|1.1.1.1-',
    'dst-range': '1.1.1.1-1.1.1.9|0.0.0.0-0.0.0.0|1.1.1.1',
  },
  'iprange@ip6': { 'src-range': '::1-::9|fd00::-fd00::ffff|::-ffff::|::9-::1|fd00::1', 'dst-range': '::1-::9|fd00::a-fd00::b|::1' },
  ipv6header: { header: 'hop-by-hop|hop,dst|dst|route|frag|auth|esp|none|prot|protocol|hop-by-hop,frag|0|43,44|ah|60|59|255|!|x|all' },
  limit: { limit: '1/sec|1/s|1/second|5/minute|10/hour|3/day|1000/s|10000/s|20/min|7/h|5|999/day|11/m|!|1/x|0/s|10001/s' },
  mh: { 'mh-type': 'brr|hoti|coti|hot|cot|bu|ba|be|binding-refresh-request|binding-update|0|5|1:3|:2|3:|0:255|255|home-test-init:binding-error|!|x|256|3:1' },
  multiport: { 'source-ports': MULTI, sports: MULTI, 'destination-ports': MULTI, dports: MULTI, ports: MULTI },
  nfacct: { 'nfacct-name': 'a|name' },
  osf: { genre: 'Linux|Windows|unknown|x', ttl: '0|1|2', log: '0|1|2' },
  owner: { 'uid-owner': '0|root|1-5|0-10|nobody|4294967294|10-5|!|4294967295|x|1-', 'gid-owner': '0|root|1-5|nogroup|daemon|!|x' },
  physdev: { 'physdev-in': 'eth0|eth+|+|lo', 'physdev-out': 'eth0|eth+|+' },
  pkttype: { 'pkt-type': 'unicast|broadcast|multicast|bcast|mcast|Unicast|!|x' },
  policy: { dir: 'in|out|!|x', pol: 'none|ipsec|!|x', proto: 'esp|ah|ipcomp|50|!|comp|tcp|x', mode: 'tunnel|transport|!|x' },
  rateest: {
    rateest: 'R1|R2|nope',
    rateest1: 'R1|R2',
    rateest2: 'R2|R1',
    'rateest-bps1': '1000|8bit|1kbit|1mbps|!|',
    'rateest-pps1': '5|10|!|',
    'rateest-bps2': '1mbit|1000|!|',
    'rateest-pps2': '7|!|',
    'rateest-bps': '1mbit|9kibit',
    'rateest-pps': '3',
  },
  realm: { realm: '0|1|0x10/0xff|0x1|4294967295|1/0|!|local|cosmos|x' },
  recent: { name: 'DEFAULT|a|name|a/b', mask: '255.255.255.0|255.255.255.255|0.0.0.0|10.0.0.1', hitcount: '1|5|20|254|255|0|65535|65536', seconds: '1|60|4294967295' },
  'recent@ip6': { name: 'DEFAULT|a|name', mask: 'ffff::|ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff|::', hitcount: '1|5|20|255', seconds: '1|60' },
  rt: { 'rt-0-addrs': '::1|::1,fd00::2|fd00::1,fd00::2,fd00::3|x', 'rt-type': '0|2|255|4294967295', 'rt-segsleft': '0|1:2|5:|:9', 'rt-len': '0|8|24' },
  sctp: {
    'source-port': PORTS,
    sport: PORTS,
    'destination-port': PORTS,
    dport: PORTS,
    'chunk-types':
      'all DATA|any INIT|only DATA,INIT|all ALL|any NONE|any DATA:Be|any DATA:UBE,SACK|all INIT,INIT_ACK,SACK,HEARTBEAT|only ABORT:T|any SHUTDOWN_COMPLETE:t|any ASCONF,ASCONF_ACK,FORWARD_TSN|any data|any DATA:i,I_DATA|any SHUTDOWN,ERROR,ECN_CWR,ECN_ECNE,COOKIE_ECHO,COOKIE_ACK|!|any FOO|x DATA|all',
  },
  set: {
    'match-set': 'S1 src|S1 dst|S2 src,dst|nope src|S1 x|S1',
    set: 'S1 src',
    'packets-eq': '5',
    'packets-lt': '5',
    'packets-gt': '5',
    'bytes-eq': '100',
    'bytes-lt': '100',
    'bytes-gt': '100',
  },
  srh: {
    'srh-psid': '::1|fd00::/8|fd00::1/128|!|x',
    'srh-nsid': '::1|fd00::/8|fd00::1',
    'srh-lsid': '::1|fd00::/64|fd00::1',
  },
  state: { state: 'NEW|NEW,ESTABLISHED|INVALID|UNTRACKED,RELATED|INVALID,NEW,RELATED,ESTABLISHED,UNTRACKED|established|!|SNAT|FOO|NEW,' },
  statistic: {
    mode: 'random|nth|!|x',
    probability: '0.5|0|1|0.1|0.01|0.333333|1e-5|0.99999999999|0.00000000047|0x1p-3|!|1.5|x',
    every: '1|2|5|100|4294967295|!|0',
    packet: '0|1|4|99',
  },
  string: {
    algo: 'bm|kmp|fsm|x',
    string: `a|GET~/x|it's|"q"|a\\b|${'y'.repeat(128)}|${'y'.repeat(129)}|~|ä||`,
    'hex-string': ['|41|', '|0d0a|', 'a|41 42|b', 'GET|20|', '|4', 'abc', '||', '|ff|\\\\|', '|00 01 02|', 'x'.repeat(128), '|xy|'],
    from: '0|1|100|65535',
    to: '0|1|100|65535',
  },
  tcp: {
    'source-port': PORTS,
    sport: PORTS,
    'destination-port': PORTS,
    dport: PORTS,
    'tcp-flags':
      'SYN,ACK SYN|ALL NONE|SYN,RST,ACK,FIN SYN|ALL ALL|SYN SYN|FIN,SYN,RST,PSH,ACK,URG FIN,PSH|NONE NONE|RST RST|syn,ack syn|ALL SYN|ACK ALL|SYN,FIN SYN,FIN|!|SYN|X SYN|SYN X',
    'tcp-option': '1|2|7|255|!|0|256|x',
  },
  tcpmss: { mss: '1|1:500|65535|0|100:|:100|!|5:1' },
  time: {
    datestart: '2024-01-01|2024-01-01T10:00:00|1970-01-01|2038-01-19T03:14:07|2024|2024-06|2024-06-15T12|2024-06-15T12:30|!|x',
    datestop: '2030-01-01|2030-12-31T23:59:59|2038-01-19T03:14:07|2025-02-30',
    timestart: '00:00|10:00|10:00:30|1:2:3|23:59:59|08:05|!|24:00|x',
    timestop: '23:59:59|18:00|10:00|00:00:01|12:30:00',
    monthdays: '1|1,15,31|1,2,3,4,5|31|0|!|32|1st,2nd',
    weekdays: 'Mon|Mon,Tue,Wed|1,2,7|Sa,Su|Fri|Monday|8|Mo,Tu,We,Th,Fr,Sa,Su|!|mo,Tu|0|X',
  },
  tos: { tos: '0x10|Minimize-Delay|0|255|0x10/0x3f|Normal-Service|maximize-throughput|0xff/0xff|8/0|!|256|x' },
  u32: { u32: '0=0|0x0=0x10:0x20|6&0xFF=1|0>>22&0x3C@0>>24=0|0&0xFF=1&&4&0xFF00=0x100|12=0x0a000001|0<<2=4|0=1,2,3:4|6&0xFF=0x6&&0>>22&0x3C@12>>26&0x3C@0=1|!|x|0=|0|0=0&&' },
  udp: { 'source-port': PORTS, sport: PORTS, 'destination-port': PORTS, dport: PORTS },
  AUDIT: { type: 'accept|drop|reject|!|x' },
  CLASSIFY: { 'set-class': '1:2|0:0|ffff:ffff|10:20|1234:5678|0:1|a:b|!|1|x' },
  CONNMARK: {},
  CT: {
    helper: 'ftp|x',
    timeout: 'nope',
    ctevents: 'new|new,related,destroy|assured,reply,protoinfo,helper,mark,natseqinfo,secmark|!|x',
    expevents: 'new|!|x',
    'zone-orig': '1|65535|mark',
    'zone-reply': '1|65535|mark',
    zone: '0|1|65535|mark|!|65536|x',
  },
  DNAT: {
    'to-destination':
      '10.0.0.1|10.0.0.1-10.0.0.9|10.0.0.1:80|10.0.0.1:80-90|:80|10.0.0.1-10.0.0.9:1-100|:1-100|10.0.0.1:1000-2000/1500|10.0.0.1:0|10.0.0.9-10.0.0.1|10.0.0.1:ssh|10.0.0.1:1000-2000/5|!|10.0.0.1:65536|x|10.0.0.1:90-80|:',
  },
  'DNAT@ip6': { 'to-destination': 'fd00::1|fd00::1-fd00::9|[fd00::1]:80|[fd00::1]:80-90|:80|[fd00::1-fd00::9]:1-100|fd00::1:80|[fd00::1]|!|[fd00::1]-[fd00::9]:1-100|x|[fd00::1' },
  SNAT: { 'to-source': '10.0.0.1|10.0.0.1-10.0.0.9|10.0.0.1:80|10.0.0.1:80-90|:80|10.0.0.1-10.0.0.9:1-100|:1-100|10.0.0.1:65535|10.0.0.9-10.0.0.1|!|x|10.0.0.1:9-1' },
  'SNAT@ip6': { 'to-source': 'fd00::1|fd00::1-fd00::9|[fd00::1]:80|[fd00::1]:80-90|:80|[fd00::1-fd00::9]:1-100|[fd00::1]|!|x' },
  DNPT: { 'src-pfx': 'fd00::/64|fd00:1::/48|::/0|fd00::/65|2001:db8:1::/56', 'dst-pfx': '2001:db8::/64|2001:db8:9::/48|fd00::1/64' },
  SNPT: { 'src-pfx': 'fd00::/64|fd00:1::/48|::/0|2001:db8:1::/56', 'dst-pfx': '2001:db8::/64|2001:db8:9::/48|fd00::1/64' },
  DSCP: { 'set-dscp-class': DSCP },
  HMARK: {
    'hmark-tuple': 'src,dst|src,dst,sport,dport,proto|sport,dport|ct,src|src,dst,spi|ct|src,spi,sport|!|x',
    'hmark-src-prefix': '24|0|32|!|255.255.0.0',
    'hmark-dst-prefix': '24|0|32',
  },
  IDLETIMER: { label: 'a|name|xyz', timeout: '1|10|86400|4294967295|0' },
  LOG: { 'log-prefix': `x|a~b:~|it's|"q"|${'p'.repeat(29)}|${'p'.repeat(30)}|` },
  MASQUERADE: { 'to-ports': '1024|1024-2048|1-65535|0|http|!|65536|2-1|x|10-' },
  REDIRECT: { 'to-ports': '1024|1024-2048|1-65535|0|http|1024-2048/1500|!|65536|2-1|x|http-https|10-' },
  NETMAP: { to: '10.0.0.0/8|10.1.2.0/24|1.2.3.4|10.1.2.3/24|1.2.3.4/255.0.255.0' },
  'NETMAP@ip6': { to: 'fd00::/64|fd00::1|fd00::/8|fd00::1/64' },
  NFLOG: { 'nflog-prefix': `x|a~b|"q"|${'p'.repeat(64)}|${'p'.repeat(65)}|${'p'.repeat(127)}|${'p'.repeat(128)}` },
  NFQUEUE: { 'queue-num': '0|1|65535|!|65536|x', 'queue-balance': '0:3|1:65534|!|0:65535|3:1|5:5|5|x' },
  RATEEST: { 'rateest-name': 'R1|abc|a-name-that-is-long', 'rateest-interval': '250ms|1s|500ms|2s|8s|10s|1us|1|!|x', 'rateest-ewmalog': '1s|2s|500ms|4s|1us|100s|!|x' },
  REJECT: {
    'reject-with':
      'icmp-net-unreachable|icmp-host-unreachable|icmp-port-unreachable|icmp-proto-unreachable|icmp-net-prohibited|icmp-host-prohibited|icmp-admin-prohibited|tcp-reset|net-unreach|host-unreach|tcp-rst|port-unreach|net|icmp-net-un|echo-reply|!|x',
  },
  'REJECT@ip6': {
    'reject-with':
      'icmp6-no-route|no-route|icmp6-adm-prohibited|adm-prohibited|icmp6-addr-unreachable|addr-unreach|icmp6-port-unreachable|tcp-reset|icmp6-policy-fail|policy-fail|icmp6-reject-route|reject-route|port|!|x',
  },
  SET: { 'add-set': 'S1 src|S2 src,dst|nope src|S1 x|S1', 'del-set': 'S1 src|S1 dst', 'map-set': 'S1 src', timeout: '10|0|!|x', exist: '', 'map-mark': '' },
  SYNPROXY: { wscale: '0|7|14|15', mss: '1460|536|65535|0' },
  TCPOPTSTRIP: { 'strip-options': 'timestamp|sack-permitted|wscale,mss|md5|2,3,4|255|sack|!|timestamp,timestamp|x|256|0|1' },
  TEE: { gateway: '10.0.0.1|1.2.3.4|0.0.0.0', oif: 'eth0|lo|' },
  'TEE@ip6': { gateway: 'fd00::1|::1|::', oif: 'eth0|lo' },
  TOS: { 'set-tos': '0x10|Minimize-Delay|0|0x10/0x3f|0xff|Maximize-Reliability|0xff/0xff|!|x' },
  TPROXY: { 'on-ip': '10.0.0.1|0.0.0.0|127.0.0.1', 'on-port': '80|1|65535|http|0' },
  'TPROXY@ip6': { 'on-ip': 'fd00::1|::|::1', 'on-port': '80|1|65535|http|0' },
  SECMARK: { selctx: 'system_u:object_r:x:s0' },
  LED: { 'led-trigger-id': 'x', 'led-delay': '10|inf' },
  // arptables
  'MARK@arp': {},
  mangle: { 'mangle-target': VERDICTS, 'mangle-ip-s': '10.0.0.1|1.2.3.4', 'mangle-ip-d': '10.0.0.1|1.2.3.4' },
  // ebtables
  '802_3': { '802_3-sap': '0xaa|0x0a|!|170|255', '802_3-type': '0x1234|0x0800|!|65535' },
  among: {
    'among-src':
      '02:00:00:00:00:01|02:00:00:00:00:01=10.0.0.1|02:00:00:00:00:01=10.0.0.1,02:00:00:00:00:02=10.0.0.2|2:0:0:0:0:1,3:0:0:0:0:2|00:11:22:33:44:55,00:11:22:33:44:54|02:00:00:00:00:01,02:00:00:00:00:02=1.2.3.4||!|x|02:00:00:00:00:01=x',
    'among-dst': '02:00:00:00:00:01|ff:ff:ff:ff:ff:ff|02:00:00:00:00:01=10.0.0.1|02:00:00:00:00:09,02:00:00:00:00:01|!|x',
    'among-dst-file': '/nonexistent',
    'among-src-file': '/nonexistent',
  },
  arp: {
    'arp-opcode': '1|Request|reply|10|Reply_Reverse|0|65535|!|x',
    'arp-op': 'Request|2',
    'arp-htype': '1|Ethernet|65535|!|x',
    'arp-ptype': '0x0800|IPv4|ARP|!|x',
    'arp-mac-src': MACS,
    'arp-mac-dst': MACS,
    'arp-ip-src': IP4,
    'arp-ip-dst': IP4,
  },
  ip: {
    'ip-tos': '0x10|0|255|10|!|256|x',
    'ip-protocol': 'tcp|udp|icmp|1|6|17|igmp|sctp|89|0|!|x',
    'ip-proto': 'tcp|udp|icmp|2',
    'ip-icmp-type': 'echo-request|8|8/0|3:5|3/1:3|any|destination-unreachable|0:255|5/0:255|host-unreachable|!|x|256',
    'ip-igmp-type': 'membership-query|0x11|17:22|membership-report-v1|leave-group|0:255|!|x',
    'ip-source': IP4,
    'ip-src': IP4,
    'ip-destination': IP4,
    'ip-dst': IP4,
  },
  ip6: {
    'ip6-tclass': '0x10|0|255|100|!|ff|FF|x',
    'ip6-protocol': 'tcp|udp|ipv6-icmp|58|6|!|x',
    'ip6-proto': 'tcp|udp|ipv6-icmp|sctp',
    'ip6-icmp-type': 'echo-request|128|128/0|1:5|1/0:3|destination-unreachable|ping|0:255|!|x',
    'ip6-source': IP6,
    'ip6-src': IP6,
    'ip6-destination': IP6,
    'ip6-dst': IP6,
  },
  mark_m: { mark: '1|0x1/0xff|/4|0|0xffffffff|5/0|1/|4294967296|!|x' },
  'pkttype@bridge': { 'pkttype-type': 'host|broadcast|multicast|otherhost|outgoing|loopback|fastroute|1|0|HOST|!|255|x' },
  stp: {
    'stp-type': 'config|tcn|0|128|255|!|x|256',
    'stp-flags': 'topology-change|topology-change-ack|1|128|0|255|!|x',
    'stp-root-addr': MACS,
    'stp-sender-addr': MACS,
  },
  vlan: { 'vlan-id': '0|1|4094|!|4095', 'vlan-prio': '0|7|!|8', 'vlan-encap': '0800|IPv4|ARP|86dd|ffff|!|x|10000' },
  arpreply: { 'arpreply-mac': '02:00:00:00:00:01|2:0:0:0:0:1|!|x', 'arpreply-target': VERDICTS },
  dnat: { 'to-destination': '02:00:00:00:00:01|2:0:0:0:0:1|!|x|Broadcast', 'to-dst': '02:00:00:00:00:01', 'dnat-target': VERDICTS },
  snat: { 'to-source': '02:00:00:00:00:01|2:0:0:0:0:1|!|x', 'to-src': '02:00:00:00:00:01', 'snat-target': VERDICTS },
  'log@bridge': { 'log-prefix': `x|a~b|"q"|${'p'.repeat(29)}|${'p'.repeat(30)}` },
  mark: { 'mark-target': VERDICTS },
  'nflog@bridge': { 'nflog-prefix': `x|a~b|"q"|${'p'.repeat(63)}|${'p'.repeat(64)}` },
  redirect: { 'redirect-target': VERDICTS },
};

/** By the option's type, where the extension's table is silent; `uint*` come from the row's bounds. */
export const BY_TYPE: Readonly<Record<string, string>> = {
  double: '0.5|0|1',
  string: 'a|eth0|some~text|',
  tosmask: '0x10|0x10/0x3f|255|Minimize-Delay',
  markmask32: '1|0|0x1/0xff|0xffffffff|5/0|10/0xf0|4294967295/4294967295|0xff/0x1|!|0x100000000|1/|x',
  syslogLevel: 'debug|4|emerg|alert|crit|err|error|warn|warning|notice|info|panic|0|7|!|8|x',
  host: '10.0.0.1|0.0.0.0|localhost|!|1.2.3|x',
  'host@ip6': 'fd00::1|::|ip6-localhost|!|x',
  hostmask: IP4,
  'hostmask@ip6': IP6,
  plen: '24|0|32|!|33',
  'plen@ip6': '64|0|128|!|129',
  plenmask: '24|0|32|255.255.255.0|255.0.255.0|!|33|x',
  'plenmask@ip6': '64|0|128|ffff:ffff::|!|129',
  protocol: 'tcp|17|icmp|255|all|!|256|x',
  port: '22|ssh|0|65535|!|65536|x',
  portrc: PORTS,
  ethermac: '02:00:00:00:00:01|2:0:0:0:0:1|FF:ff:ff:ff:ff:ff|!|02:00:00:00:00|x',
  raw: '1|x',
};

export { ETYPE, IP4, IP6, MACS };
