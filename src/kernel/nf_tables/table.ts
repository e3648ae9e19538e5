import { deleteChain, flushRules } from './chain.ts';
import { removeObject } from './object.ts';
import type { NftMessage } from './message.ts';
import type { Table } from './objects.ts';
import { refuse, type Outcome } from './refusal.ts';
import { removeSet } from './set.ts';
import { DraftTable, type Transaction } from './transaction.ts';

type Of<O extends NftMessage['op']> = Extract<NftMessage, { op: O }>;

const DORMANT = 1,
  OWNER = 2,
  PERSIST = 4;

/** nft_table_lookup's test of the owner. */
export const owned = (tx: Transaction, t: DraftTable): boolean => t.flags.owner && t.ownerPort !== tx.port;

const info = (t: DraftTable): Omit<Table, 'chains' | 'sets' | 'objects' | 'flowtables'> => ({
  family: t.family,
  name: t.name,
  handle: t.handle,
  flags: t.flags,
  ownerPort: t.ownerPort,
  ...(t.comment !== undefined && { comment: t.comment }),
});

/** nf_tables_newtable */
export function newTable(tx: Transaction, m: Of<'newtable'>): Outcome {
  const flags = m.flags ?? 0;
  const old = tx.table(m.family, m.table);
  if (old) {
    if (owned(tx, old)) return refuse('EPERM', 'table');
    if (m.excl) return refuse('EEXIST', 'table');
    return m.flags === undefined ? null : updateTable(tx, old, flags);
  }
  if (flags & ~(DORMANT | OWNER | PERSIST)) return refuse('EOPNOTSUPP');
  const t = new DraftTable(null, {
    family: m.family,
    name: m.table,
    handle: tx.nft.tableHandle(),
    comment: m.comment,
    ownerPort: flags & OWNER ? tx.port : 0,
    flags: { dormant: (flags & DORMANT) !== 0, owner: (flags & OWNER) !== 0, persist: (flags & PERSIST) !== 0 },
  });
  tx.addTable(t);
  tx.event({ event: 'newtable', family: t.family, table: t.name, payload: info(t) });
  return null;
}

/** nf_tables_updtable: only dormancy changes, and a persistent table without owner may be adopted. */
function updateTable(tx: Transaction, t: DraftTable, flags: number): Outcome {
  if (flags & ~(DORMANT | OWNER | PERSIST)) return refuse('EOPNOTSUPP');
  const now = (t.flags.dormant ? DORMANT : 0) | (t.flags.owner ? OWNER : 0) | (t.flags.persist ? PERSIST : 0);
  if (flags === now) return null;
  if (t.flags.owner && !(flags & OWNER)) return refuse('EOPNOTSUPP');
  const adopt = !t.flags.owner && (flags & OWNER) !== 0;
  if (adopt && !t.flags.persist) return refuse('EOPNOTSUPP');
  if ((flags ^ now) & PERSIST) return refuse('EOPNOTSUPP');
  if (t.updated) return refuse('EINVAL');
  t.updated = true;
  if (adopt) t.ownerPort = tx.port;
  t.flags = { dormant: (flags & DORMANT) !== 0, owner: (flags & OWNER) !== 0, persist: t.flags.persist };
  tx.event({ event: 'newtable', family: t.family, table: t.name, payload: info(t) });
  return null;
}

/** nf_tables_deltable, nft_flush */
export function delTable(tx: Transaction, m: Of<'deltable' | 'destroytable'>): Outcome {
  if (m.family === 'unspec' || (m.table === undefined && m.handle === undefined)) {
    for (const t of tx.everyTable(m.family)) {
      if (m.table !== undefined && t.name !== m.table) continue;
      if (owned(tx, t)) continue;
      flushTable(tx, t);
    }
    return null;
  }
  const byHandle = m.handle !== undefined;
  const t = byHandle ? tx.tableByHandle(m.family, m.handle) : tx.table(m.family, m.table!);
  if (!t) return m.op === 'destroytable' ? null : refuse('ENOENT', byHandle ? 'handle' : 'table');
  if (owned(tx, t)) return refuse('EPERM', byHandle ? 'handle' : 'table');
  if (m.nonrec && (t.chains.size || t.sets.size || t.objects.size)) return refuse('EBUSY');
  flushTable(tx, t);
  return null;
}

/** nft_flush_table: rules first, so that nothing is referenced when chains, sets and objects go. */
function flushTable(tx: Transaction, t: DraftTable): void {
  for (const c of [...t.chains.values()]) if (!c.binding) flushRules(tx, t, c);
  for (const s of [...t.sets.values()]) removeSet(tx, t, s);
  for (const o of [...t.objects.values()]) removeObject(tx, t, o);
  for (const c of [...t.chains.values()]) deleteChain(tx, t, c);
  tx.removeTable(t);
  tx.event({ event: 'deltable', family: t.family, table: t.name, payload: info(t) });
}
