# A command line of conntrack: words already told apart by getopt (src/commands/conntrack/lexer.ts), in their order. The order
# matters: families, protocols and errors are taken as they come.
@{%
const is = (type) => ({ test: (t) => t.type === type });
const command = is('command'), address = is('address'), nat = is('nat'), protocol = is('protocol'), l4option = is('l4option');
const number = is('number'), word = is('word'), words = is('words'), flag = is('flag'), labels = is('labels'), failure = is('failure');
const node = (kind) => ([t]) => ({ kind, ...t.value });
%}

line -> items {% id %}
items -> null {% () => [] %}
       | items item {% ([list, item]) => [...list, item] %}
item -> %command {% node('command') %}
      | %address {% node('address') %}
      | %nat {% node('nat') %}
      | %protocol {% node('protocol') %}
      | %l4option {% node('l4option') %}
      | %number {% node('number') %}
      | %word {% node('word') %}
      | %words {% node('words') %}
      | %labels {% node('labels') %}
      | %flag {% node('flag') %}
      | %failure {% node('failure') %}
