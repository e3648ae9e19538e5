import type { NftMessage } from './message.ts';
import { refuse, type Outcome } from './refusal.ts';
import { owned } from './table.ts';
import type { Transaction } from './transaction.ts';

type Of<O extends NftMessage['op']> = Extract<NftMessage, { op: O }>;

/** nf_tables_newflowtable on a kernel without a flow table type: nft_flowtable_type_get finds none. */
export function newFlowtable(tx: Transaction, m: Of<'newflowtable'>): Outcome {
  const t = tx.table(m.family, m.table);
  if (!t) return refuse('ENOENT', 'table');
  if (owned(tx, t)) return refuse('EPERM', 'table');
  return refuse('ENOENT');
}

/** nf_tables_delflowtable */
export function delFlowtable(tx: Transaction, m: Of<'delflowtable' | 'destroyflowtable'>): Outcome {
  const t = tx.table(m.family, m.table);
  if (!t) return refuse('ENOENT', 'table');
  if (m.op === 'destroyflowtable') return null;
  return refuse('ENOENT', m.handle !== undefined ? 'handle' : 'name');
}
