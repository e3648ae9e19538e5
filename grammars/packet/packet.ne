# A packet as people write it, in nft's words: headers from the outside in, each with fields and values, then the payload.
# Which words are headers, fields and options is data (src/host/packet/words.ts): the lexer has told them apart.
@{%
const is = (type) => ({ test: (t) => t.type === type });
const header = is('header'), field = is('field'), flag = is('flag'), option = is('option'), word = is('word'), string = is('string');
const separator = is('separator'), payload = is('payload'), size = is('size');
const token = ([t]) => t;
const pushed = (at) => (d) => [...d[0], d[at]];
%}

packet -> part:* {% id %}
part -> %header {% ([t]) => ({ kind: 'header', name: t.value, place: t.place }) %}
      | %field value {% ([t, values]) => ({ kind: 'setting', field: t.value, owner: t.owner, values, place: t.place }) %}
      | %flag {% ([t]) => ({ kind: 'setting', field: t.value, owner: t.owner, values: [], place: t.place }) %}
      | %option %word {% ([t, w]) => ({ kind: 'option', name: w.value, owner: t.owner, place: w.place }) %}
      | %payload content:+ {% ([t, content]) => ({ kind: 'payload', content, place: t.place }) %}
value -> single {% ([v]) => [v] %}
       | value %separator single {% pushed(2) %}
single -> %word {% token %}
        | %string {% token %}
content -> %string {% ([t]) => ({ kind: 'text', text: t.value, place: t.place }) %}
         | %word {% ([t]) => ({ kind: 'hex', text: t.value, place: t.place }) %}
         | %size %word {% ([, t]) => ({ kind: 'size', text: t.value, place: t.place }) %}
