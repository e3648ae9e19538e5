import type { StatefulExpression } from '../expr/expression.ts';
import { sameOps } from '../expr/stateful.ts';
import { trackable } from '../expr/kind/ct.ts';
import type { Keys } from './element-row.ts';
import type { NewElement, NftMessage } from './message.ts';
import type { NftSet, SetElement } from './objects.ts';
import { refuse, type Outcome } from './refusal.ts';
import { holdVerdict, namedVerdict, releaseVerdict } from './rule.ts';
import { jiffies, storeOf } from './set.ts';
import { owned } from './table.ts';
import type { DraftTable, Transaction } from './transaction.ts';
import type { Errno } from '../errno.ts';

type Of<O extends NftMessage['op']> = Extract<NftMessage, { op: O }>;

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((x, i) => x === b[i]);

/** nf_tables_newsetelem */
export function newElements(tx: Transaction, m: Of<'newsetelem'>): Outcome {
  const t = tx.table(m.family, m.table);
  if (!t) return refuse('ENOENT', 'table');
  if (owned(tx, t)) return refuse('EPERM', 'table');
  const set = t.sets.get(m.set) ?? t.sets.get(tx.setIds.get(m.setId ?? -1) ?? '');
  if (!set) return refuse('ENOENT', 'set');
  if (tx.uses(set.id) > 0 && set.flags.constant) return refuse('EBUSY');
  if (m.keys && addKeys(tx, t, set, m.keys)) return null;
  for (const [at, e] of (m.keys ? eachKey(m.keys) : m.elements).entries()) {
    const bad = addElement(tx, t, set, e, m.excl);
    if (bad) return refuse(bad, 'element', at);
  }
  if (set.dataLen === 0 && set.flags.map) tx.dirty.add(t);
  return null;
}

const eachKey = (keys: Keys): NewElement[] =>
  Array.from({ length: keys.count }, (_, i) => ({
    key: keys.keys.slice(i * keys.width, (i + 1) * keys.width),
    flags: { intervalEnd: keys.ends[i] === 1, catchall: false },
  }));

/** Many keys at once; false, and nothing done: one of them may not be as it is, or stands for more. */
function addKeys(tx: Transaction, t: DraftTable, set: NftSet, keys: Keys): boolean {
  const f = set.flags,
    store = storeOf(set);
  if (f.map || f.object || f.timeout || set.exprs.length || keys.width !== set.keyLen || (!f.interval && keys.ends.includes(1))) return false;
  if (set.size > 0 && store.count + keys.count > limitOf(set)) return false;
  const undo = store.insertMany(keys, () => tx.nft.nextId());
  if (!undo) return false;
  tx.onAbort(undo);
  tx.changed = true;
  if (tx.heard)
    tx.events.push({
      event: 'newsetelems',
      family: t.family,
      table: t.name,
      payload: {
        set,
        elements: () =>
          eachKey(keys)
            .map((k) => store.find(k.key, undefined, k.flags))
            .filter((e) => e !== null),
      },
      message: tx.current,
      ...(tx.excl && { excl: true }),
    });
  return true;
}

/** Type number of verdicts, which nft gives to what the kernel calls NFT_DATA_VERDICT. */
const VERDICT = 1;

/** What nft_add_set_elem refuses before it looks at the data. */
function malformed(set: NftSet, e: NewElement): Errno | null {
  const f = set.flags,
    end = e.flags.intervalEnd;
  if (end && !f.interval) return 'EINVAL';
  if (!f.map && e.data) return 'EINVAL';
  if (f.map && !f.object && !e.data && !end) return 'EINVAL';
  if (f.object ? e.objref === undefined && !end : e.objref !== undefined) return 'EINVAL';
  if (end && (e.data || e.objref !== undefined || e.timeout !== undefined || e.exprs?.length)) return 'EINVAL';
  if (e.timeout !== undefined && !f.timeout) return 'EINVAL';
  if (e.expiration !== undefined) {
    if (!f.timeout) return 'EINVAL';
    const timeout = e.timeout ?? set.timeout;
    if (timeout === 0n) return 'EOPNOTSUPP';
    if (e.expiration > timeout) return 'ERANGE';
  }
  if (e.exprs?.length && set.exprs.length && (e.exprs.length !== set.exprs.length || e.exprs.some((x, i) => !sameOps(x, set.exprs[i])))) return 'EOPNOTSUPP';
  if (!e.flags.catchall && e.key.length !== set.keyLen) return 'EINVAL';
  if (e.data && set.flags.map && 'verdict' in e.data !== (set.dataType === VERDICT)) return 'EINVAL';
  if (e.data && 'value' in e.data && e.data.value.length !== set.dataLen) return 'EINVAL'; // nft_setelem_parse_data
  return null;
}

const withoutExpiration = ({ expiration: _, ...plain }: NewElement): Omit<NewElement, 'expiration'> => plain;
const isKeyOnly = (e: NewElement): boolean => {
  for (const k in e) if (k !== 'key' && k !== 'flags') return false;
  return true;
};

