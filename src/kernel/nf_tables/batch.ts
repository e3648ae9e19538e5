import { delChain, newChain } from './chain.ts';
import { delElements, newElements } from './element.ts';
import { delFlowtable, newFlowtable } from './flowtable.ts';
import type { KeptRule } from './kept-rule.ts';
import type { MessageError, NftMessage } from './message.ts';
import type { CommitOptions, CommitResult, NfTables } from './nf-tables.ts';
import { delObject, newObject } from './object.ts';
import type { Outcome } from './refusal.ts';
import { delRule, newRule } from './rule.ts';
import { delSet, newSet } from './set.ts';
import { delTable, newTable } from './table.ts';
import { Transaction } from './transaction.ts';
import { validateTable } from './validate.ts';

type NewRule = Extract<NftMessage, { op: 'newrule' }>;

/** Rules appended to one chain one after the other, as they were made. */
interface Appended {
  readonly like: Omit<NewRule, 'exprs' | 'id' | 'comment' | 'userdata' | 'compat'>;
  readonly rules: KeptRule[];
  readonly ids: (number | undefined)[];
}

/** Does a rule's message mean the same when its expressions are those of the rule that was made? Names of a batch's own sets and chains would be others. */
const isRepeatable = (m: NewRule): boolean =>
  m.mode === 'append' &&
  m.position === undefined &&
  m.positionId === undefined &&
  m.exprs.every((e) => {
    if (e.kind === 'lookup' || e.kind === 'dynset' || e.kind === 'objref_map') return false;
    return !(e.kind === 'immediate' && 'verdict' in e.data && 'chainId' in e.data.verdict);
  });

/** The messages of a batch, to be sent again. A long batch is mostly appended rules: those are kept as what they became. */
class Sent {
  readonly #parts: (NftMessage | Appended)[] = [];

  add(m: NftMessage, made: KeptRule | null): void {
    if (!made || m.op !== 'newrule' || !isRepeatable(m)) {
      this.#parts.push(m);
      return;
    }
    const { exprs: _, id, comment: _c, userdata: _u, compat: _k, ...like } = m;
    const last = this.#parts.at(-1);
    const fits = last && 'rules' in last && last.like.family === m.family && last.like.table === m.table && last.like.chain === m.chain && last.like.chainId === m.chainId;
    if (fits && last.like.excl === m.excl) {
      last.rules.push(made);
      last.ids.push(id);
    } else this.#parts.push({ like, rules: [made], ids: [id] });
  }

  *[Symbol.iterator](): Generator<NftMessage> {
    for (const p of this.#parts) {
      if (!('rules' in p)) yield p;
      else
        for (const [i, { exprs, comment, userdata, compat }] of p.rules.entries()) {
          const id = p.ids[i];
          yield { ...p.like, exprs, ...(id !== undefined && { id }), ...(comment !== undefined && { comment }), ...(userdata && { userdata }), ...(compat && { compat }) };
        }
    }
  }
}

/**
 * A batch at work: its messages are applied to drafts as they come, so that who sends many need not keep them. It ends with `end`
 * or `drop`, before another begins.
 */
export class Batch {
  readonly #nft: NfTables;
  readonly #options: CommitOptions;
  readonly #restore: () => void;
  readonly #sent = new Sent();
  #tx: Transaction;
  #errors: MessageError[] = [];
  #count = 0;

  constructor(nft: NfTables, options: CommitOptions) {
    this.#nft = nft;
    this.#options = options;
    this.#restore = nft.numbers();
    this.#tx = this.#begin();
  }

  #begin(): Transaction {
    return new Transaction(this.#nft, this.#options.pid, this.#options.echo === true || this.#nft.isHeard);
  }

  /** Adds a message: what it is refused with, if it is. */
  add(m: NftMessage): MessageError | null {
    const bad = this.#apply(m, false);
    this.#sent.add(m, this.made);
    return bad;
  }

  /** The rule that the last message made. */
  get made(): KeptRule | null {
    return this.#tx.lastRule;
  }

  /** `strict`: chains are walked after each message that can make them invalid (NFT_VALIDATE_DO). */
  #apply(m: NftMessage, strict: boolean): MessageError | null {
    const tx = this.#tx;
    const index = this.#count++;
    tx.current = index;
    tx.excl = 'excl' in m && m.excl;
    tx.lastRule = null;
    let bad = apply(tx, m);
    if (tx.lastRule) this.#nft.tellOrigin(tx.lastRule, () => this.#options.origin?.(index));
    if (!bad && strict && (m.op === 'newrule' || m.op === 'newsetelem' || m.op === 'newchain')) bad = this.#invalid(false);
    if (!bad) return null;
    const error = { index, ...bad };
    this.#errors.push(error);
    return error;
  }

  #invalid(whole: boolean): Outcome {
    for (const t of this.#tx.dirty) {
      const errno = validateTable(this.#nft.net, t, whole);
      if (errno) return { errno };
    }
    return null;
  }

  /** Puts the next ruleset in place, or tells all errors, as nfnetlink_rcv_batch does. */
  end(): CommitResult {
    // Chains that do not validate: the batch is replayed to find the rule at fault. What one without its end finds wrong in chains
    // is lost with the replay (nfnetlink_rcv_batch, NFNL_ABORT_VALIDATE).
    if (!this.#options.check && !this.#errors.length && this.#invalid(true)) {
      this.#tx.abort();
      this.#tx = this.#begin();
      this.#count = 0;
      for (const m of this.#sent) this.#apply(m, true);
    }
    if (!this.#errors.length && !this.#options.check) return { ok: true, events: this.#nft.swap(this.#tx, this.#options) };
    this.#tx.abort();
    return this.#errors.length ? { ok: false, errors: this.#errors } : { ok: true, events: [] };
  }

  /** Ends it as though it had never been sent. */
  drop(): void {
    this.#tx.abort();
    this.#restore();
  }

  /** What the ruleset would be, while `look` runs; then it is dropped. */
  preview<T>(look: () => T): T {
    const before = this.#nft.ruleset;
    this.#nft.ruleset = this.#tx.finish(before.generation);
    try {
      return look();
    } finally {
      this.#nft.ruleset = before;
      this.drop();
    }
  }
}

function apply(tx: Transaction, m: NftMessage): Outcome {
  switch (m.op) {
    case 'newtable':
      return newTable(tx, m);
    case 'deltable':
    case 'destroytable':
      return delTable(tx, m);
    case 'newchain':
      return newChain(tx, m);
    case 'delchain':
    case 'destroychain':
      return delChain(tx, m);
    case 'newrule':
      return newRule(tx, m);
    case 'delrule':
    case 'destroyrule':
      return delRule(tx, m);
    case 'newset':
      return newSet(tx, m);
    case 'delset':
    case 'destroyset':
      return delSet(tx, m);
    case 'newsetelem':
      return newElements(tx, m);
    case 'delsetelem':
    case 'destroysetelem':
      return delElements(tx, m);
    case 'newobj':
      return newObject(tx, m);
    case 'delobj':
    case 'destroyobj':
      return delObject(tx, m);
    case 'newflowtable':
      return newFlowtable(tx, m);
    case 'delflowtable':
    case 'destroyflowtable':
      return delFlowtable(tx, m);
  }
}
