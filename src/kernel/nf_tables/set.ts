import { backendOf, makeElements, type ElementStore } from './elements.ts';
import { releaseElement } from './element.ts';
import type { NftMessage } from './message.ts';
import { trackable } from '../expr/kind/ct.ts';
import { HZ } from '../clock.ts';
import type { NftSet } from './objects.ts';
import { refuse, type Outcome } from './refusal.ts';
import { owned } from './table.ts';
import type { DraftTable, Transaction } from './transaction.ts';

type Of<O extends NftMessage['op']> = Extract<NftMessage, { op: O }>;

/** NFT_DATA_VALUE_MAXLEN */
const MAX_LEN = 64;
/** NFT_SET_EXPR_MAX */
const MAX_EXPRS = 2;

/** Timeouts are kept in jiffies (nf_msecs_to_jiffies64), so they lose what is below one. */
export const jiffies = (ms: bigint): bigint => ms - (ms % BigInt(1000 / HZ));

/** nf_tables_newset */
export function newSet(tx: Transaction, m: Of<'newset'>): Outcome {
  const { set } = m,
    f = set.flags;
  const t = tx.table(m.family, m.table);
  if (set.keyLen === 0 || set.keyLen > MAX_LEN || (!f.object && set.dataLen > MAX_LEN)) return refuse('EINVAL');
  if (f.eval && f.object) return refuse('EOPNOTSUPP');
  if (f.anonymous && f.timeout && f.eval) return refuse('EOPNOTSUPP');
  if (f.constant && f.timeout) return refuse('EOPNOTSUPP');
  if (set.objType !== undefined && !f.object) return refuse('EINVAL');
  if (set.timeout > 0n && !f.timeout) return refuse('EINVAL');
  if (set.gcInterval > 0 && !f.timeout) return refuse('EINVAL');
  if (f.concat && !set.fieldLens.length) return refuse('EINVAL');
  if (!t) return refuse('ENOENT', 'table');
  if (owned(tx, t)) return refuse('EPERM', 'table');
  const old = f.anonymous ? undefined : t.sets.get(set.name);
  if (old) return m.excl ? refuse('EEXIST', 'name') : updateSet(tx, t, old, m);
  const backend = backendOf(f, set.fieldLens);
  if (!backend) return refuse('EOPNOTSUPP');
  if (set.exprs.some((e) => e.kind === 'connlimit') && !trackable(m.family)) return refuse('EPROTO');
  // NFT_EXPR_GC: only the resizable hash collects closed connections
  if (set.exprs.some((e) => e.kind === 'connlimit') && (f.timeout || backend !== 'hash' || (!f.eval && set.size > 0))) return refuse('EOPNOTSUPP');
  if (set.exprs.length > MAX_EXPRS) return refuse('E2BIG');
  const name = f.anonymous ? freeName(t, set.name) : set.name;
  const made: NftSet = Object.freeze({
    ...set,
    timeout: jiffies(set.timeout),
    name,
    id: tx.nft.nextId(),
    handle: tx.nft.nextHandle(t.handle),
    ...(backend === 'hash' && set.size > 0 && !f.timeout && !f.eval && { fixed: true }),
    elements: makeElements(set, tx.nft.net.clock.now.bind(tx.nft.net.clock)),
  });
  tx.setIds.set(m.id, name);
  t.sets.set(name, made);
  tx.event({ event: 'newset', family: t.family, table: t.name, payload: made });
  return null;
}

/** By template, below which number all names of a draft were taken when last asked; worth keeping while its sets only grow. */
const taken = new WeakMap<DraftTable['sets'], Map<string, number>>();

/** nf_tables_set_alloc_name: the lowest number not in use. */
function freeName(t: DraftTable, template: string): string {
  if (!template.includes('%d')) return template;
  let floors = taken.get(t.sets);
  if (!floors) taken.set(t.sets, (floors = new Map()));
  for (let n = floors.get(template) ?? 0; ; n++) {
    const name = template.replace('%d', String(n));
    if (!t.sets.has(name)) {
      floors.set(template, n);
      return name;
    }
  }
}

/** A set is gone from a draft: its name is free again. */
function dropName(t: DraftTable, name: string): void {
  t.sets.delete(name);
  taken.delete(t.sets);
}

/** nft_set_is_same; what may change are timeout, gc interval and size. */
function updateSet(tx: Transaction, t: DraftTable, old: NftSet, m: Of<'newset'>): Outcome {
  const { set } = m,
    flags = Object.keys(old.flags) as (keyof NftSet['flags'])[];
  const same =
    old.keyType === set.keyType &&
    old.dataType === set.dataType &&
    old.keyLen === set.keyLen &&
    old.dataLen === set.dataLen &&
    flags.every((k) => old.flags[k] === set.flags[k]) &&
    String(old.fieldLens) === String(set.fieldLens) &&
    old.objType === set.objType &&
    old.exprs.length === set.exprs.length &&
    old.exprs.every((e, i) => e.kind === set.exprs[i].kind);
  if (!same) return refuse('EEXIST', 'name');
  tx.setIds.set(m.id, old.name);
  const made: NftSet = Object.freeze({
    ...old,
    timeout: jiffies(set.timeout) || old.timeout,
    gcInterval: set.gcInterval || old.gcInterval,
    size: set.size || old.size,
  });
  t.sets.set(old.name, made);
  tx.event({ event: 'newset', family: t.family, table: t.name, payload: made });
  return null;
}

/** nf_tables_delset */
export function delSet(tx: Transaction, m: Of<'delset' | 'destroyset'>): Outcome {
  const destroy = m.op === 'destroyset';
  const t = tx.table(m.family, m.table);
  if (!t) return refuse('ENOENT', 'table');
  if (owned(tx, t)) return refuse('EPERM', 'table');
  const attribute = m.handle !== undefined ? ('handle' as const) : ('name' as const);
  const set = m.handle !== undefined ? [...t.sets.values()].find((s) => s.handle === m.handle) : t.sets.get(m.set ?? '');
  if (!set) return destroy ? null : refuse('ENOENT', attribute);
  if (tx.uses(set.id) > 0 || (m.nonrec && set.elements.size > 0)) return refuse('EBUSY', attribute);
  removeSet(tx, t, set);
  return null;
}

export const storeOf = (set: NftSet): ElementStore => set.elements as ElementStore;

export function removeSet(tx: Transaction, t: DraftTable, set: NftSet): void {
  if (t.sets.get(set.name) !== set) return;
  dropName(t, set.name);
  if (set.flags.map || set.flags.object) for (const e of set.elements) releaseElement(tx, t, set, e);
  tx.event({ event: 'delset', family: t.family, table: t.name, payload: set });
}
