@lexer lexer
payload_expr -> payload_raw | eth_hdr | vlan_hdr | arp_hdr | ip_hdr | icmp_hdr | igmp_hdr | ip6_hdr | icmp6_hdr | ah_hdr | esp_hdr | comp_hdr | udp_hdr | udplite_hdr
  | tcp_hdr x_tcp | dccp_hdr | sctp_hdr | th_hdr | vxlan_hdr | geneve_hdr | gre_hdr | gretap_hdr
payload_raw_len -> %num {% (d, l, a, s) => b.rawLength(d[0], a[0], s) %}
payload_raw -> "@" payload_base %comma %num %comma payload_raw_len x_at {% (d, l) => b.rawPayload(d[1], d[3], d[5], l) %}
payload_base -> "ll" {% () => 'link' %} | "nh" {% () => 'network' %} | "th" x_th {% () => 'transport' %}
  | %string {% (d, l, a, s) => d[0] === 'ih' ? 'inner' : s.fail(a[0], 'unknown raw payload base') %}

eth_hdr -> "ether" eth_field x_eth {% b.payload('ether') %}
eth_field -> "saddr" | "daddr" | "type" x_type
vlan_hdr -> "vlan" vlan_field x_vlan {% b.payload('vlan') %}
vlan_field -> "id" | "cfi" | "dei" | "pcp" | "type" x_type
arp_hdr -> "arp" arp_field x_arp {% b.payload('arp') %}
arp_field -> "htype" | "ptype" | "hlen" | "plen" | "operation" | "saddr" "ether" x_eth {% b.words %} | "daddr" "ether" x_eth {% b.words %} | "saddr" "ip" x_ip {% b.words %} | "daddr" "ip" x_ip {% b.words %}
ip_hdr -> "ip" ip_field x_ip {% b.payload('ip') %}
  | "ip" "option" ip_option_type ip_option_field x_ip {% (d, l, a, s) => b.ipopt(d[2], d[3], l, a[0], s) %}
  | "ip" "option" ip_option_type x_ip {% (d, l, a, s) => b.ipopt(d[2], undefined, l, a[0], s) %}
ip_field -> "version" | "hdrlength" | "dscp" | "ecn" | "length" | "id" | "frag-off" | "ttl" | "protocol" | "checksum" | "saddr" | "daddr"
ip_option_type -> "lsrr" | "rr" | "ssrr" | "ra"
ip_option_field -> "type" x_type | "length" | "value" | "ptr" | "addr"
icmp_hdr -> "icmp" icmp_field x_icmp {% b.payload('icmp') %}
icmp_field -> "type" x_type | "code" | "checksum" | "id" | "seq" {% () => 'sequence' %} | "gateway" | "mtu"
igmp_hdr -> "igmp" igmp_field x_igmp {% b.payload('igmp') %}
igmp_field -> "type" x_type | "checksum" | "mrt" | "group"
ip6_hdr -> "ip6" ip6_field x_ip6 {% b.payload('ip6') %}
ip6_field -> "version" | "dscp" | "ecn" | "flowlabel" | "length" | "nexthdr" | "hoplimit" | "saddr" | "daddr"
icmp6_hdr -> "icmpv6" icmp6_field x_icmp {% b.payload('icmpv6') %}
icmp6_field -> "type" x_type | "code" | "checksum" | "param-problem" {% () => 'parameter-problem' %} | "mtu" | "id" | "seq" {% () => 'sequence' %} | "max-delay" | "taddr" | "daddr"
ah_hdr -> "ah" ah_field x_ah {% b.payload('ah') %}
ah_field -> "nexthdr" | "hdrlength" | "reserved" | "spi" | "seq" {% () => 'sequence' %}
esp_hdr -> "esp" esp_field x_esp {% b.payload('esp') %}
esp_field -> "spi" | "seq" {% () => 'sequence' %}
comp_hdr -> "comp" comp_field x_comp {% b.payload('comp') %}
comp_field -> "nexthdr" | "flags" | "cpi"
udp_hdr -> "udp" udp_field x_udp {% b.payload('udp') %}
udp_field -> "sport" | "dport" | "length" | "checksum"
udplite_hdr -> "udplite" udplite_field x_udplite {% b.payload('udplite') %}
udplite_field -> "sport" | "dport" | "csumcov" | "checksum"
tcp_hdr -> "tcp" tcp_field {% b.payload('tcp') %}
  | "tcp" "option" tcp_option_type {% (d, l) => b.tcpopt(d[2], undefined, l) %}
  | "tcp" "option" tcp_option_field {% (d, l) => b.tcpopt(d[2].kind, d[2].field, l) %}
  | "tcp" "option" "@" x_at tcp_option_type %comma %num %comma payload_raw_len {% (d, l) => b.rawTcpopt(d[4], d[6], d[8], l) %}
tcp_field -> "sport" | "dport" | "seq" {% () => 'sequence' %} | "ackseq" | "doff" | "reserved" | "flags" | "window" | "checksum" | "urgptr"
tcp_option_field -> "mss" opt_maxseg {% b.tcpField %} | tcp_option_sack opt_sack {% b.tcpField %} | "window" opt_window {% b.tcpField %} | "timestamp" opt_timestamp {% b.tcpField %}
  | tcp_option_type "length" {% b.tcpField %} | "mptcp" opt_mptcp {% b.tcpField %}
tcp_option_sack -> "sack" | "sack0" {% () => 'sack' %} | "sack1" | "sack2" | "sack3"
tcp_option_type -> "echo" | "eol" | "fastopen" | "md5sig" | "mptcp" | "mss" {% () => 'maxseg' %} | "nop" | "sack-permitted" {% () => 'sack-perm' %} | "timestamp" | "window" | tcp_option_sack
  | %num {% (d, l, a, s) => d[0] > 255n ? s.fail(a[0], 'value too large') : d[0] %}
