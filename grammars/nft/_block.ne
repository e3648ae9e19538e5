@lexer lexer
table_open -> null {% (d, l, a, s) => s.openScope(l) %}
table_options -> "flags" table_flags {% (d) => (t) => { for (const f of d[1]) if (!t.flags.includes(f)) t.flags.push(f); } %}
  | comment {% (d, l, a, s) => b.commentOnce(d[0], l, s) %}
table_flags -> table_flag {% b.list1 %} | table_flags %comma table_flag {% b.push2 %}
table_flag -> %string {% (d, l, a, s) => ['dormant', 'owner', 'persist'].includes(d[0]) ? d[0] : s.fail(a[0], `unknown table option ${d[0]}`) %}

table_block -> null {% (d, l) => b.newTable(l) %}
  | table_block common {% b.first %}
  | table_block separator {% b.first %}
  | table_block table_options separator {% b.apply %}
  | table_block "chain" chain_identifier chain_open "{" chain_block "}" separator {% b.inTable('chains', 2, 5) %}
  | table_block "set" set_identifier set_open "{" set_block "}" separator {% b.inTable('sets', 2, 5) %}
  | table_block "map" set_identifier map_open "{" map_block "}" separator {% b.inTable('sets', 2, 5) %}
  | table_block "flowtable" flowtable_identifier flowtable_open "{" flowtable_block "}" separator {% b.inTable('flowtables', 2, 5) %}
  | table_block "counter" obj_identifier obj_open "{" counter_block "}" separator x_counter {% b.objInTable('counter', 2, 5) %}
  | table_block "quota" obj_identifier obj_open "{" quota_block "}" separator x_quota {% b.objInTable('quota', 2, 5) %}
  | table_block "ct" "helper" obj_identifier obj_open "{" ct_helper_block "}" separator x_ct {% b.objInTable('ct helper', 3, 6) %}
  | table_block "ct" "timeout" obj_identifier obj_open "{" ct_timeout_block "}" separator x_ct {% b.objInTable('ct timeout', 3, 6) %}
  | table_block "ct" "expectation" obj_identifier obj_open "{" ct_expect_block "}" separator x_ct {% b.objInTable('ct expectation', 3, 6) %}
  | table_block "limit" obj_identifier obj_open "{" limit_block "}" separator x_limit {% b.objInTable('limit', 2, 5) %}
  | table_block "secmark" obj_identifier obj_open "{" secmark_block "}" separator x_secmark {% b.objInTable('secmark', 2, 5) %}
  | table_block "synproxy" obj_identifier obj_open "{" synproxy_block "}" separator x_synproxy {% b.objInTable('synproxy', 2, 5) %}

chain_open -> null {% (d, l, a, s) => s.openScope(l) %}
chain_block -> null {% (d, l) => b.newChain(l) %}
  | chain_block common {% b.first %}
  | chain_block separator {% b.first %}
  | chain_block hook_spec separator {% b.apply %}
  | chain_block policy_spec separator {% b.apply %}
  | chain_block flags_spec separator {% b.apply %}
  | chain_block rule separator {% (d) => { d[0].rules.push(d[1]); return d[0]; } %}
  | chain_block "devices" "=" flowtable_expr separator {% b.chainDevices %}
  | chain_block comment separator {% (d, l, a, s) => { b.commentOnce(d[1], a[1], s)(d[0]); return d[0]; } %}
subchain_block -> null {% (d, l) => b.newChain(l) %}
  | subchain_block separator {% b.first %}
  | subchain_block rule separator {% (d) => { d[0].rules.push(d[1]); return d[0]; } %}

typeof_verdict -> selector {% (d, l, a, s) => b.typeofData(d[0], a[0], s) %}
  | typeof_expr %dot selector {% b.concat %}
typeof_data -> "interval" typeof_expr {% (d) => b.interval(d[1]) %} | typeof_verdict
  | "queue" {% (d, l) => b.typed('queue', l) %}
  | %string {% (d, l, a, s) => d[0] === 'verdict' ? b.typed('verdict', l) : s.fail(a[0], `map data type '${d[0]}' lacks typeof serialization`) %}
