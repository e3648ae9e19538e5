import type { NewElement } from '../../../kernel/nf_tables/message.ts';
import type { NftSet, SetElement, Table } from '../../../kernel/nf_tables/objects.ts';
import { storeOf } from '../../../kernel/nf_tables/set.ts';
import type { Cmd } from '../../../parsers/nft/ast.ts';
import { setDecl } from '../set/decl.ts';
import { readElements } from '../set/read.ts';
import { elementsOf } from '../set/write.ts';
import { list, oneRule, type Listing } from './list.ts';
import { setText } from './set.ts';
import { bareHead } from './table.ts';

const tablesOf = (cmd: Cmd, l: Listing): readonly Table[] =>
  l.nft.ruleset.tables.filter((t) => (cmd.handle.family === 'unspec' || t.family === cmd.handle.family) && (!cmd.handle.table || t.name === cmd.handle.table.name));

/** do_command_reset: the listing of the moment, then counters and quotas start again. */
export function reset(cmd: Cmd, l: Listing): 'ENOENT' | null {
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
  const decl = setDecl(l.nft, t.family, t.name, set, false),
    found: SetElement[] = [];
  for (const { element } of elementsOf(decl, o.expr, t.family, { add: false, first: false })) {
    const hit = find(set, element, found);
    if (hit === 'ENOENT') return hit;
  }
  decl.init = readElements(l.nft, set, decl, found);
  // set_clone copies no more than this
  decl.stmts = [];
  delete decl.comment;
  delete decl.timeout;
  delete decl.gcInterval;
  // do_get_setelems knows no JSON
  l.out(`${bareHead(t)}${setText(decl, l.p)}}\n`);
  if (andReset) for (const e of found) l.nft.live.reset(e);
  return null;
}

/** nft_set_ops get: exact in hashes, covering in intervals; of an interval both its ends are answered. */
function find(set: NftSet, wanted: NewElement, into: SetElement[]): 'ENOENT' | null {
  const put = (e: SetElement): void => {
    if (!into.includes(e)) into.push(e);
  };
  const all = [...set.elements];
  const catchall = all.find((e) => e.flags.catchall);
  if (wanted.flags.catchall) {
    if (!catchall) return 'ENOENT';
    put(catchall);
    return null;
  }
  const tree = set.flags.interval && !(set.flags.concat && set.fieldLens.length > 1);
  const cmp = (a: Uint8Array, b: Uint8Array): number => {
    for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
    return 0;
  };
  if (tree) {
    if (wanted.flags.intervalEnd) return null;
    const nodes = all.filter((e) => !e.flags.catchall).sort((a, b) => cmp(a.key, b.key) || Number(b.flags.intervalEnd) - Number(a.flags.intervalEnd));
    const at = nodes.findLastIndex((e) => cmp(e.key, wanted.key) <= 0);
    if (at < 0 || nodes[at].flags.intervalEnd) return 'ENOENT';
    put(nodes[at]);
    const end = nodes[at + 1];
    if (end) put(end.flags.intervalEnd ? end : Object.freeze({ key: end.key, flags: { intervalEnd: true, catchall: false }, exprs: [], id: -1 }));
    return null;
  }
  const e = storeOf(set).lookup(wanted.key);
  if (!e || e === catchall) return 'ENOENT';
  put(e);
  return null;
}