opt_sack -> "left" | "right"
opt_window -> "count"
opt_timestamp -> "tsval" | "tsecr"
opt_maxseg -> "size"
opt_mptcp -> "subtype"
dccp_hdr -> "dccp" dccp_field x_dccp {% b.payload('dccp') %}
  | "dccp" "option" %num x_dccp {% (d, l, a, s) => b.dccpopt(d[2], l, a[0], s) %}
dccp_field -> "sport" | "dport" | "type" x_type
sctp_chunk_type -> "data" | "init" | "init-ack" | "sack" | "heartbeat" | "heartbeat-ack" | "abort" | "shutdown" | "shutdown-ack" | "error-chunk" {% () => 'error' %} | "cookie-echo" | "cookie-ack" | "ecne" | "cwr" | "shutdown-complete" | "asconf-ack" | "forward-tsn" | "asconf"
sctp_common -> "type" x_type | "flags" | "length"
sctp_data -> "tsn" | "stream" | "ssn" | "ppid"
sctp_init -> "init-tag" | "a-rwnd" | "num-outbound-streams" | "num-inbound-streams" | "initial-tsn"
sctp_sack -> "cum-tsn-ack" | "a-rwnd" | "num-gap-ack-blocks" | "num-dup-tsns"
sctp_chunk -> sctp_chunk_type {% b.chunk %} | sctp_chunk_type sctp_common {% b.chunk %} | "data" sctp_data {% b.chunk %} | "init" sctp_init {% b.chunk %} | "init-ack" sctp_init {% b.chunk %} | "sack" sctp_sack {% b.chunk %}
  | "shutdown" "cum-tsn-ack" {% b.chunk %} | "ecne" "lowest-tsn" {% b.chunk %} | "cwr" "lowest-tsn" {% b.chunk %} | "asconf-ack" "seqno" {% b.chunk %} | "forward-tsn" "new-cum-tsn" {% b.chunk %} | "asconf" "seqno" {% b.chunk %}
sctp_hdr -> "sctp" sctp_field x_sctp {% b.payload('sctp') %} | "sctp" "chunk" sctp_chunk x_sctp_chunk x_sctp {% (d) => d[2] %}
sctp_field -> "sport" | "dport" | "vtag" | "checksum"
th_hdr -> "th" th_field x_th {% b.payload('th') %}
th_field -> "sport" | "dport"
inner_inet -> ip_hdr | icmp_hdr | igmp_hdr | ip6_hdr | icmp6_hdr | ah_hdr | esp_hdr | comp_hdr | udp_hdr | udplite_hdr | tcp_hdr x_tcp | dccp_hdr | sctp_hdr | th_hdr
inner_eth -> eth_hdr | vlan_hdr | arp_hdr
inner_expr -> inner_eth | inner_inet
vxlan_hdr -> "vxlan" vxlan_field {% b.tunnelHeader('vxlan') %} | "vxlan" inner_expr {% b.inner('vxlan', 1, true) %}
vxlan_field -> "vni" | "flags"
geneve_hdr -> "geneve" geneve_field {% b.tunnelHeader('geneve') %} | "geneve" inner_expr {% b.inner('geneve', 1, true) %}
geneve_field -> "vni" | "type"
gre_hdr -> "gre" gre_field x_gre {% b.payload('gre') %} | "gre" x_gre inner_inet {% b.inner('gre', 2, false) %}
gre_field -> "version" | "flags" | "protocol"
gretap_hdr -> "gretap" x_gre inner_expr {% b.inner('gretap', 2, false) %}

exthdr_expr -> hbh_hdr | rt_hdr | rt0_hdr | rt2_hdr | rt4_hdr | frag_hdr | dst_hdr | mh_hdr
hbh_hdr -> "hbh" hbh_field x_hbh {% b.exthdr('hbh') %}
hbh_field -> "nexthdr" | "hdrlength"
rt_hdr -> "rt" rt_field x_rt {% b.exthdr('rt') %}
rt_field -> "nexthdr" | "hdrlength" | "type" x_type | "seg-left"
rt0_hdr -> "rt0" rt0_field x_rt {% b.exthdr('rt0') %}
rt0_field -> "addr" "[" %num "]" {% (d) => `addr[${d[2]}]` %}
rt2_hdr -> "rt2" rt2_field x_rt {% b.exthdr('rt2') %}
rt2_field -> "addr"
rt4_hdr -> "srh" rt4_field x_rt {% b.exthdr('srh') %}
rt4_field -> "last-entry" | "flags" | "tag" | "sid" "[" %num "]" {% (d) => `sid[${d[2] & 255n}]` %}
frag_hdr -> "frag" frag_field x_frag {% b.exthdr('frag') %}
frag_field -> "nexthdr" | "reserved" | "frag-off" | "reserved2" | "more-fragments" | "id"
dst_hdr -> "dst" dst_field x_dst {% b.exthdr('dst') %}
dst_field -> "nexthdr" | "hdrlength"
mh_hdr -> "mh" mh_field x_mh {% b.exthdr('mh') %}
mh_field -> "nexthdr" | "hdrlength" | "type" x_type | "reserved" | "checksum"
exthdr_exists -> "exthdr" exthdr_key {% (d, l) => b.exthdrExists(d[1], l) %}
exthdr_key -> "hbh" x_hbh | "rt" x_rt | "frag" x_frag | "dst" x_dst | "mh" x_mh
