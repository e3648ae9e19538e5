# The lines of iptables-save's format that are no rules: `*table`, `:chain policy [packets:bytes]`. Rules are words for getopt
# (src/parsers/xtables/words.ts). What is missing stays null: the tool words that itself.
@{%
const is = (type) => ({ test: (t) => t.type === type });
const star = is('star'), colon = is('colon'), counters = is('counters'), word = is('word');
const table = (name) => ({ kind: 'table', name });
const chain = (name, policy, counters) => ({ kind: 'chain', name, policy, counters });
%}

line -> %star {% () => table(null) %}
      | %star text rest {% ([, name]) => table(name) %}
      | %colon {% () => chain(null, null, null) %}
      | %colon text {% ([, name]) => chain(name, null, null) %}
      | %colon text text {% ([, name, policy]) => chain(name, policy, null) %}
      | %colon text text %counters rest {% ([, name, policy, t]) => chain(name, policy, t.value) %}
      | %colon text text %word rest {% ([, name, policy]) => chain(name, policy, 'invalid') %}

text -> %word {% ([t]) => t.value %}
      | %counters {% ([t]) => t.text %}

rest -> null {% () => null %}
      | rest text {% () => null %}
