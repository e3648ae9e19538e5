@lexer lexer
objref_counter -> "counter" "name" stmt_expr x_counter {% b.objref('counter', 2) %}
objref_limit -> "limit" "name" stmt_expr x_limit {% b.objref('limit', 2) %}
objref_quota -> "quota" "name" stmt_expr x_quota {% b.objref('quota', 2) %}
objref_synproxy -> "synproxy" "name" stmt_expr x_synproxy {% b.objref('synproxy', 2) %}
objref_ct -> "ct" "timeout" "set" stmt_expr x_ct {% b.objref('ct timeout', 3) %}
  | "ct" "expectation" "set" stmt_expr x_ct {% b.objref('ct expectation', 3) %}
objref -> objref_counter | objref_limit | objref_quota | objref_synproxy | objref_ct

stateful -> counter_stmt x_counter | limit_stmt x_limit | quota_stmt x_quota | connlimit_stmt x_ct | last_stmt x_last

stmt -> verdict_stmt | match_stmt | meter_stmt | payload_stmt | stateful | meta_stmt
  | log_stmt x_log | reject_stmt x_reject | nat_stmt x_nat | tproxy_stmt x_tproxy | queue_stmt | ct_stmt
  | masq_stmt x_nat | redir_stmt x_nat | dup_stmt x_dup | fwd_stmt x_fwd | set_stmt | map_stmt
  | synproxy_stmt x_synproxy | chain_stmt | optstrip_stmt | xt_stmt x_xt | objref

xt_stmt -> "xt" %string string {% (d, l, a, s) => s.fail(l, 'unsupported xtables compat expression, use iptables-nft with this ruleset') %}
chain_stmt_type -> "jump" | "goto"
chain_stmt -> chain_stmt_type chain_open "{" subchain_block "}" {% (d, l, a, s) => { s.closeScope(); return { kind: 'chain', loc: l, op: d[0], rules: d[3].rules, chain: '' }; } %}
verdict_stmt -> verdict_expr {% (d, l) => ({ kind: 'verdict', loc: l, expr: d[0] }) %}
  | verdict_map_stmt {% (d, l) => ({ kind: 'verdict', loc: l, expr: d[0] }) %}
verdict_map_stmt -> concat_expr "vmap" verdict_map_expr {% b.mapExpr %}
verdict_map_expr -> "{" verdict_map_list "}" {% b.braced %} | set_ref
verdict_map_list -> verdict_map_member {% b.setExpr %} | verdict_map_list %comma verdict_map_member {% b.addItem %} | verdict_map_list %comma opt_newline {% b.first %}
verdict_map_member -> opt_newline set_elem %colon verdict_expr opt_newline {% b.mapping %}

ct_limit_alloc -> "ct" "count" {% (d, l) => ({ kind: 'connlimit', loc: l, count: 0, inv: false }) %}
connlimit_stmt -> ct_limit_alloc ct_limit_args {% b.assign %}
ct_limit_args -> %num {% (d) => ({ count: Number(BigInt.asUintN(32, d[0])), inv: false }) %}
  | "over" %num {% (d) => ({ count: Number(BigInt.asUintN(32, d[1])), inv: true }) %}

counter_stmt -> counter_alloc | counter_alloc counter_args {% b.assign %}
counter_alloc -> "counter" {% (d, l) => ({ kind: 'counter', loc: l, packets: 0n, bytes: 0n }) %}
counter_args -> counter_arg | counter_args counter_arg {% b.both %}
counter_arg -> "packets" %num {% (d) => ({ packets: d[1] }) %} | "bytes" %num {% (d) => ({ bytes: d[1] }) %}

last_alloc -> "last" {% (d, l) => ({ kind: 'last', loc: l, set: false, used: 0n }) %}
last_stmt -> last_alloc | last_alloc last_args {% b.assign %}
last_args -> "used" "never" {% () => ({}) %} | "used" time {% (d) => ({ set: true, used: d[1] }) %}