/** nft_add_set_elem */
function addElement(tx: Transaction, t: DraftTable, set: NftSet, e: NewElement, excl: boolean): Errno | null {
  const bad = malformed(set, e);
  if (bad) return bad;
  // nft_connlimit_do_init
  if (e.exprs?.some((x) => x.kind === 'connlimit') && !trackable(t.family)) return 'EPROTO';
  const store = storeOf(set);
  const data = e.data && 'verdict' in e.data ? { verdict: namedVerdict(tx, e.data.verdict) } : e.data;
  const object = e.objref === undefined ? undefined : set.objType && t.object(set.objType, e.objref);
  if (e.objref !== undefined && !object) return 'ENOENT';
  const timeout = e.flags.intervalEnd || !set.flags.timeout ? 0n : jiffies(e.timeout ?? set.timeout);
  const left = e.expiration === undefined ? timeout : jiffies(e.expiration);
  const exprs: readonly StatefulExpression[] = e.flags.intervalEnd ? [] : e.exprs?.length ? e.exprs : set.exprs;
  const element: SetElement = Object.freeze(
    isKeyOnly(e) && timeout === 0n
      ? { key: e.key, flags: e.flags, exprs, id: tx.nft.nextId() }
      : {
          ...withoutExpiration(e),
          ...(e.timeout !== undefined && { timeout: jiffies(e.timeout) }),
          ...(data && { data }),
          exprs,
          id: tx.nft.nextId(),
          ...(timeout > 0n && { expiresAt: tx.nft.net.clock.now() + Number(left) }),
        },
  );
  const clash = store.insert(element, set.flags.anonymous);
  if (clash) return clash.same ? again(tx, set, clash.element, element, excl, e) : 'EEXIST';
  if (set.size > 0 && !e.flags.catchall && store.count > limitOf(set)) {
    store.remove(element);
    return 'ENFILE';
  }
  tx.insertElement(store, element);
  if (data && 'verdict' in data) {
    const refused = holdVerdict(tx, t, data.verdict);
    if (refused) return refused;
  }
  if (object) tx.use(object.id, 1);
  tx.event({ event: 'newsetelem', family: t.family, table: t.name, payload: { set, element } });
  return null;
}

/** nft_set_maxsize: an interval takes two nodes of the tree, and the end of the space one more. */
function limitOf(set: NftSet): number {
  const tree = set.flags.interval && !(set.flags.concat && set.fieldLens.length > 1);
  return tree ? set.size * 2 + (set.flags.anonymous ? 0 : 1) : set.size;
}

/** The same key once more: forgiven without NLM_F_EXCL when it says the same, and timeouts are taken over. */
function again(tx: Transaction, set: NftSet, old: SetElement, fresh: SetElement, excl: boolean, e: NewElement): Errno | null {
  const differs = (a: SetElement['data'], b: SetElement['data']): boolean => {
    if (!a || !b) return a !== b;
    if ('verdict' in a || 'verdict' in b) return !('verdict' in a && 'verdict' in b) || JSON.stringify(a.verdict) !== JSON.stringify(b.verdict);
    return !sameBytes(a.value, b.value);
  };
  if (differs(old.data, fresh.data) || old.objref !== fresh.objref) return 'EEXIST';
  if (excl) return 'EEXIST';
  if (e.timeout === undefined && e.expiration === undefined) return null;
  const { expiresAt: _, ...rest } = old;
  const changed: SetElement = Object.freeze({
    ...rest,
    ...(fresh.timeout !== undefined && { timeout: fresh.timeout }),
    ...(fresh.expiresAt !== undefined && { expiresAt: fresh.expiresAt }),
  });
  tx.changeElement(storeOf(set), old, changed);
  tx.changed = true;
  return null;
}

/** What an element holds is let go. */
export function releaseElement(tx: Transaction, t: DraftTable, set: NftSet, e: SetElement): void {
  if (e.data && 'verdict' in e.data) releaseVerdict(tx, t, e.data.verdict);
  if (e.objref !== undefined && set.objType) {
    const o = t.object(set.objType, e.objref);
    if (o) tx.use(o.id, -1);
  }
}

/** nf_tables_delsetelem */
export function delElements(tx: Transaction, m: Of<'delsetelem' | 'destroysetelem'>): Outcome {
  const destroy = m.op === 'destroysetelem';
  const t = tx.table(m.family, m.table);
  if (!t) return refuse('ENOENT', 'table');
  if (owned(tx, t)) return refuse('EPERM', 'table');
  const set = t.sets.get(m.set);
  if (!set) return refuse('ENOENT', 'set');
  if (tx.uses(set.id) > 0 && set.flags.constant) return refuse('EBUSY');
  const store = storeOf(set);
  const gone = (element: SetElement): void => {
    tx.removeElement(store, element);
    releaseElement(tx, t, set, element);
    tx.event({ event: 'delsetelem', family: t.family, table: t.name, payload: { set, element } });
  };
  if (!m.elements) {
    for (const e of [...store]) gone(e);
    return null;
  }
  for (const [at, e] of m.elements.entries()) {
    const found = store.find(e.key, e.keyEnd, e.flags);
    if (found) gone(found);
    else if (!destroy) return refuse('ENOENT', 'element', at);
  }
  return null;
}
