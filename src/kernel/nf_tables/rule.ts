import { checkExpression, findExpression } from '../expr/check.ts';
import { RuleRegisters } from '../expr/registers.ts';
import { hasExtension, settled } from '../expr/xt.ts';
import type { InitContext } from '../expr/definition.ts';
import type { Expression, Verdict } from '../expr/expression.ts';
import { deleteChain, flushRules } from './chain.ts';
import { KeptRule } from './kept-rule.ts';
import type { NftMessage } from './message.ts';
import type { Chain, NftSet, Rule } from './objects.ts';
import { refuse, type Outcome } from './refusal.ts';
import { factsOf } from './rule-facts.ts';
import { removeSet } from './set.ts';
import { owned } from './table.ts';
import { verdictOf, type DraftTable, type Transaction } from './transaction.ts';
import { foresee } from './validate.ts';

type Of<O extends NftMessage['op']> = Extract<NftMessage, { op: O }>;

/** NFT_RULE_MAXEXPRS */
const MAX_EXPRESSIONS = 128;

const placeOf = (rules: readonly KeptRule[], number: number): number => rules.findIndex((r) => r.number === number);

/** nf_tables_newrule */
export function newRule(tx: Transaction, m: Of<'newrule'>): Outcome {
  const t = tx.table(m.family, m.table);
  if (!t) return refuse('ENOENT', 'table');
  if (owned(tx, t)) return refuse('EPERM', 'table');
  const chainName = m.chain ?? tx.chainIds.get(m.chainId ?? -1);
  const chain = t.chains.get(chainName ?? '');
  if (!chain) return refuse('ENOENT', 'chain');
  if (chain.binding && tx.uses(chain.id) > 0) return refuse('EOPNOTSUPP');
  // A number is taken before the place is looked for, and stays taken when there is no such place.
  const number = m.mode === 'replace' ? undefined : tx.nft.nextHandle(t.handle);
  let at = m.mode === 'append' ? chain.rules.length : 0;
  if (m.position !== undefined) {
    at = placeOf(chain.rules, Number(m.position));
    if (at < 0) return refuse('ENOENT', m.mode === 'replace' ? 'handle' : 'position');
    if (m.mode === 'replace' && m.excl) return refuse('EEXIST', 'handle');
    if (m.mode === 'append') at++;
  } else if (m.positionId !== undefined) {
    at = placeOf(chain.rules, tx.ruleIds.get(m.positionId) ?? -1);
    if (at < 0) return refuse('ENOENT', 'position');
    if (m.mode === 'append') at++;
  }
  const old = m.mode === 'replace' ? chain.rules[at] : undefined;
  const handle = number ?? old?.handle ?? tx.nft.nextHandle(t.handle);
  if (m.exprs.length > MAX_EXPRESSIONS) return refuse('ERANGE');
  const bound = bindExpressions(tx, t, chain, m);
  if ('errno' in bound) return bound;
  const rule = KeptRule.made(handle, tx.nft.nextId(), factsOf(bound.exprs), {
    exprs: bound.exprs,
    ...(m.comment !== undefined && { comment: m.comment }),
    ...(m.userdata && { userdata: m.userdata }),
    ...(m.compat && { compat: m.compat }),
  });
  tx.lastRule = rule;
  if (m.id !== undefined) tx.ruleIds.set(m.id, rule.number);
  const draft = t.edit(chain);
  const middle = at > 0 && at < draft.rules.length - (old ? 1 : 0);
  const position = middle ? draft.rules[at - 1].handle : undefined;
  if (old) releaseRule(tx, t, chain.name, old);
  draft.rules.splice(at, old ? 1 : 0, rule);
  foresee(tx.nft.net, t, chain, rule);
  if (at === draft.rules.length - 1) tx.nft.stored.appended(draft.rules, tx.nft.ruleset.generation + 1);
  tx.event({
    event: 'newrule',
    family: t.family,
    table: t.name,
    payload: { chain: t.renames.get(chain.name) ?? chain.name, rule, mode: m.mode, ...(position !== undefined && { position }) },
  });
  tx.dirty.add(t);
  return null;
}

/** Parses and makes each expression in order; names of this batch's anonymous sets and chains are filled in. */
function bindExpressions(tx: Transaction, t: DraftTable, chain: Chain, m: Of<'newrule'>): { exprs: readonly Expression[] } | NonNullable<Outcome> {
  const ctx: InitContext = {
    net: tx.nft.net,
    family: t.family,
    table: t.name,
    chain,
    ...(m.compat && { compat: m.compat }),
    set: (name) => t.sets.get(name),
    object: (kind, name) => t.object(kind, name),
  };
  const registers = new RuleRegisters();
  const exprs: Expression[] = [];
  for (const [at, e] of m.exprs.entries()) {
    const bad = (e.kind === 'match' || e.kind === 'target') && !hasExtension(e, t.family) ? 'ENOENT' : findExpression(e, ctx);
    if (bad) return refuse(bad, 'expressions', at);
  }
  for (const [at, raw] of m.exprs.entries()) {
    const e = named(tx, t, raw);
    const bad = checkExpression(e, ctx, registers) ?? hold(tx, t, e);
    if (bad) return refuse(bad, 'expressions', at);
    exprs.push(Object.freeze(stored(e, t)));
  }
  return { exprs: Object.freeze(exprs) };
}

/** NFT_LIMIT_PKT_BURST_DEFAULT */
const PACKET_BURST = 5;