log_stmt -> log_alloc | log_alloc log_args {% b.logArgs %}
log_alloc -> "log" {% (d, l) => ({ kind: 'log', loc: l, flags: 0 }) %}
log_args -> log_arg {% b.list1 %} | log_args log_arg {% b.push %}
log_arg -> "prefix" string {% (d, l, a, s) => ({ prefix: s.prefix(d[1], a[1]) }) %}
  | "group" %num {% (d) => ({ group: Number(BigInt.asUintN(16, d[1])) }) %}
  | "snaplen" %num {% (d) => ({ snaplen: Number(BigInt.asUintN(32, d[1])) }) %}
  | "queue-threshold" %num {% (d) => ({ qthreshold: Number(BigInt.asUintN(16, d[1])) }) %}
  | "level" level_type {% (d) => ({ level: d[1], ...(d[1] === 8 ? { audit: true } : {}) }) %}
  | "flags" log_flags {% (d) => ({ flags: d[1] }) %}
level_type -> string {% (d, l, a, s) => b.logLevel(d[0], a[0], s) %}
log_flags -> "tcp" log_flags_tcp x_tcp {% b.second %} | "ip" "options" x_ip {% () => 4 %} | "skuid" {% () => 8 %} | "ether" x_eth {% () => 32 %} | "all" {% () => 47 %}
log_flags_tcp -> log_flags_tcp %comma log_flag_tcp {% (d) => d[0] | d[2] %} | log_flag_tcp
log_flag_tcp -> "seq" {% () => 1 %} | "options" {% () => 2 %}

limit_alloc -> "limit" "rate" {% (d, l) => ({ kind: 'limit', loc: l, type: 'pkts', rate: 0n, unit: 0n, burst: 0n, inv: false }) %}
limit_stmt -> limit_alloc limit_args {% b.assign %}
limit_args -> limit_mode limit_rate_pkts limit_burst_pkts {% (d, l, a, s) => d[2] === 0n ? s.fail(a[2], 'packet limit burst must be > 0') : ({ type: 'pkts', ...d[1], burst: d[2], inv: d[0] }) %}
  | limit_mode limit_rate_bytes limit_burst_bytes {% (d) => ({ type: 'bytes', ...d[1], burst: d[2], inv: d[0] }) %}
quota_mode -> "over" {% () => true %} | "until" {% () => false %} | null {% () => false %}
quota_unit -> "bytes" | %string
quota_used -> null {% () => 0n %} | "used" %num quota_unit {% (d, l, a, s) => BigInt.asUintN(64, d[1] * s.unit(d[2], l)) %}
quota_alloc -> "quota" {% (d, l) => ({ kind: 'quota', loc: l, bytes: 0n, used: 0n, inv: false }) %}
quota_stmt -> quota_alloc quota_args {% b.assign %}
quota_args -> quota_mode %num quota_unit quota_used {% (d, l, a, s) => ({ bytes: BigInt.asUintN(64, d[1] * s.unit(d[2], l)), used: d[3], inv: d[0] }) %}
limit_mode -> "over" {% () => true %} | "until" {% () => false %} | null {% () => false %}
limit_burst_pkts -> null {% () => 5n %} | "burst" %num "packets" {% (d) => BigInt.asUintN(32, d[1]) %}
limit_rate_pkts -> %num "/" time_unit {% (d) => ({ rate: d[0], unit: d[2] }) %}
limit_burst_bytes -> null {% () => 0n %} | "burst" limit_bytes {% (d) => BigInt.asUintN(32, d[1]) %}
limit_rate_bytes -> %num %string {% (d, l, a, s) => s.rate(d[0], d[1], l) %} | limit_bytes "/" time_unit {% (d) => ({ rate: d[0], unit: d[2] }) %}
limit_bytes -> %num "bytes" {% b.first %} | %num %string {% (d, l, a, s) => BigInt.asUintN(64, d[0] * s.unit(d[1], l)) %}
time_unit -> "second" {% () => 1n %} | "minute" {% () => 60n %} | "hour" {% () => 3600n %} | "day" {% () => 86400n %} | "week" {% () => 604800n %}

