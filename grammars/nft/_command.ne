@lexer lexer
input -> null | input line {% b.line %}

separator -> %newline | %semicolon
opt_newline -> %newline | null

common -> "include" %quoted separator {% (d, l, a, s) => s.include(d[1], l) %}
  | "define" name "=" initializer separator {% (d, l, a, s) => s.define(d[1], a[1], d[3]) %}
  | "redefine" name "=" initializer separator {% (d, l, a, s) => s.redefine(d[1], d[3]) %}
  | "undefine" name separator {% (d, l, a, s) => s.undefine(d[1]) %}
  | %error separator {% (d, l, a, s) => s.recovered() %}

line -> common {% b.nothing %}
  | separator {% b.nothing %}
  | base_cmd separator {% b.first %}
  | base_cmd %eof {% b.lastLine %}

base_cmd -> add_cmd {% b.op('add') %}
  | "add" add_cmd {% b.op('add') %}
  | "replace" replace_cmd {% b.op('replace') %}
  | "create" create_cmd {% b.op('create') %}
  | "insert" insert_cmd {% b.op('insert') %}
  | "delete" delete_cmd {% b.op('delete') %}
  | "get" get_cmd {% b.op('get') %}
  | "list" list_cmd x_list {% b.op('list') %}
  | "reset" reset_cmd x_reset {% b.op('reset') %}
  | "flush" flush_cmd {% b.op('flush') %}
  | "rename" rename_cmd {% b.op('rename') %}
  | "import" import_cmd x_import {% b.op('import') %}
  | "export" import_cmd x_export {% b.op('export') %}
  | "monitor" monitor_cmd x_monitor {% b.op('monitor') %}
  | "describe" describe_cmd {% b.op('describe') %}
  | "destroy" destroy_cmd x_destroy {% b.op('destroy') %}

add_cmd -> "table" table_spec {% b.cmd('table', 1) %}
  | "table" table_spec table_open "{" table_block "}" {% b.tableCmd %}
  | "chain" chain_spec {% b.cmd('chain', 1) %}
  | "chain" chain_spec chain_open "{" chain_block "}" {% b.chainCmd %}
  | "rule" rule_position rule {% b.ruleCmd(1, 2) %}
  | rule_position rule {% b.ruleCmd(0, 1) %}
  | "set" set_spec set_open "{" set_block "}" {% b.setCmd('set') %}
  | "map" set_spec map_open "{" map_block "}" {% b.setCmd('set') %}
  | "element" set_spec set_block_expr {% b.addElements %}
  | "flowtable" flowtable_spec flowtable_open "{" flowtable_block "}" {% b.flowtableCmd %}
  | "counter" obj_spec x_counter {% b.objCmd('counter', 1) %}
  | "counter" obj_spec counter_obj counter_config x_counter {% b.objCmd('counter', 1, 3) %}
  | "counter" obj_spec counter_obj "{" counter_block "}" x_counter {% b.objCmd('counter', 1, 4) %}
  | "quota" obj_spec quota_obj quota_config x_quota {% b.objCmd('quota', 1, 3) %}
  | "quota" obj_spec quota_obj "{" quota_block "}" x_quota {% b.objCmd('quota', 1, 4) %}
  | "ct" "helper" obj_spec ct_obj "{" ct_helper_block "}" x_ct {% b.objCmd('ct helper', 2, 5) %}
  | "ct" "timeout" obj_spec ct_obj "{" ct_timeout_block "}" x_ct {% b.objCmd('ct timeout', 2, 5) %}
  | "ct" "expectation" obj_spec ct_obj "{" ct_expect_block "}" x_ct {% b.objCmd('ct expectation', 2, 5) %}
  | "limit" obj_spec limit_obj limit_config x_limit {% b.objCmd('limit', 1, 3) %}
  | "limit" obj_spec limit_obj "{" limit_block "}" x_limit {% b.objCmd('limit', 1, 4) %}
  | "secmark" obj_spec secmark_obj secmark_config x_secmark {% b.objCmd('secmark', 1, 3) %}
  | "secmark" obj_spec secmark_obj "{" secmark_block "}" x_secmark {% b.objCmd('secmark', 1, 4) %}
  | "synproxy" obj_spec synproxy_obj synproxy_config x_synproxy {% b.objCmd('synproxy', 1, 3) %}
  | "synproxy" obj_spec synproxy_obj "{" synproxy_block "}" x_synproxy {% b.objCmd('synproxy', 1, 4) %}

