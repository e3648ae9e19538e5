@lexer lexer
primary_stmt_expr -> symbol_expr | integer_expr | boolean_expr | meta_expr | rt_expr | ct_expr | numgen_expr | hash_expr | payload_expr | keyword_expr | socket_expr | osf_expr
  | "(" basic_stmt_expr ")" {% b.second %}
shift_stmt_expr -> primary_stmt_expr | shift_stmt_expr "<<" primary_stmt_expr {% b.binop('lshift') %} | shift_stmt_expr ">>" primary_stmt_expr {% b.binop('rshift') %}
and_stmt_expr -> shift_stmt_expr | and_stmt_expr "&" shift_stmt_expr {% b.binop('and') %}
xor_stmt_expr -> and_stmt_expr | xor_stmt_expr "^" and_stmt_expr {% b.binop('xor') %}
or_stmt_expr -> xor_stmt_expr | or_stmt_expr "|" xor_stmt_expr {% b.binop('or') %}
basic_stmt_expr -> or_stmt_expr
concat_stmt_expr -> basic_stmt_expr | concat_stmt_expr %dot primary_stmt_expr {% b.concat %}
map_stmt_set -> set_expr | set_ref
map_stmt_expr -> concat_stmt_expr "map" map_stmt_set {% b.mapExpr %} | concat_stmt_expr
prefix_stmt_expr -> basic_stmt_expr "/" %num {% b.prefix %}
range_stmt_expr -> basic_stmt_expr "-" basic_stmt_expr {% b.range %}
multiton_stmt_expr -> prefix_stmt_expr | range_stmt_expr
stmt_expr -> map_stmt_expr | multiton_stmt_expr | list_stmt_expr
symbol_stmt_expr -> symbol_expr | keyword_expr
list_stmt_expr -> symbol_stmt_expr %comma symbol_stmt_expr {% (d, l) => b.listExpr([d[0], d[2]], l) %}
  | list_stmt_expr %comma symbol_stmt_expr {% b.listMore %}

variable -> "$" name {% (d, l, a, s) => s.variable(d[1], a[1], l) %}
symbol_expr -> variable | string {% b.symbol %}
set_ref -> set_ref_symbol | variable
set_ref_symbol -> "@" name x_at {% (d, l) => b.setSymbol(d[1], l) %}
integer_expr -> %num {% (d, l) => b.symbolOf(String(d[0]), l) %}

selector -> payload_expr | exthdr_expr | exthdr_exists | meta_expr | socket_expr | rt_expr | ct_expr | numgen_expr | hash_expr | fib_expr | osf_expr | xfrm_expr
primary_expr -> symbol_expr | integer_expr | selector
  | "(" basic_expr ")" {% b.second %}

shift_expr -> primary_expr | shift_expr "<<" primary_rhs {% b.binop('lshift') %} | shift_expr ">>" primary_rhs {% b.binop('rshift') %}
and_expr -> shift_expr | and_expr "&" shift_rhs {% b.binop('and') %}
xor_expr -> and_expr | xor_expr "^" and_rhs {% b.binop('xor') %}
or_expr -> xor_expr | or_expr "|" xor_rhs {% b.binop('or') %}
basic_expr -> or_expr
concat_expr -> basic_expr | concat_expr %dot basic_expr {% b.concat %}
map_expr -> concat_expr "map" rhs_expr {% b.mapExpr %}
expr -> concat_expr | set_expr | map_expr

fib_expr -> "fib" fib_tuple fib_result x_fib {% (d, l, a, s) => b.fib(d, l, a, s) %}
fib_result -> "oif" | "oifname" | "type" x_type
fib_flag -> "saddr" {% () => 1 %} | "daddr" {% () => 2 %} | "mark" {% () => 4 %} | "iif" {% () => 8 %} | "oif" {% () => 16 %}
fib_tuple -> fib_flag %dot fib_tuple {% (d) => d[0] | d[2] %} | fib_flag
osf_expr -> "osf" osf_ttl "version" x_osf {% (d, l) => b.node({ kind: 'osf', ttl: d[1], key: 'version' }, l) %}
  | "osf" osf_ttl "name" x_osf {% (d, l) => b.node({ kind: 'osf', ttl: d[1], key: 'name' }, l) %}
osf_ttl -> null {% () => 0 %} | "ttl" %string {% (d, l, a, s) => d[1] === 'loose' ? 1 : d[1] === 'skip' ? 2 : s.fail(a[1], 'invalid ttl option') %}

