import type { NewElement } from '../../../kernel/nf_tables/message.ts';
import type { NftSet, SetElement, Table } from '../../../kernel/nf_tables/objects.ts';
import type { LiveState } from '../../../kernel/nf_tables/live.ts';
import { storeOf } from '../../../kernel/nf_tables/set.ts';
import type { Cmd, Expr } from '../../../parsers/nft/ast.ts';
import { setDecl } from '../set/decl.ts';
import { readElements } from '../set/read.ts';
import { elementsOf } from '../set/write.ts';
import { wantsElements, type Need } from '../apply/need.ts';
import { list, type Listing } from './list.ts';
import { setText } from './set.ts';
import { bareHead } from './table.ts';

const tablesOf = (cmd: Cmd, l: Listing): readonly Table[] =>
  l.nft.ruleset.tables.filter((t) => (cmd.handle.family === 'unspec' || t.family === cmd.handle.family) && (!cmd.handle.table || t.name === cmd.handle.table.name));

/** do_command_reset: what was read is listed; the reading itself has started it again (`startAgain`). */
export function reset(cmd: Cmd, l: Listing): 'ENOENT' | 'EINVAL' | 'EOPNOTSUPP' | null {
  const { kind } = cmd.object;
  if (kind === 'element') return getElements(cmd, l, true);
  // do_command_list_json
  if (kind === 'rule' && l.json) return 'EOPNOTSUPP';
  return list(cmd, l);
}

/** Counters and quotas of what was read with NFT_MSG_GETRULE_RESET and its kin. */
export function startAgain(live: LiveState, tables: readonly Table[], { only, ...need }: Need): void {
  for (const t of tables) {
    if (only.reset === 'objects') for (const o of t.objects) live.resetObject(o);
    if (only.reset === 'rules') for (const c of t.chains) for (const r of c.rules) live.reset(r);
    if (only.reset === 'elements') for (const s of t.sets) if (wantsElements({ only, ...need }, t, s)) for (const e of s.elements) live.reset(e);
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