primary_typeof -> selector {% (d, l, a, s) => b.typeofKey(d[0], a[0], s) %}
typeof_expr -> primary_typeof | typeof_expr %dot primary_typeof {% b.concat %}
key_type -> "typeof" typeof_expr {% (d) => ({ key: d[1], keyTypeof: true }) %}
  | "type" data_type x_type {% (d) => ({ key: d[1], keyTypeof: false }) %}

set_open -> null
set_block -> null {% (d, l) => b.newSet(l, false) %}
  | set_block common {% b.first %}
  | set_block separator {% b.first %}
  | set_block key_type separator {% (d, l, a, s) => b.setKey(d[0], d[1], a[1], s) %}
  | set_block "flags" set_flags separator {% (d) => { d[0].flags = d[2]; return d[0]; } %}
  | set_block "timeout" time separator {% (d) => { d[0].timeout = d[2]; return d[0]; } %}
  | set_block "gc-interval" time separator {% (d) => { d[0].gcInterval = d[2]; return d[0]; } %}
  | set_block stateful_list separator {% (d) => { d[0].stmts.push(...d[1]); return d[0]; } %}
  | set_block "elements" "=" set_block_expr {% (d, l, a, s) => b.setInit(d[0], d[3], a[1], s) %}
  | set_block "auto-merge" {% (d) => { d[0].autoMerge = true; return d[0]; } %}
  | set_block set_mechanism separator {% b.apply %}
  | set_block comment separator {% (d, l, a, s) => { b.commentOnce(d[1], a[1], s)(d[0]); return d[0]; } %}
set_block_expr -> set_expr | variable
set_flags -> set_flags %comma set_flag {% b.push2 %} | set_flag {% b.list1 %}
set_flag -> "constant" | "interval" | "timeout" | "dynamic" {% () => 'eval' %}

map_open -> null
ct_obj_type_map -> "timeout" {% () => 'ct timeout' %} | "expectation" {% () => 'ct expectation' %}
map_obj_type -> "counter" x_counter | "quota" x_quota | "limit" x_limit | "secmark" x_secmark | "synproxy" x_synproxy
map_obj_typeof -> map_obj_type | "ct" ct_obj_type_map x_ct {% b.second %}
map_interval -> "interval" {% () => true %} | null {% () => false %}
map_block -> null {% (d, l) => b.newSet(l, true) %}
  | map_block common {% b.first %}
  | map_block separator {% b.first %}
  | map_block "timeout" time separator {% (d) => { d[0].timeout = d[2]; return d[0]; } %}
  | map_block "gc-interval" time separator {% (d) => { d[0].gcInterval = d[2]; return d[0]; } %}
  | map_block "type" data_type %colon map_interval data_type separator x_type {% (d, l, a, s) => b.mapKey(d[0], d[2], false, d[4] ? b.interval(d[5]) : d[5], a[1], s) %}
  | map_block "typeof" typeof_expr %colon typeof_data separator {% (d, l, a, s) => b.mapKey(d[0], d[2], true, d[4], a[1], s) %}
  | map_block "type" data_type %colon map_obj_type separator x_type {% (d, l, a, s) => b.mapObj(d[0], d[2], false, d[4], a[1], s) %}
  | map_block "typeof" typeof_expr %colon map_obj_typeof separator {% (d, l, a, s) => b.mapObj(d[0], d[2], true, d[4], a[1], s) %}
  | map_block "flags" set_flags separator {% (d) => { for (const f of d[2]) if (!d[0].flags.includes(f)) d[0].flags.push(f); return d[0]; } %}
  | map_block stateful_list separator {% (d) => { d[0].stmts.push(...d[1]); return d[0]; } %}
  | map_block "elements" "=" set_block_expr {% (d) => { d[0].init = d[3]; return d[0]; } %}
  | map_block comment separator {% (d, l, a, s) => { b.commentOnce(d[1], a[1], s)(d[0]); return d[0]; } %}
  | map_block set_mechanism separator {% b.apply %}