replace_cmd -> "rule" ruleid_spec rule {% b.ruleCmd(1, 2) %}

create_cmd -> "table" table_spec {% b.cmd('table', 1) %}
  | "table" table_spec table_open "{" table_block "}" {% b.tableCmd %}
  | "chain" chain_spec {% b.cmd('chain', 1) %}
  | "chain" chain_spec chain_open "{" chain_block "}" {% b.chainCmd %}
  | "set" set_spec set_open "{" set_block "}" {% b.setCmd('set') %}
  | "map" set_spec map_open "{" map_block "}" {% b.setCmd('set') %}
  | "element" set_spec set_block_expr {% b.createElements %}
  | "flowtable" flowtable_spec flowtable_open "{" flowtable_block "}" {% b.flowtableCmd %}
  | "counter" obj_spec x_counter {% b.objCmd('counter', 1) %}
  | "counter" obj_spec counter_obj counter_config x_counter {% b.objCmd('counter', 1, 3) %}
  | "quota" obj_spec quota_obj quota_config x_quota {% b.objCmd('quota', 1, 3) %}
  | "ct" "helper" obj_spec ct_obj "{" ct_helper_block "}" x_ct {% b.objCmd('ct helper', 2, 5) %}
  | "ct" "timeout" obj_spec ct_obj "{" ct_timeout_block "}" x_ct {% b.objCmd('ct timeout', 2, 5) %}
  | "ct" "expectation" obj_spec ct_obj "{" ct_expect_block "}" x_ct {% b.objCmd('ct expectation', 2, 5) %}
  | "limit" obj_spec limit_obj limit_config x_limit {% b.objCmd('limit', 1, 3) %}
  | "secmark" obj_spec secmark_obj secmark_config x_secmark {% b.objCmd('secmark', 1, 3) %}
  | "synproxy" obj_spec synproxy_obj synproxy_config x_synproxy {% b.objCmd('synproxy', 1, 3) %}

insert_cmd -> "rule" rule_position rule {% b.ruleCmd(1, 2) %}

table_or_id -> table_spec | tableid_spec
chain_or_id -> chain_spec | chainid_spec
set_or_id -> set_spec | setid_spec
obj_or_id -> obj_spec | objid_spec

delete_cmd -> "table" table_or_id {% b.cmd('table', 1) %}
  | "chain" chain_or_id {% b.cmd('chain', 1) %}
  | "chain" chain_spec chain_open "{" chain_block "}" {% b.chainCmd %}
  | "rule" ruleid_spec {% b.cmd('rule', 1) %}
  | "set" set_or_id {% b.cmd('set', 1) %}
  | "map" set_spec {% b.cmd('set', 1) %}
  | "element" set_spec set_block_expr {% b.elements %}
  | "flowtable" flowtable_spec {% b.cmd('flowtable', 1) %}
  | "flowtable" flowtableid_spec {% b.cmd('flowtable', 1) %}
  | "flowtable" flowtable_spec flowtable_open "{" flowtable_block "}" {% b.flowtableCmd %}
  | "counter" obj_or_id x_counter {% b.namedObj('counter', 1) %}
  | "quota" obj_or_id x_quota {% b.namedObj('quota', 1) %}
  | "ct" ct_obj_type obj_spec ct_obj x_ct {% b.ctObj %}
  | "limit" obj_or_id x_limit {% b.namedObj('limit', 1) %}
  | "secmark" obj_or_id x_secmark {% b.namedObj('secmark', 1) %}
  | "synproxy" obj_or_id x_synproxy {% b.namedObj('synproxy', 1) %}

