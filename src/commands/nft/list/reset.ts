import type { NewElement } from '../../../kernel/nf_tables/message.ts';
import type { NftSet, SetElement, Table } from '../../../kernel/nf_tables/objects.ts';
import { storeOf } from '../../../kernel/nf_tables/set.ts';
import type { Cmd, Expr } from '../../../parsers/nft/ast.ts';
import { setDecl } from '../set/decl.ts';
import { readElements } from '../set/read.ts';
import { elementsOf } from '../set/write.ts';
import { list, oneRule, type Listing } from './list.ts';
import { setText } from './set.ts';
import { bareHead } from './table.ts';

const tablesOf = (cmd: Cmd, l: Listing): readonly Table[] =>
  l.nft.ruleset.tables.filter((t) => (cmd.handle.family === 'unspec' || t.family === cmd.handle.family) && (!cmd.handle.table || t.name === cmd.handle.table.name));

/** do_command_reset: the listing of the moment, then counters and quotas start again. */
export function reset(cmd: Cmd, l: Listing): 'ENOENT' | 'EOPNOTSUPP' | null {
  const { object: o, handle: h } = cmd,
    tables = tablesOf(cmd, l);
  switch (o.kind) {
    case 'object':
    case 'objects': {
      list(cmd, l);
      for (const t of tables) for (const x of t.objects) if (x.kind === o.type && (!h.obj || o.kind === 'objects' || x.name === h.obj.name)) l.nft.live.resetObject(x);
      return null;
    }
    case 'rules':
    case 'table':
    case 'chain': {
      list(cmd, l);
      for (const t of tables) for (const c of t.chains) if (o.kind !== 'chain' || c.name === h.chain?.name) for (const r of c.rules) l.nft.live.reset(r);
      return null;
    }
    case 'rule': {
      // do_command_list_json
      if (l.json) return 'EOPNOTSUPP';
      for (const t of tables) {
        oneRule(t, h.chain?.name ?? '', (r) => r.handle === h.handle?.id, l);
        for (const r of t.chains.find((c) => c.name === h.chain?.name)?.rules ?? []) if (r.handle === h.handle?.id) l.nft.live.reset(r);
      }
      return null;
    }
    case 'set':
    case 'map': {
      list(cmd, l);
      for (const t of tables) for (const e of t.sets.find((s) => s.name === h.set?.name)?.elements ?? []) l.nft.live.reset(e);
      return null;
    }
    case 'element':
      return getElements(cmd, l, true);
    default:
      return null;
  }
}

/** do_get_setelems: the elements that these keys hit. */
export function getElements(cmd: Cmd, l: Listing, andReset = false): 'ENOENT' | null {
  const { object: o, handle: h } = cmd;
  const t = tablesOf(cmd, l)[0],
    set = t?.sets.find((s) => s.name === h.set?.name);
  if (!set || o.kind !== 'element') return 'ENOENT';
  // set_clone copies the types of the key, and little else
  const decl = { ...setDecl(l.nft, t.family, t.name, set, false), keyTypeof: false, stmts: [] };
  const wanted = elementsOf(decl, o.expr, t.family, { add: false, first: false }).map((x) => x.element);
  const tree = set.flags.interval && !(set.flags.concat && set.fieldLens.length > 1);
  const groups = tree ? getIntervals(set, wanted, o.expr) : getExact(set, wanted);
  if (!groups) return 'ENOENT';
  const read = groups.map((g) => readElements(l.nft, set, decl, g));
  const items = read.flatMap((r) => r?.items ?? []);
  if (read[0]) decl.init = { ...read[0], items };
  delete decl.comment;
  delete decl.timeout;
  delete decl.gcInterval;
  // do_get_setelems knows no JSON
  l.out(`${bareHead(t)}${setText(decl, l.p)}}\n`);
  if (andReset) for (const e of new Set(groups.flat())) l.nft.live.reset(e);
  return null;
}

/** Hashes and concatenated intervals: what holds the key, each once. */
function getExact(set: NftSet, wanted: readonly NewElement[]): SetElement[][] | null {
  const out = new Set<SetElement>();
  const catchall = [...set.elements].find((e) => e.flags.catchall);
  for (const w of wanted) {
    const e = w.flags.catchall ? catchall : storeOf(set).lookup(w.key);
    if (!e || (e === catchall && !w.flags.catchall)) return null;
    out.add(e);
  }
  return [[...out]];
}

const compare = (a: Uint8Array, b: Uint8Array): number => {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return 0;
};

/**
 * nft_rbtree_get and get_set_decompose: for each key, in their order, the interval around it as start and end. A key that is a range
 * must have its end in the same interval, and that must not be the one without an end.
 */
function getIntervals(set: NftSet, wanted: readonly NewElement[], asked: Expr): SetElement[][] | null {
  const ranges = (asked.kind === 'set' ? asked.items : [asked]).map((i) => {
    const left = i.kind === 'mapping' ? i.left : i;
    const key = left.kind === 'set_elem' ? left.key : left;
    return key.kind === 'range' || key.kind === 'prefix';
  });
  const all = [...set.elements];
  const nodes = all.filter((e) => !e.flags.catchall).sort((a, b) => compare(a.key, b.key) || Number(b.flags.intervalEnd) - Number(a.flags.intervalEnd));
  const out: SetElement[][] = [];
  for (const [i, w] of wanted.entries()) {
    if (w.flags.intervalEnd) continue;
    if (w.flags.catchall) {
      const catchall = all.find((e) => e.flags.catchall);
      if (!catchall) return null;
      out.push([catchall]);
      continue;
    }
    const at = nodes.findLastIndex((e) => compare(e.key, w.key) <= 0);
    if (at < 0 || nodes[at].flags.intervalEnd) return null;
    const end = nodes[at + 1] as SetElement | undefined,
      last = wanted[i + 1];
    if (ranges[out.length] && (!last?.flags.intervalEnd || (end && compare(last.key, end.key) > 0))) return null;
    out.push(end ? [nodes[at], end.flags.intervalEnd ? end : Object.freeze({ key: end.key, flags: { intervalEnd: true, catchall: false }, exprs: [], id: -1 })] : [nodes[at]]);
  }
  return out;
}
