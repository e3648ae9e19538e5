import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { lalr } from './lalr.mjs';

const require = createRequire(import.meta.url);
const nearley = require('nearley/lib/nearley.js');
const compile = require('nearley/lib/compile.js');
const nearleyGrammar = require('nearley/lib/nearley-language-bootstrapped.js');

/** A grammar in nearley's language with its terminals beside it (tokens.txt): its rules, and the LALR(1) tables of them. */
export function readLalr(file) {
  const parser = new nearley.Parser(nearleyGrammar);
  parser.feed(readFileSync(file, 'utf8'));
  const c = compile(parser.results[0], { args: [file], out: '', export: 'grammar', alreadycompiled: [], nojs: false, quiet: true });
  const rules = c.rules.map((r) => ({ name: r.name, post: r.postprocess, symbols: r.symbols.map((x) => (x.token ? { token: /"([^"]+)"/.exec(x.token)?.[1] ?? x.token } : x)) }));
  const terminals = readFileSync(join(dirname(file), 'tokens.txt'), 'utf8')
    .split(/\s+/)
    .filter(Boolean);
  return { body: c.body, rules, terminals, table: lalr(rules, 'input', terminals) };
}
