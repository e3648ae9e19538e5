import type { SetDecl, Expr } from '../../../parsers/nft/ast.ts';
import { eachItem } from '../expression/set.ts';
import type { Json } from '../datatype/index.ts';
import { datatype, fieldsOf, isConcat } from '../datatype/index.ts';
import { printTime } from '../datatype/time.ts';
import type { Printer } from '../print/context.ts';
import { BLOCK, type Layout } from './layout.ts';

const FLAG_WORDS: readonly (readonly [SetDecl['flags'][number], string])[] = [
  ['constant', 'constant'],
  ['eval', 'dynamic'],
  ['interval', 'interval'],
  ['timeout', 'timeout'],
];
const JSON_FLAGS: readonly (readonly [SetDecl['flags'][number], string])[] = [
  ['constant', 'constant'],
  ['interval', 'interval'],
  ['timeout', 'timeout'],
  ['eval', 'dynamic'],
];

const typeName = (e: Expr): string => datatype(e.dtype).name;
/** set_print_key: a type without a size of its own is written as the value that stands for it, zero. */
const typeWord = (e: Expr): string => {
  const d = datatype(e.dtype);
  return d.size > 0 || d.id === 'verdict' ? d.name : d.id === 'string' ? '""' : '0';
};

/** `type …` or `typeof …` of a set, with what a map maps to. */
function typeText(decl: SetDecl, p: Printer): string {
  const key = decl.key!;
  const data = decl.objType ?? (decl.data && `${decl.data.intervalData ? 'interval ' : ''}${decl.keyTypeof ? dataTypeof(decl.data, p) : typeWord(decl.data)}`);
  return `${decl.keyTypeof ? `typeof ${typeofText(key, p)}` : `type ${typeWord(key)}`}${data ? ` : ${data}` : ''}`;
}
const dataTypeof = (e: Expr, p: Printer): string => (e.dtype === 'verdict' ? 'verdict' : typeofText(e, p));

/** expr_print of a key; concatenations keep their dots. */
export const typeofText = (e: Expr, p: Printer): string => p.expr(e);

/** set_print_declaration */
export function setLines(decl: SetDecl, p: Printer): string[] {
  const o = p.options,
    out = [typeText(decl, p)];
  if (decl.policy === 'memory') out.push('policy memory');
  if (decl.size) out.push(`size ${decl.size}`);
  const timeout = decl.flags.includes('timeout') || (decl.timeout ?? 0n) > 0n;
  // the flag is implied by a default timeout, and said only where others are
  const said = FLAG_WORDS.some(([f]) => (f === 'timeout' ? timeout && !decl.timeout : decl.flags.includes(f)));
  const flags = said ? FLAG_WORDS.filter(([f]) => (f === 'timeout' ? timeout : decl.flags.includes(f))).map(([, w]) => w) : [];
  if (flags.length) out.push(`flags ${flags.join(',')}`);
  if (decl.stmts.length) {
    const bare = p.with({ stateless: true });
    out.push(decl.stmts.map((s) => bare.stmt(s)).join(' '));
  }
  if (decl.autoMerge) out.push('auto-merge');
  if (decl.timeout) out.push(`timeout ${printTime(decl.timeout, o)}`);
  if (decl.gcInterval) out.push(`gc-interval ${printTime(decl.gcInterval, o)}`);
  if (decl.comment !== undefined) out.push(`comment "${decl.comment}"`);
  return out;
}

/** do_set_print: what makes each element take a line. */
const ownLines = (decl: SetDecl, items: readonly Expr[]): boolean =>
  decl.isMap || decl.stmts.length > 0 || (decl.timeout ?? 0n) > 0n || decl.flags.includes('timeout') || items.some((i) => i.kind === 'set_elem' && i.comment !== undefined);

/** set_print */
export function setText(decl: SetDecl, p: Printer, layout: Layout = BLOCK, name = decl.handle.set?.name ?? ''): string {
  const { tab, nl, sep } = layout,
    o = p.options;
  const handle = o.handle && layout === BLOCK ? ` # handle ${decl.handle.handle?.id}` : '';
  const lines = setLines(decl, p);
  const word = decl.isMap ? 'map' : 'set';
  if (layout !== BLOCK) return `${word} ${name} { ${o.handle ? `# handle ${decl.handle.handle?.id} ` : ''}${lines.map((l) => `${l}${sep}`).join('')}} `;
  let text = `${tab}${word} ${name} {${handle}${nl}${lines.map((l) => `${tab}${tab}${l}${nl}`).join('')}`;
  if (!o.terse && decl.init?.kind === 'set' && decl.init.items.length) text += `${tab}${tab}elements = ${p.expr({ ...decl.init, ownLines: ownLines(decl, decl.init.items) })}${nl}`;
  return `${text}${tab}}${nl}`;
}

function typeJson(e: Expr): Json {
  return isConcat(e.dtype) ? fieldsOf(e.dtype).map((f) => f.name) : typeName(e);
}

/** set_print_json */
export function setJson(decl: SetDecl, p: Printer): Json {
  const o = p.options,
    key = decl.key!;
  const out: Record<string, Json> = {
    family: decl.handle.family,
    name: decl.handle.set?.name ?? '',
    table: decl.handle.table?.name ?? '',
    type: decl.keyTypeof ? { typeof: p.json(key) } : typeJson(key),
    handle: decl.handle.handle?.id ?? 0n,
  };
  if (decl.comment !== undefined) out.comment = decl.comment;
  if (decl.objType !== undefined) out.map = decl.objType;
  else if (decl.data) out.map = typeJson(decl.data);
  if (decl.policy === 'memory') out.policy = 'memory';
  if (decl.size) out.size = decl.size;
  const flags = JSON_FLAGS.filter(([f]) => decl.flags.includes(f)).map(([, w]) => w);
  if (flags.length) out.flags = flags;
  if (decl.timeout) out.timeout = decl.timeout / 1000n;
  if (decl.gcInterval) out['gc-interval'] = decl.gcInterval / 1000n;
  if (decl.autoMerge) out['auto-merge'] = true;
  if (!o.terse && decl.init?.kind === 'set' && decl.init.items.length) out.elem = eachItem(decl.init).map((i) => elementJson(i, p));
  if (decl.stmts.length) {
    const bare = p.with({ stateless: true });
    out.stmt = decl.stmts.map((s) => bare.jsonStmt(s));
  }
  return { [decl.isMap ? 'map' : 'set']: out };
}

export const elementJson = (i: Expr, p: Printer): Json => p.json(i);
