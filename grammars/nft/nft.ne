# nft's command language. The build makes LALR(1) tables of it (scripts/lalr.mjs): the shape of the rules decides which tokens a
# syntax error names and when the lexer leaves a scope (`x_…` rules), so both follow the real grammar. Actions get the values,
# the location of the whole, the locations of the parts and the parser: (d, l, a, s).
@lexer lexer
@{% import * as b from '../../nft/build/index.ts'; %}
@include "_command.ne"
@include "_block.ne"
@include "_object.ne"
@include "_statement.ne"
@include "_expression.ne"
@include "_rhs.ne"
@include "_header.ne"
@include "_scope.ne"
