import { Getopt } from '../getopt.ts';
import type { LongOption } from '../getopt.ts';
import { LONG, SHORT } from './options.ts';
import { findProtocol } from './protocols.ts';
import type { ProtoHandler } from './protocol.ts';

/** Tokens of a command line; `value` becomes the AST node. */
export type Token = { readonly [K in Item['kind']]: { readonly type: K; readonly value: Omit<Extract<Item, { kind: K }>, 'kind'> } }[Item['kind']];

/** The AST: one node an option, in order. */
export type Item =
  | { readonly kind: 'command'; readonly letter: string; readonly table: string | null }
  | { readonly kind: 'address'; readonly opt: string; readonly text: string }
  | { readonly kind: 'nat'; readonly opt: string; readonly text: string | null }
  | { readonly kind: 'protocol'; readonly text: string; readonly handler: ProtoHandler | null; readonly protonum: number }
  | { readonly kind: 'l4option'; readonly handler: ProtoHandler; readonly name: string; readonly text: string }
  | { readonly kind: 'number'; readonly opt: string; readonly text: string }
  | { readonly kind: 'word'; readonly opt: string; readonly text: string }
  | { readonly kind: 'words'; readonly opt: string; readonly text: string }
  | { readonly kind: 'labels'; readonly opt: string; readonly text: string | null }
  | { readonly kind: 'flag'; readonly opt: string }
  | { readonly kind: 'failure'; readonly message: string };

const KIND: Readonly<Record<string, 'address' | 'number' | 'word' | 'words' | 'flag'>> = {
  s: 'address',
  d: 'address',
  r: 'address',
  q: 'address',
  '[': 'address',
  ']': 'address',
  '{': 'address',
  '}': 'address',
  t: 'number',
  w: 'number',
  '(': 'number',
  ')': 'number',
  i: 'number',
  c: 'number',
  m: 'number',
  b: 'number',
  f: 'word',
  u: 'words',
  e: 'words',
  o: 'words',
  z: 'flag',
  a: 'flag',
};
const COMMANDS = new Set('LIDGFEVhCSUA');

/**
 * The words of a command line as the tool's getopt loop sees them. `-p` adds its protocol's long options; an argument that
 * was attached to an option with an optional one is read by getopt but not by the tool, which looks at the next word only.
 */
export function tokens(argv: readonly string[], protocolNumber: (name: string) => number | undefined): Token[] {
  const out: Token[] = [];
  const getopt = new Getopt(argv, SHORT);
  let long: readonly LongOption[] = LONG;
  let handler: ProtoHandler | null = null;
  const handlers = new Map<string, ProtoHandler>();
  const optionalArg = (attached: string | null): string | null => {
    const next = getopt.argv[getopt.optind];
    if (attached !== null || next === undefined || next[0] === '-' || next[0] === '!') return null;
    getopt.optind++;
    return next;
  };
  for (let o = getopt.next(long); o; o = getopt.next(long)) {
    if (o.kind !== 'option') {
      const word = getopt.argv[o.optind - 1] ?? '';
      out.push({ type: 'failure', value: { message: o.kind === 'missing' ? `option \`${word}' requires an argument` : `unknown option \`${word}'` } });
      break;
    }
    const { val, arg } = o;
    if (COMMANDS.has(val)) out.push({ type: 'command', value: { letter: val, table: optionalArg(arg) } });
    else if (val === 'p') {
      const found = findProtocol(arg ?? '', protocolNumber);
      out.push({ type: 'protocol', value: { text: arg ?? '', handler: found?.handler ?? null, protonum: found?.protonum ?? 0 } });
      if (!found) break;
      handler = found.handler;
      handlers.set(handler.name, handler);
      long = [...long, ...handler.options.map((x) => ({ ...x, val: `${found.handler.name} ${x.val}` }))];
    } else if (val === 'n' || val === 'g' || val === 'j') out.push({ type: 'nat', value: { opt: val, text: optionalArg(arg) } });
    else if (val === '>') out.push({ type: 'labels', value: { opt: val, text: optionalArg(arg) } });
    else if (val === 'l' || val === '<') out.push({ type: 'labels', value: { opt: val, text: arg } });
    else if (val.includes(' ')) {
      // An option of an earlier `-p` means nothing to the later one.
      if (handler && val.startsWith(`${handler.name} `)) out.push({ type: 'l4option', value: { handler, name: val.slice(val.indexOf(' ') + 1), text: arg ?? '' } });
    } else {
      const type = KIND[val];
      if (type === 'flag') out.push({ type, value: { opt: val } });
      else if (type) out.push({ type, value: { opt: val, text: arg ?? '' } });
    }
  }
  return out;
}
