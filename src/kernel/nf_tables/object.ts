import { checkObject, keptObject } from '../expr/check.ts';
import type { NftMessage } from './message.ts';
import type { NftObject } from './objects.ts';
import { refuse, type Outcome } from './refusal.ts';
import { owned } from './table.ts';
import type { DraftTable, Transaction } from './transaction.ts';

type Of<O extends NftMessage['op']> = Extract<NftMessage, { op: O }>;

/** nf_tables_newobj; of the objects only quota, limit (no) and tunnel know an update: quota's is nft_quota_obj_update. */
export function newObject(tx: Transaction, m: Of<'newobj'>): Outcome {
  const t = tx.table(m.family, m.table);
  if (!t) return refuse('ENOENT', 'table');
  if (owned(tx, t)) return refuse('EPERM', 'table');
  const old = t.object(m.value.kind, m.name);
  if (old) {
    if (m.excl) return refuse('EEXIST', 'name');
    if (m.value.kind === 'quota' && old.value.kind === 'quota') {
      const made: NftObject = Object.freeze({ ...old, value: { ...m.value, consumed: old.value.consumed } });
      t.objects.set(`${old.kind}/${old.name}`, made);
      tx.event({ event: 'newobj', family: t.family, table: t.name, payload: made });
    }
    return null;
  }
  const bad = checkObject(m.value, { net: tx.nft.net, family: t.family });
  if (bad) return refuse(bad);
  const made: NftObject = Object.freeze({
    kind: m.value.kind,
    name: m.name,
    handle: tx.nft.nextHandle(t.handle),
    value: Object.freeze({ ...keptObject(m.value) }),
    id: tx.nft.nextId(),
    ...(m.comment !== undefined && { comment: m.comment }),
  });
  t.objects.set(`${made.kind}/${made.name}`, made);
  tx.event({ event: 'newobj', family: t.family, table: t.name, payload: made });
  return null;
}

/** nf_tables_delobj */
export function delObject(tx: Transaction, m: Of<'delobj' | 'destroyobj'>): Outcome {
  const destroy = m.op === 'destroyobj';
  const t = tx.table(m.family, m.table);
  if (!t) return refuse('ENOENT', 'table');
  if (owned(tx, t)) return refuse('EPERM', 'table');
  const attribute = m.handle !== undefined ? ('handle' as const) : ('name' as const);
  const object = m.handle !== undefined ? [...t.objects.values()].find((o) => o.kind === m.kind && o.handle === m.handle) : t.object(m.kind, m.name ?? '');
  if (!object) return destroy ? null : refuse('ENOENT', attribute);
  if (tx.uses(object.id) > 0) return refuse('EBUSY', attribute);
  removeObject(tx, t, object);
  return null;
}

export function removeObject(tx: Transaction, t: DraftTable, o: NftObject): void {
  t.objects.delete(`${o.kind}/${o.name}`);
  tx.event({ event: 'delobj', family: t.family, table: t.name, payload: o });
}
