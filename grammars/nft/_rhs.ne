@lexer lexer
prefix_rhs -> basic_rhs "/" %num {% b.prefix %}
range_rhs -> basic_rhs "-" basic_rhs {% b.rangeRhs %}
multiton_rhs -> prefix_rhs | range_rhs
set_expr -> "{" set_list "}" {% b.braced %}
set_list -> set_list_member {% b.setExpr %} | set_list %comma set_list_member {% b.addItem %} | set_list %comma opt_newline {% b.first %}
set_list_member -> opt_newline set_expr opt_newline {% b.second %}
  | opt_newline set_elem opt_newline {% b.second %}
  | opt_newline set_elem %colon set_rhs opt_newline {% b.mapping %}
set_elem -> set_elem_alloc | set_elem_alloc set_elem_expr_options {% b.elemOptions %}
  | set_elem_alloc set_elem_expr_options set_elem_stmts {% (d) => { const e = b.elemOptions(d); e.stmts.push(...d[2]); return e; } %}
set_elem_key -> set_lhs | "*" {% (d, l) => b.node({ kind: 'catchall' }, l) %}
set_elem_alloc -> set_elem_key set_elem_stmts {% (d, l, a) => { const e = b.setElem(d, a[0]); e.stmts.push(...d[1]); return e; } %}
  | set_elem_key {% b.setElem %}
set_elem_options -> set_elem_option {% b.list1 %} | set_elem_options set_elem_option {% b.push %}
set_elem_option -> "timeout" time {% (d, l) => ({ loc: l, timeout: d[1] }) %} | "expires" time {% (d, l) => ({ loc: l, expires: d[1] }) %}
  | comment {% (d, l, a, s) => ({ loc: a[0], comment: d[0], s }) %}
set_elem_expr_options -> set_elem_expr_option {% b.list1 %} | set_elem_expr_options set_elem_expr_option {% b.push %}
set_elem_stmts -> set_elem_stmt {% b.list1 %} | set_elem_stmts set_elem_stmt {% b.push %}
set_elem_stmt -> counter_stmt x_counter | limit_stmt x_limit | connlimit_stmt x_ct | quota_stmt x_quota | last_stmt x_last
set_elem_time -> %string {% (d, l, a, s) => d[0] === 'never' ? 0xffffffffffffffffn : s.time(d[0], a[0]) %}
set_elem_expr_option -> "timeout" set_elem_time {% (d, l) => ({ loc: l, timeout: d[1] }) %} | "expires" time {% (d, l) => ({ loc: l, expires: d[1] }) %}
  | comment {% (d, l, a, s) => ({ loc: a[0], comment: d[0], s }) %}
set_lhs -> concat_rhs
set_rhs -> concat_rhs | verdict_expr
initializer -> rhs_expr | list_rhs | "{" "}" {% (d, l) => b.node({ kind: 'set', items: [], flags: [] }, l) %} | "-" %num {% (d, l) => b.int32(-d[1], l) %}

relational_expr -> expr rhs_expr {% b.relational(null, 1) %}
  | expr list_rhs {% b.relational(null, 1) %}
  | expr basic_rhs "/" list_rhs {% b.flagcmp(null, 1, 3) %}
  | expr list_rhs "/" list_rhs {% b.flagcmp(null, 1, 3) %}
  | expr rel_op basic_rhs "/" list_rhs {% b.flagcmp(1, 2, 4) %}
  | expr rel_op list_rhs "/" list_rhs {% b.flagcmp(1, 2, 4) %}
  | expr rel_op rhs_expr {% b.relational(1, 2) %}
  | expr rel_op list_rhs {% b.relational(1, 2) %}
rel_op -> "==" {% () => 'eq' %} | "!=" {% () => 'neq' %} | "<" {% () => 'lt' %} | ">" {% () => 'gt' %} | ">=" {% () => 'gte' %} | "<=" {% () => 'lte' %} | "!" {% () => 'neg' %}
list_rhs -> basic_rhs %comma basic_rhs {% (d, l) => b.listExpr([d[0], d[2]], l) %} | list_rhs %comma basic_rhs {% b.listMore %}
rhs_expr -> concat_rhs | set_expr | set_ref_symbol
shift_rhs -> primary_rhs | shift_rhs "<<" primary_rhs {% b.binop('lshift') %} | shift_rhs ">>" primary_rhs {% b.binop('rshift') %}
and_rhs -> shift_rhs | and_rhs "&" shift_rhs {% b.binop('and') %}
xor_rhs -> and_rhs | xor_rhs "^" and_rhs {% b.binop('xor') %}
or_rhs -> xor_rhs | or_rhs "|" xor_rhs {% b.binop('or') %}
basic_rhs -> or_rhs
concat_rhs -> basic_rhs | multiton_rhs | concat_rhs %dot multiton_rhs {% b.concat %} | concat_rhs %dot basic_rhs {% b.concat %}
boolean_keys -> "exists" {% () => 1n %} | "missing" {% () => 0n %}
boolean_expr -> boolean_keys {% (d, l) => b.value(d[0], 'boolean', 8, l) %}
keyword_expr -> "ether" x_eth {% b.symbol %} | "ip" x_ip {% b.symbol %} | "ip6" x_ip6 {% b.symbol %} | "vlan" x_vlan {% b.symbol %} | "arp" x_arp {% b.symbol %}
  | "dnat" x_nat {% b.symbol %} | "snat" x_nat {% b.symbol %} | "ecn" {% b.symbol %} | "reset" x_reset {% b.symbol %} | "destroy" x_destroy {% b.symbol %}
  | "original" {% b.symbol %} | "reply" {% b.symbol %} | "label" {% b.symbol %} | "last" x_last {% b.symbol %}
primary_rhs -> symbol_expr | integer_expr | boolean_expr | keyword_expr
  | "tcp" x_tcp {% b.protocol(6n) %} | "udp" x_udp {% b.protocol(17n) %} | "udplite" x_udplite {% b.protocol(136n) %} | "esp" x_esp {% b.protocol(50n) %}
  | "ah" x_ah {% b.protocol(51n) %} | "icmp" x_icmp {% b.protocol(1n) %} | "igmp" {% b.protocol(2n) %} | "icmpv6" x_icmp {% b.protocol(58n) %}
  | "gre" x_gre {% b.protocol(47n) %} | "comp" x_comp {% b.protocol(108n) %} | "dccp" x_dccp {% b.protocol(33n) %} | "sctp" x_sctp {% b.protocol(132n) %}
  | "redirect" x_nat {% (d, l) => b.value(5n, 'icmp_type', 8, l) %}
  | "(" basic_rhs ")" {% b.second %}
verdict_expr -> "accept" {% b.verdict %} | "drop" {% b.verdict %} | "continue" {% b.verdict %} | "jump" chain_expr {% b.verdict %} | "goto" chain_expr {% b.verdict %} | "return" {% b.verdict %}
chain_expr -> variable | name {% (d, l) => b.text(d[0], l) %}
