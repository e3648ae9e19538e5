# The shape of a rule's command line over words that getopt has classified from the option rows of the tool and of the extensions loaded
# (src/parsers/xtables/command-line.ts). What is read is a list of parts with places where values stand: lines of one shape share it.
@{%
const is = (type) => ({ test: (t) => t.type === type });
const command = is('command'), selector = is('selector'), protocol = is('protocol'), flag = is('flag'), load = is('load'), counters = is('counters'), option = is('option'), not = is('not'), word = is('word');
%}

line -> null {% () => [] %}
      | line part {% ([parts, p]) => [...parts, p] %}

part -> %command %word {% () => ({ kind: 'fixed' }) %}
      | %counters %word %word {% ([, w]) => ({ kind: 'counters', at: w.at }) %}
      | negation %flag {% () => ({ kind: 'fixed' }) %}
      | negation %protocol %word {% ([, , w]) => ({ kind: 'protocol', at: w.at }) %}
      | negation %selector %word {% ([, s, w]) => ({ kind: 'field', key: s.key, at: w.at }) %}
      | %load %word {% ([l]) => ({ kind: 'use', use: l.use }) %}
      | negation %option values {% ([n, o, words]) => ({ kind: 'option', use: o.use, option: o.option, inverted: n, words }) %}

negation -> null {% () => false %}
      | %not {% () => true %}

values -> null {% () => [] %}
      | values %word {% ([list, w]) => [...list, w.at] %}