reject_stmt -> reject_alloc reject_opts {% b.assign %}
reject_alloc -> "reject" {% (d, l) => ({ kind: 'reject', loc: l, type: 'default' }) %}
reject_with -> %string {% b.symbol %} | integer_expr
reject_opts -> null {% () => ({}) %}
  | "with" "icmp" "type" reject_with x_type x_icmp {% b.rejectWith('icmp', 3) %}
  | "with" "icmp" reject_with {% b.rejectWith('icmp', 2) %}
  | "with" "icmpv6" "type" reject_with x_type x_icmp {% b.rejectWith('icmpv6', 3) %}
  | "with" "icmpv6" reject_with {% b.rejectWith('icmpv6', 2) %}
  | "with" "icmpx" "type" reject_with x_type {% b.rejectWith('icmpx', 3) %}
  | "with" "icmpx" reject_with {% b.rejectWith('icmpx', 2) %}
  | "with" "tcp" x_tcp "reset" x_reset {% () => ({ type: 'tcp reset' }) %}

nat_stmt -> nat_alloc nat_args {% b.natArgs %}
nat_alloc -> "snat" {% b.natAlloc('snat') %} | "dnat" {% b.natAlloc('dnat') %}
nat_args -> stmt_expr {% b.nat({ addr: 0 }) %}
  | "to" stmt_expr {% b.nat({ addr: 1 }) %}
  | nf_key_proto "to" stmt_expr {% b.nat({ family: 0, addr: 2 }) %}
  | stmt_expr %colon stmt_expr {% b.nat({ addr: 0, proto: 2 }) %}
  | "to" stmt_expr %colon stmt_expr {% b.nat({ addr: 1, proto: 3 }) %}
  | nf_key_proto "to" stmt_expr %colon stmt_expr {% b.nat({ family: 0, addr: 2, proto: 4 }) %}
  | %colon stmt_expr {% b.nat({ proto: 1 }) %}
  | "to" %colon stmt_expr {% b.nat({ proto: 2 }) %}
  | nat_args nat_flags {% (d) => ({ ...d[0], flags: d[1] }) %}
  | nf_key_proto "addr" %dot "port" "to" stmt_expr {% b.nat({ family: 0, addr: 5, concat: true }) %}
  | nf_key_proto "interval" "to" stmt_expr {% b.nat({ family: 0, addr: 3 }) %}
  | "interval" "to" stmt_expr {% b.nat({ addr: 2 }) %}
  | nf_key_proto "prefix" "to" stmt_expr {% b.nat({ family: 0, addr: 3, prefix: true }) %}
  | "prefix" "to" stmt_expr {% b.nat({ addr: 2, prefix: true }) %}
masq_stmt -> masq_alloc masq_args {% b.natArgs %} | masq_alloc
masq_alloc -> "masquerade" {% b.natAlloc('masquerade') %}
masq_args -> "to" %colon stmt_expr {% b.nat({ proto: 2 }) %}
  | "to" %colon stmt_expr nat_flags {% b.nat({ proto: 2, flags: 3 }) %}
  | nat_flags {% b.nat({ flags: 0 }) %}
redir_stmt -> redir_alloc redir_arg {% b.natArgs %} | redir_alloc
redir_alloc -> "redirect" {% b.natAlloc('redirect') %}
redir_arg -> "to" stmt_expr {% b.nat({ proto: 1 }) %}
  | "to" %colon stmt_expr {% b.nat({ proto: 2 }) %}
  | nat_flags {% b.nat({ flags: 0 }) %}
  | "to" stmt_expr nat_flags {% b.nat({ proto: 1, flags: 2 }) %}
  | "to" %colon stmt_expr nat_flags {% b.nat({ proto: 2, flags: 3 }) %}