/** What the kernel keeps of an expression that it takes. */
function stored(e: Expression, t: DraftTable): Expression {
  if (e.kind === 'match' || e.kind === 'target') return settled(e, t.family);
  // nft_dynset_dump: what the set brings itself is not the rule's to say
  if (e.kind === 'dynset' && e.exprs.length && t.sets.get(e.set)?.exprs.length) return { ...e, exprs: [] };
  if (e.kind === 'limit' && e.type === 'pkts' && e.burst === 0) return { ...e, burst: PACKET_BURST };
  return e;
}

function named(tx: Transaction, t: DraftTable, e: Expression): Expression {
  if (e.kind === 'lookup' || e.kind === 'dynset' || e.kind === 'objref_map') {
    const name = t.sets.has(e.set) ? e.set : (tx.setIds.get(e.setId) ?? e.set);
    return name === e.set ? e : { ...e, set: name };
  }
  const v = verdictOf(e);
  if (e.kind === 'immediate' && v) return { ...e, data: { verdict: namedVerdict(tx, v) } };
  return e;
}

export function namedVerdict(tx: Transaction, v: Verdict): Verdict {
  if ((v.code !== 'jump' && v.code !== 'goto') || v.chainId === undefined) return v;
  return { code: v.code, chain: tx.chainIds.get(v.chainId) ?? v.chain };
}

/** Takes the references of one expression: to chains, sets and objects. */
function hold(tx: Transaction, t: DraftTable, e: Expression): 'ENOENT' | 'EINVAL' | 'EBUSY' | 'EOPNOTSUPP' | null {
  switch (e.kind) {
    case 'immediate': {
      const v = verdictOf(e);
      return v ? holdVerdict(tx, t, v) : null;
    }
    case 'lookup':
    case 'dynset':
    case 'objref_map': {
      const set = t.sets.get(e.set);
      if (!set) return 'ENOENT';
      if (set.flags.anonymous && tx.uses(set.id) > 0) return 'EBUSY';
      tx.use(set.id, 1);
      // nft_dynset_init: a set that packets fill has a bound
      if (e.kind === 'dynset' && set.size === 0) t.sets.set(set.name, Object.freeze({ ...set, size: 0xffff }));
      return null;
    }
    case 'objref': {
      const o = t.object(e.type, e.name);
      if (!o) return 'ENOENT';
      tx.use(o.id, 1);
      return null;
    }
    default:
      return null;
  }
}

/** nft_verdict_init: the target exists and is no base chain. */
export function holdVerdict(tx: Transaction, t: DraftTable, v: Verdict): 'ENOENT' | 'EINVAL' | 'EOPNOTSUPP' | null {
  if (v.code !== 'jump' && v.code !== 'goto') return null;
  const chain = t.chains.get(v.chain);
  if (!chain) return 'ENOENT';
  if (chain.hook) return 'EOPNOTSUPP';
  if (chain.binding && tx.uses(chain.id) > 0) return 'EINVAL';
  tx.use(chain.id, 1);
  return null;
}

export function releaseVerdict(tx: Transaction, t: DraftTable, v: Verdict): void {
  if (v.code !== 'jump' && v.code !== 'goto') return;
  const chain = t.chains.get(v.chain);
  if (!chain) return;
  tx.use(chain.id, -1);
  if (chain.binding) {
    flushRules(tx, t, chain);
    deleteChain(tx, t, t.chains.get(chain.name)!);
  }
}

/** nft_delrule, nft_rule_expr_deactivate */
export function releaseRule(tx: Transaction, t: DraftTable, chain: string, rule: Rule): void {
  tx.event({ event: 'delrule', family: t.family, table: t.name, payload: { chain, rule, mode: 'append' } });
  for (const e of rule.exprs) {
    if (e.kind === 'lookup' || e.kind === 'dynset' || e.kind === 'objref_map') releaseSet(tx, t, t.sets.get(e.set));
    else if (e.kind === 'objref') {
      const o = t.object(e.type, e.name);
      if (o) tx.use(o.id, -1);
    } else if (e.kind === 'immediate' && 'verdict' in e.data) releaseVerdict(tx, t, e.data.verdict);
  }
}

function releaseSet(tx: Transaction, t: DraftTable, set: NftSet | undefined): void {
  if (!set) return;
  tx.use(set.id, -1);
  if (set.flags.anonymous && tx.uses(set.id) === 0) removeSet(tx, t, set);
}

/** nf_tables_delrule */
export function delRule(tx: Transaction, m: Of<'delrule' | 'destroyrule'>): Outcome {
  const destroy = m.op === 'destroyrule';
  const t = tx.table(m.family, m.table);
  if (!t) return refuse('ENOENT', 'table');
  if (owned(tx, t)) return refuse('EPERM', 'table');
  if (m.chain === undefined) {
    for (const c of [...t.chains.values()]) if (!c.binding) flushRules(tx, t, c);
    return null;
  }
  const chain = t.chains.get(m.chain);
  if (!chain) return destroy ? null : refuse('ENOENT', 'chain');
  if (chain.binding) return refuse('EOPNOTSUPP');
  if (m.handle === undefined && m.id === undefined) {
    flushRules(tx, t, chain);
    return null;
  }
  const at = placeOf(chain.rules, Number(m.handle ?? tx.ruleIds.get(m.id ?? -1) ?? -1));
  if (at < 0) return destroy ? null : refuse('ENOENT', 'handle');
  const draft = t.edit(chain);
  const [rule] = draft.rules.splice(at, 1);
  releaseRule(tx, t, chain.name, rule);
  return null;
}