meta_expr -> "meta" meta_key x_meta {% (d, l) => b.meta(d[1], l) %}
  | meta_key_unqualified {% (d, l) => b.meta(d[0], l) %}
  | "meta" %string x_meta {% (d, l, a, s) => b.meta(s.metaKey(d[1], l), l) %}
meta_key -> meta_key_qualified | meta_key_unqualified
meta_key_qualified -> "length" | "protocol" | "priority" | "random" | "secmark" x_secmark
meta_key_unqualified -> "mark" | "iif" | "iifname" | "iiftype" | "oif" | "oifname" | "oiftype" | "skuid" | "skgid" | "nftrace" | "rtclassid"
  | "ibriport" {% () => 'ibrname' %} | "obriport" {% () => 'obrname' %} | "ibrname" | "obrname" | "pkttype" | "cpu" | "iifgroup" | "oifgroup" | "cgroup" | "ipsec" x_ipsec | "time" | "day" | "hour"

socket_expr -> "socket" socket_key x_socket {% (d, l) => b.node({ kind: 'socket', key: d[1], level: 0 }, l) %}
  | "socket" "cgroupv2" "level" %num x_socket {% (d, l) => b.node({ kind: 'socket', key: 'cgroupv2', level: Number(BigInt.asUintN(32, d[3])) }, l) %}
socket_key -> "transparent" | "mark" | "wildcard"
offset_opt -> null {% () => 0n %} | "offset" %num {% b.second %}
numgen_type -> "inc" | "random"
numgen_expr -> "numgen" numgen_type "mod" %num offset_opt x_numgen {% (d, l) => b.numgen(d, l) %}
hash_expr -> "jhash" expr "mod" %num "seed" %num offset_opt x_hash {% (d, l) => b.hash('jenkins', l, d[3], d[6], d[1], d[5]) %}
  | "jhash" expr "mod" %num offset_opt x_hash {% (d, l) => b.hash('jenkins', l, d[3], d[4], d[1]) %}
  | "symhash" "mod" %num offset_opt x_hash {% (d, l) => b.hash('symmetric', l, d[2], d[3]) %}
xfrm_spnum -> "spnum" %num {% b.second %} | null {% () => 0n %}
xfrm_dir -> "in" | "out"
xfrm_state_key -> "spi" | "reqid"
xfrm_proto_key -> "daddr" | "saddr"
xfrm_expr -> "ipsec" xfrm_dir xfrm_spnum xfrm_state_key x_ipsec {% (d, l, a, s) => b.xfrm(d[1], d[2], d[3], l, a[2], s) %}
  | "ipsec" xfrm_dir xfrm_spnum nf_key_proto xfrm_proto_key x_ipsec {% (d, l, a, s) => b.xfrm(d[1], d[2], `${d[3]} ${d[4]}`, l, a[2], s) %}
nf_key_proto -> "ip" x_ip | "ip6" x_ip6
rt_expr -> "rt" rt_key x_rt {% (d, l) => b.rt(d[1], undefined, l) %} | "rt" nf_key_proto rt_key x_rt {% (d, l) => b.rt(d[2], d[1], l) %}
rt_key -> "classid" | "nexthop" | "mtu" | "ipsec" x_ipsec
ct_expr -> "ct" ct_key x_ct {% (d, l) => b.node({ kind: 'ct', key: d[1] }, l) %}
  | "ct" ct_dir ct_key_dir x_ct {% (d, l) => b.node({ kind: 'ct', key: d[2], dir: d[1] }, l) %}
  | "ct" ct_dir ct_key_proto x_ct {% (d, l) => b.node({ kind: 'ct', key: d[2].key, nfproto: d[2].proto, dir: d[1] }, l) %}
ct_dir -> "original" | "reply"
ct_key -> "l3proto" | "protocol" | "mark" | "state" | "direction" | "status" | "expiration" | "helper" | "saddr" | "daddr" | "proto-src" | "proto-dst" | "label" | "event" | "secmark" x_secmark | "id" | ct_key_dir_optional
ct_key_dir -> "saddr" | "daddr" | "l3proto" | "protocol" | "proto-src" | "proto-dst" | ct_key_dir_optional
ct_key_proto -> "ip" "saddr" x_ip {% b.ctAddr %} | "ip" "daddr" x_ip {% b.ctAddr %} | "ip6" "saddr" x_ip6 {% b.ctAddr %} | "ip6" "daddr" x_ip6 {% b.ctAddr %}
ct_key_dir_optional -> "bytes" | "packets" | "avgpkt" | "zone"