nat_flags -> nat_flag | nat_flags %comma nat_flag {% (d) => d[0] | d[2] %}
nat_flag -> "random" {% () => 4 %} | "fully-random" {% () => 16 %} | "persistent" {% () => 8 %}

tproxy_stmt -> "tproxy" "to" stmt_expr {% b.tproxy({ addr: 2 }) %}
  | "tproxy" nf_key_proto "to" stmt_expr {% b.tproxy({ family: 1, addr: 3 }) %}
  | "tproxy" "to" %colon stmt_expr {% b.tproxy({ port: 3 }) %}
  | "tproxy" "to" stmt_expr %colon stmt_expr {% b.tproxy({ addr: 2, port: 4 }) %}
  | "tproxy" nf_key_proto "to" stmt_expr %colon stmt_expr {% b.tproxy({ family: 1, addr: 3, port: 5 }) %}
  | "tproxy" nf_key_proto "to" %colon stmt_expr {% b.tproxy({ family: 1, port: 4 }) %}

synproxy_stmt -> synproxy_alloc | synproxy_alloc synproxy_args {% b.synproxyArgs %}
synproxy_alloc -> "synproxy" {% (d, l) => ({ kind: 'synproxy', loc: l, mss: 0, wscale: 0, flags: 0 }) %}
synproxy_args -> synproxy_arg {% b.list1 %} | synproxy_args synproxy_arg {% b.push %}
synproxy_arg -> "mss" %num {% (d) => ({ flags: 1, mss: Number(BigInt.asUintN(16, d[1])) }) %} | "wscale" %num {% (d) => ({ flags: 2, wscale: Number(BigInt.asUintN(8, d[1])) }) %}
  | "timestamp" {% () => ({ flags: 8 }) %} | "sack-permitted" {% () => ({ flags: 4 }) %}

dup_stmt -> "dup" "to" stmt_expr {% (d, l) => ({ kind: 'dup', loc: l, to: d[2] }) %}
  | "dup" "to" stmt_expr "device" stmt_expr {% (d, l) => ({ kind: 'dup', loc: l, to: d[2], dev: d[4] }) %}
fwd_stmt -> "fwd" "to" stmt_expr {% (d, l) => ({ kind: 'fwd', loc: l, dev: d[2] }) %}
  | "fwd" nf_key_proto "to" stmt_expr "device" stmt_expr {% (d, l) => ({ kind: 'fwd', loc: l, family: d[1], addr: d[3], dev: d[5] }) %}

queue_stmt -> queue_compat x_queue
  | "queue" "to" queue_stmt_expr x_queue {% (d, l) => ({ kind: 'queue', loc: l, queue: d[2], flags: 0 }) %}
  | "queue" "flags" queue_flags "to" queue_stmt_expr x_queue {% (d, l) => ({ kind: 'queue', loc: l, queue: d[4], flags: d[2] }) %}
  | "queue" "flags" queue_flags "qnum" queue_simple x_queue {% (d, l) => ({ kind: 'queue', loc: l, queue: d[4], flags: d[2] }) %}
queue_compat -> queue_alloc | queue_alloc queue_args {% b.queueArgs %}
queue_alloc -> "queue" {% (d, l) => ({ kind: 'queue', loc: l, flags: 0 }) %}
queue_args -> queue_arg {% b.list1 %} | queue_args queue_arg {% b.push %}
queue_arg -> "qnum" queue_simple {% (d, l) => { d[1].loc = l; return { queue: d[1], flags: 0 }; } %} | queue_flags {% (d) => ({ flags: d[0] }) %}
queue_expr -> variable | integer_expr
queue_simple -> integer_expr | variable | queue_expr "-" queue_expr {% b.range %}
queue_stmt_expr -> numgen_expr | hash_expr | map_expr | queue_simple
queue_flags -> queue_flag | queue_flags %comma queue_flag {% (d) => d[0] | d[2] %}
queue_flag -> "bypass" {% () => 1 %} | "fanout" {% () => 2 %}