set_mechanism -> "policy" set_policy x_policy {% (d) => (t) => { t.policy = d[1]; } %}
  | "size" %num {% (d) => (t) => { t.size = Number(BigInt.asUintN(32, d[1])); } %}
set_policy -> "performance" | "memory"

flowtable_open -> null
flowtable_block -> null {% (d, l) => b.newFlowtable(l) %}
  | flowtable_block common {% b.first %}
  | flowtable_block separator {% b.first %}
  | flowtable_block "hook" %string prio_spec separator {% (d, l, a, s) => b.flowtableHook(d, a, s) %}
  | flowtable_block "devices" "=" flowtable_expr separator {% (d) => { d[0].devices = d[3]; return d[0]; } %}
  | flowtable_block "counter" x_counter {% (d) => { d[0].counter = true; return d[0]; } %}
  | flowtable_block "flags" "offload" separator {% (d) => { d[0].flags.push('offload'); return d[0]; } %}
flowtable_expr -> "{" device_list "}" {% (d, l) => { d[1].loc = l; return d[1]; } %}
  | variable
device_list -> device_member {% (d, l) => b.listExpr([d[0]], l) %}
  | device_list %comma device_member {% b.addItem %}
  | device_list %comma opt_newline {% b.first %}
device_member -> %quoted {% (d, l, a, s) => b.ifname(d[0], l, s) %}
  | %string {% (d, l, a, s) => b.ifname(d[0], l, s) %}
  | variable {% (d) => b.variableOf(d[0], 'ifname') %}

data_type_atom -> type_name {% (d, l, a, s) => s.datatype(d[0], a[0]) %} | "time" {% (d, l, a, s) => s.datatype('time', a[0]) %}
data_type -> data_type_atom | data_type %dot data_type_atom {% b.concat %}
type_name -> %string | "mark" | "dscp" | "ecn" | "classid"

hook_spec -> "type" x_type %string "hook" %string dev_spec prio_spec {% (d, l, a, s) => b.hook(d, l, a, s) %}
prio_spec -> "priority" extended_prio {% (d, l) => ({ ...d[1], loc: l }) %}
extended_prio_name -> "out" | %string
extended_prio -> int_num {% (d, l) => ({ loc: l, expr: b.int32(d[0], l) }) %}
  | variable {% (d, l) => ({ loc: l, expr: d[0] }) %}
  | extended_prio_name {% (d, l) => ({ loc: l, expr: b.text(d[0], l) }) %}
  | extended_prio_name "+" %num {% (d, l) => ({ loc: l, expr: b.text(`${d[0]} + ${d[2]}`, l) }) %}
  | extended_prio_name "-" %num {% (d, l) => ({ loc: l, expr: b.text(`${d[0]} - ${d[2]}`, l) }) %}
int_num -> %num | "-" %num {% (d) => -d[1] %}
dev_spec -> "device" string {% (d, l, a, s) => b.listExpr([b.ifname(d[1], l, s)], l) %}
  | "device" variable {% (d, l) => b.listExpr([b.variableOf(d[1], 'ifname')], l) %}
  | "devices" "=" flowtable_expr {% (d) => d[2] %}
  | null
flags_spec -> "flags" "offload" {% () => (c) => { c.flags.push('offload'); } %}
policy_spec -> "policy" policy_expr x_policy {% (d, l, a, s) => b.policy(d[1], l, s) %}
policy_expr -> variable {% (d) => b.variableOf(d[0], 'policy') %} | chain_policy {% (d, l) => b.int32(d[0] === 'accept' ? 1n : 0n, l) %}
chain_policy -> "accept" | "drop"
time -> %string {% (d, l, a, s) => s.time(d[0], a[0]) %}
time_or_num -> %num | time {% (d) => d[0] / 1000n %}