destroy_cmd -> "table" table_or_id {% b.cmd('table', 1) %}
  | "chain" chain_or_id {% b.cmd('chain', 1) %}
  | "rule" ruleid_spec {% b.cmd('rule', 1) %}
  | "set" set_or_id {% b.cmd('set', 1) %}
  | "map" set_spec {% b.cmd('set', 1) %}
  | "element" set_spec set_block_expr {% b.elements %}
  | "flowtable" flowtable_spec {% b.cmd('flowtable', 1) %}
  | "flowtable" flowtableid_spec {% b.cmd('flowtable', 1) %}
  | "flowtable" flowtable_spec flowtable_open "{" flowtable_block "}" {% b.flowtableCmd %}
  | "counter" obj_or_id x_counter {% b.namedObj('counter', 1) %}
  | "quota" obj_or_id x_quota {% b.namedObj('quota', 1) %}
  | "ct" ct_obj_type obj_spec ct_obj x_ct {% b.ctObj %}
  | "limit" obj_or_id x_limit {% b.namedObj('limit', 1) %}
  | "secmark" obj_or_id x_secmark {% b.namedObj('secmark', 1) %}
  | "synproxy" obj_or_id x_synproxy {% b.namedObj('synproxy', 1) %}

get_cmd -> "element" set_spec set_block_expr {% b.elements %}

list_table -> "table" table_spec {% b.second %} | table_spec
list_any -> list_table | ruleset_spec

list_cmd -> "table" table_spec {% b.cmd('table', 1) %}
  | "tables" ruleset_spec {% b.cmd('tables', 1) %}
  | "chain" chain_spec {% b.cmd('chain', 1) %}
  | "chains" ruleset_spec {% b.cmd('chains', 1) %}
  | "sets" list_any {% b.cmd('sets', 1) %}
  | "set" set_spec {% b.cmd('set', 1) %}
  | "counters" list_any {% b.objs('counter', 1) %}
  | "counter" obj_spec x_counter {% b.namedObj('counter', 1) %}
  | "quotas" list_any {% b.objs('quota', 1) %}
  | "quota" obj_spec x_quota {% b.namedObj('quota', 1) %}
  | "limits" list_any {% b.objs('limit', 1) %}
  | "limit" obj_spec x_limit {% b.namedObj('limit', 1) %}
  | "secmarks" list_any {% b.objs('secmark', 1) %}
  | "secmark" obj_spec x_secmark {% b.namedObj('secmark', 1) %}
  | "synproxys" list_any {% b.objs('synproxy', 1) %}
  | "synproxy" obj_spec x_synproxy {% b.namedObj('synproxy', 1) %}
  | "ruleset" ruleset_spec {% b.cmd('ruleset', 1) %}
  | "flow" "tables" ruleset_spec {% b.cmd('meters', 2) %}
  | "flow" "table" set_spec {% b.cmd('meter', 2) %}
  | "meters" ruleset_spec {% b.cmd('meters', 1) %}
  | "meter" set_spec {% b.cmd('meter', 1) %}
  | "flowtables" list_any {% b.cmd('flowtables', 1) %}
  | "flowtable" flowtable_spec {% b.cmd('flowtable', 1) %}
  | "maps" list_any {% b.cmd('maps', 1) %}
  | "map" set_spec {% b.cmd('map', 1) %}
  | "ct" ct_obj_type obj_spec x_ct {% b.listCt %}
  | "ct" ct_cmd_type "table" table_spec x_ct {% (d, l) => b.makeCmd({ kind: 'objects', type: d[1] }, d[3], l) %}
  | "hooks" basehook_spec {% b.hooksCmd %}

basehook_device -> "device" %string {% b.second %}
basehook_spec -> ruleset_spec {% (d) => ({ handle: d[0] }) %}
  | ruleset_spec basehook_device {% (d, l, a) => ({ handle: d[0], device: { name: d[1], loc: a[1] } }) %}

reset_cmd -> "counters" list_any {% b.objs('counter', 1) %}
  | "counter" obj_spec x_counter {% b.namedObj('counter', 1) %}
  | "quotas" list_any {% b.objs('quota', 1) %}
  | "quota" obj_spec x_quota {% b.namedObj('quota', 1) %}
  | "rules" ruleset_spec {% b.cmd('rules', 1) %}
  | "rules" list_table {% b.cmd('table', 1) %}
  | "rules" chain_spec {% b.cmd('chain', 1) %}
  | "rules" "chain" chain_spec {% b.cmd('chain', 2) %}
  | "rule" ruleid_spec {% b.cmd('rule', 1) %}
  | "element" set_spec set_block_expr {% b.elements %}
  | "set" set_spec {% b.cmd('set', 1) %}
  | "map" set_spec {% b.cmd('map', 1) %}

