@lexer lexer
obj_open -> null
counter_block -> null {% b.newObj %} | counter_block common {% b.first %} | counter_block separator {% b.first %} | counter_block counter_config {% b.merge %} | counter_block comment {% b.objComment %}
quota_block -> null {% b.newObj %} | quota_block common {% b.first %} | quota_block separator {% b.first %} | quota_block quota_config {% b.merge %} | quota_block comment {% b.objComment %}
ct_helper_block -> null {% b.newObj %} | ct_helper_block common {% b.first %} | ct_helper_block separator {% b.first %} | ct_helper_block ct_helper_config {% b.applyObj %} | ct_helper_block comment {% b.objComment %}
ct_timeout_block -> null {% b.newObj %} | ct_timeout_block common {% b.first %} | ct_timeout_block separator {% b.first %} | ct_timeout_block ct_timeout_config {% b.applyObj %} | ct_timeout_block comment {% b.objComment %}
ct_expect_block -> null {% b.newObj %} | ct_expect_block common {% b.first %} | ct_expect_block separator {% b.first %} | ct_expect_block ct_expect_config {% b.merge %} | ct_expect_block comment {% b.objComment %}
limit_block -> null {% b.newObj %} | limit_block common {% b.first %} | limit_block separator {% b.first %} | limit_block limit_config {% b.merge %} | limit_block comment {% b.objComment %}
secmark_block -> null {% b.newObj %} | secmark_block common {% b.first %} | secmark_block separator {% b.first %} | secmark_block secmark_config {% b.merge %} | secmark_block comment {% b.objComment %}
synproxy_block -> null {% b.newObj %} | synproxy_block common {% b.first %} | synproxy_block separator {% b.first %} | synproxy_block synproxy_config {% b.merge %} | synproxy_block comment {% b.objComment %}

counter_obj -> null
quota_obj -> null
secmark_obj -> null
limit_obj -> null
synproxy_obj -> null
ct_obj -> null

counter_config -> "packets" %num "bytes" %num {% (d) => ({ packets: d[1], bytes: d[3] }) %}
quota_config -> quota_mode %num quota_unit quota_used {% (d, l, a, s) => ({ bytes: BigInt.asUintN(64, d[1] * s.unit(d[2], l)), consumed: d[3], inv: d[0] }) %}
secmark_config -> string {% (d, l, a, s) => b.secmark(d[0], a[0], s) %}
limit_config -> "rate" limit_mode limit_rate_pkts limit_burst_pkts {% (d) => ({ type: 'pkts', ...d[2], burst: d[3], inv: d[1] }) %}
  | "rate" limit_mode limit_rate_bytes limit_burst_bytes {% (d) => ({ type: 'bytes', ...d[2], burst: d[3], inv: d[1] }) %}
ct_obj_type -> "helper" {% () => 'ct helper' %} | "timeout" {% () => 'ct timeout' %} | "expectation" {% () => 'ct expectation' %}
ct_cmd_type -> "helpers" {% () => 'ct helper' %} | "timeout" {% () => 'ct timeout' %} | "expectation" {% () => 'ct expectation' %}
ct_l4proto -> "tcp" x_tcp {% () => 6 %} | "udp" x_udp {% () => 17 %}
ct_helper_config -> "type" %quoted "protocol" ct_l4proto separator x_type {% (d, l, a, s) => b.ctHelper(d[1], d[3], a[1], s) %}
  | "l3proto" family_explicit separator {% b.l3proto %}
timeout_states -> timeout_state {% b.list1 %} | timeout_states %comma timeout_state {% b.push2 %}
timeout_state -> %string %colon time_or_num {% (d, l, a) => ({ state: d[0], value: d[2], loc: a[0] }) %}
ct_timeout_config -> "protocol" ct_l4proto separator {% (d) => (o) => { o.value.l4proto = d[1]; } %}
  | "policy" "=" "{" timeout_states "}" separator x_policy {% (d) => (o) => { o.value.policy = [...(o.value.policy ?? []), ...d[3]]; } %}
  | "l3proto" family_explicit separator {% b.l3proto %}
ct_expect_config -> "protocol" ct_l4proto separator {% (d) => ({ l4proto: d[1] }) %}
  | "dport" %num separator {% (d) => ({ dport: Number(BigInt.asUintN(16, d[1])) }) %}
  | "timeout" time separator {% (d) => ({ timeout: Number(BigInt.asUintN(32, d[1])) }) %}
  | "size" %num separator {% (d) => ({ size: Number(BigInt.asUintN(8, d[1])) }) %}
  | "l3proto" family_explicit separator {% (d) => ({ l3proto: d[1] }) %}
synproxy_config -> "mss" %num "wscale" %num synproxy_ts synproxy_sack {% (d) => b.synproxy(d[1], d[3], d[4] | d[5]) %}
  | "mss" %num separator "wscale" %num separator synproxy_ts synproxy_sack {% (d) => b.synproxy(d[1], d[4], d[6] | d[7]) %}
synproxy_ts -> null {% () => 0 %} | "timestamp" {% () => 8 %}
synproxy_sack -> null {% () => 0 %} | "sack-permitted" {% () => 4 %}