set_elem_stmt_key -> set_elem_stmt_alloc | set_elem_stmt_alloc set_elem_options {% b.elemOptions %}
set_elem_stmt_alloc -> concat_expr {% b.setElem %}
set_stmt -> "set" set_stmt_op set_elem_stmt_key set_ref {% (d, l) => ({ kind: 'set', loc: l, op: d[1], key: d[2], set: d[3], stmts: [] }) %}
  | set_stmt_op set_ref "{" set_elem_stmt_key "}" {% (d, l) => ({ kind: 'set', loc: l, op: d[0], key: d[3], set: d[1], stmts: [] }) %}
  | set_stmt_op set_ref "{" set_elem_stmt_key stateful_list "}" {% (d, l) => ({ kind: 'set', loc: l, op: d[0], key: d[3], set: d[1], stmts: d[4] }) %}
set_stmt_op -> "add" | "update" | "delete"
map_stmt -> set_stmt_op set_ref "{" set_elem_stmt_key %colon set_elem_stmt_key "}" {% (d, l) => ({ kind: 'map', loc: l, op: d[0], key: d[3], data: d[5], set: d[1], stmts: [] }) %}
  | set_stmt_op set_ref "{" set_elem_stmt_key stateful_list %colon set_elem_stmt_key "}" {% (d, l) => ({ kind: 'map', loc: l, op: d[0], key: d[3], data: d[6], set: d[1], stmts: d[4] }) %}
meter_stmt -> "meter" name "{" meter_key stmt "}" {% (d, l) => ({ kind: 'meter', loc: l, name: d[1], size: 0, key: d[3], stmt: d[4] }) %}
  | "meter" name "size" %num "{" meter_key stmt "}" {% (d, l) => ({ kind: 'meter', loc: l, name: d[1], size: Number(BigInt.asUintN(32, d[3])), key: d[5], stmt: d[6] }) %}
meter_key -> meter_key_alloc | meter_key_alloc set_elem_options {% (d, l) => { const e = b.elemOptions(d); e.loc = l; return e; } %}
meter_key_alloc -> concat_expr {% b.setElem %}
match_stmt -> relational_expr {% (d, l) => ({ kind: 'expression', loc: l, expr: d[0] }) %}

meta_stmt -> "meta" meta_key "set" stmt_expr x_meta {% b.metaStmt(1, 3) %}
  | meta_key_unqualified "set" stmt_expr {% b.metaStmt(0, 2) %}
  | "meta" %string "set" stmt_expr x_meta {% (d, l, a, s) => b.metaStmt(1, 3)([d[0], s.metaKey(d[1], l), d[2], d[3]], l) %}
  | "notrack" {% (d, l) => ({ kind: 'notrack', loc: l }) %}
  | "flow" "offload" "@" string x_at {% (d, l) => ({ kind: 'flow', loc: l, op: 'add', table: d[3] }) %}
  | "flow" "add" "@" string x_at {% (d, l) => ({ kind: 'flow', loc: l, op: 'add', table: d[3] }) %}
ct_stmt -> "ct" ct_key "set" stmt_expr x_ct {% b.ctStmt %}
  | "ct" ct_dir ct_key_dir_optional "set" stmt_expr x_ct {% (d, l) => ({ kind: 'ct', loc: l, key: d[2], dir: d[1], value: d[4] }) %}
payload_stmt -> payload_expr "set" stmt_expr {% (d, l) => ({ kind: d[0].kind === 'exthdr' ? 'exthdr' : 'payload', loc: l, expr: d[0], value: d[2] }) %}
optstrip_stmt -> "reset" "tcp" "option" tcp_option_type x_tcp {% (d, l) => ({ kind: 'optstrip', loc: l, expr: b.tcpopt(d[3], 'kind', l) }) %}