flush_cmd -> "table" table_spec {% b.cmd('table', 1) %}
  | "chain" chain_spec {% b.cmd('chain', 1) %}
  | "set" set_spec {% b.cmd('set', 1) %}
  | "map" set_spec {% b.cmd('map', 1) %}
  | "flow" "table" set_spec {% b.cmd('meter', 2) %}
  | "meter" set_spec {% b.cmd('meter', 1) %}
  | "ruleset" ruleset_spec {% b.cmd('ruleset', 1) %}

rename_cmd -> "chain" chain_spec name {% (d, l, a) => ({ ...b.makeCmd({ kind: 'chain' }, d[1], l), arg: { name: d[2], loc: a[2] } }) %}

import_cmd -> "ruleset" markup {% (d, l) => b.makeCmd({ kind: 'markup', format: d[1] }, b.UNSPEC, l) %}
  | markup {% (d, l) => b.makeCmd({ kind: 'markup', format: d[0] }, b.UNSPEC, l) %}

monitor_cmd -> monitor_event monitor_object monitor_format {% (d, l, a) => b.monitorCmd(d, l, a) %}
monitor_event -> null | %string
monitor_object -> null | "tables" | "chains" | "sets" | "rules" | "elements" | "ruleset" | "trace"
monitor_format -> null | markup
markup -> "xml" | "json" | "vm" "json" {% b.second %}

describe_cmd -> primary_expr {% (d, l) => b.makeCmd({ kind: 'expr', expr: d[0] }, b.UNSPEC, l) %}

name -> %string | "last"
string -> %string | %quoted | %asterisk
family -> null {% () => 'ip' %} | family_explicit
family_explicit -> "ip" x_ip | "ip6" x_ip6 | "inet" | "arp" x_arp | "bridge" | "netdev"

table_spec -> family name {% (d, l, a) => ({ family: d[0], table: { name: d[1], loc: a[1] } }) %}
tableid_spec -> family "handle" %num {% (d, l, a) => ({ family: d[0], handle: { id: d[2], loc: a[2] } }) %}
chain_spec -> table_spec name {% b.named('chain') %}
chainid_spec -> table_spec "handle" %num {% b.handled %}
set_spec -> table_spec name {% b.named('set') %}
setid_spec -> table_spec "handle" %num {% b.handled %}
flowtable_spec -> table_spec name {% b.named('flowtable') %}
flowtableid_spec -> table_spec "handle" %num {% b.handled %}
obj_spec -> table_spec name {% b.named('obj') %}
objid_spec -> table_spec "handle" %num {% b.handled %}
chain_identifier -> name {% b.only('chain') %}
set_identifier -> name {% b.only('set') %}
flowtable_identifier -> name {% b.only('flowtable') %}
obj_identifier -> name {% b.only('obj') %}
handle_spec -> "handle" %num {% (d, l, a) => ({ id: d[1], loc: a[1] }) %}
position_spec -> "position" %num {% (d, l) => ({ id: d[1], loc: l }) %}
index_spec -> "index" %num {% (d, l) => ({ id: d[1] + 1n, loc: l }) %}
rule_position -> chain_spec
  | chain_spec position_spec {% (d) => ({ ...d[0], position: d[1] }) %}
  | chain_spec handle_spec {% (d) => ({ ...d[0], position: d[1] }) %}
  | chain_spec index_spec {% (d) => ({ ...d[0], index: d[1] }) %}
ruleid_spec -> chain_spec handle_spec {% (d) => ({ ...d[0], handle: d[1] }) %}
comment -> "comment" string {% (d, l, a, s) => s.comment(d[1], a[1]) %}
ruleset_spec -> null {% () => b.UNSPEC %} | family_explicit {% (d) => ({ family: d[0] }) %}

rule -> rule_alloc | rule_alloc comment {% (d) => { d[0].comment = d[1]; return d[0]; } %}
rule_alloc -> stmt_list {% (d, l) => ({ loc: l, handle: { family: 'ip' }, stmts: d[0] }) %}
stmt_list -> stmt {% b.list1 %} | stmt_list stmt {% b.push %}
stateful_list -> stateful {% b.list1 %} | stateful_list stateful {% b.push %}
