import type { Cmd, Named, RuleDecl, Stmt, StmtOf } from '../../../parsers/nft/ast.ts';
import type { CachedChain, CachedRule, CachedTable } from './cache.ts';
import { Context } from './context.ts';
import { nearestIn, NOT_FOUND, tableNotFound } from './expr.ts';
import { evaluateStmt, terminal } from './stmt.ts';

/** rule_evaluate */
export function evaluateRule(c: Context, rule: RuleDecl): void {
  c.resetProtocols(rule.handle.family);
  c.rule = rule;
  let last: Stmt | null = null;
  for (const s of [...rule.stmts]) {
    if (last) c.fail('Statement after terminal statement has no effect', s.loc, last.loc);
    c.stmt = s;
    evaluateStmt(c, s);
    if (terminal.has(s)) last = s;
    c.inner = null;
  }
  c.stmt = null;
}

export const chainNotFound = (c: Context): never => notFound(c, c.cmd.handle.chain, 'chain', (t) => [...t.chains.keys()]);

export function notFound(c: Context, named: Named | undefined, kind: string, names: (t: CachedTable) => readonly string[]): never {
  const at = named?.loc ?? c.cmd.loc;
  const found = nearestIn(c.cache.tables, named?.name ?? '', names);
  return found ? c.fail(`${NOT_FOUND}; did you mean ${kind} '${found.name}' in table ${found.table.family} '${found.table.name}'?`, at) : c.fail(NOT_FOUND, at);
}

const PROCESS = 'Could not process rule: No such file or directory';

/** rule_cache_update: places are known by handle, or, for rules of the same run, by a number of the batch. */
export function placeRule(c: Context, rule: RuleDecl, op: Cmd['op'], needed: boolean): void {
  const table = c.cache.find(rule.handle.family, rule.handle.table?.name);
  if (!table) {
    if (needed) tableNotFound(c);
    return;
  }
  const name = rule.handle.chain?.name;
  if (name === undefined) return;
  const chain = table.chains.get(name);
  if (!chain) {
    if (needed) chainNotFound(c);
    return;
  }
  const { index, handle, position } = rule.handle;
  let ref: CachedRule | undefined;
  const byHandle = (id: bigint): CachedRule | undefined => chain.rules.find((r) => r.handle === id);
  if (index) {
    ref = chain.rules[Number(index.id) - 1];
    if (!ref) c.fail(PROCESS, index.loc);
    if (ref?.handle !== undefined) rule.handle.position = { id: ref.handle, loc: index.loc };
    else if (ref) {
      ref.id ??= c.ids.next++;
      if (ref.decl) ref.decl.id = ref.id;
      rule.handle.positionId = ref.id;
    }
  } else if (handle) {
    ref = byHandle(handle.id);
    if (!ref && needed) c.fail(PROCESS, handle.loc);
  } else if (position) {
    ref = byHandle(position.id);
    if (!ref && needed) c.fail(PROCESS, position.loc);
  }
  insert(chain, { decl: rule }, ref, op);
}

function insert(chain: CachedChain, rule: CachedRule, ref: CachedRule | undefined, op: Cmd['op']): void {
  const at = ref ? chain.rules.indexOf(ref) : -1;
  switch (op) {
    case 'insert':
      chain.rules.splice(Math.max(at, 0), 0, rule);
      break;
    case 'add':
      chain.rules.splice(at < 0 ? chain.rules.length : at + 1, 0, rule);
      break;
    case 'replace':
      if (at >= 0) chain.rules.splice(at, 1, rule);
      break;
    default:
      break;
  }
}

/** stmt_evaluate_chain: `jump { … }` makes a chain without a name and its rules before the rule itself. */
export function evaluateChainStmt(c: Context, s: StmtOf<'chain'>): void {
  const id = c.ids.next++;
  s.id = id;
  const { handle } = c.rule;
  const own = { family: handle.family, ...(handle.table ? { table: handle.table } : {}) };
  c.before.push({ loc: s.loc, op: 'add', handle: own, object: { kind: 'chain', decl: { loc: s.loc, handle: own, flags: ['binding'], rules: [], id } } });
  for (const rule of s.rules) {
    rule.handle = { ...own, chainId: id };
    const inner = new Context(c.names, c.cache, c.errors, c.ids);
    inner.cmd = c.cmd;
    inner.before = c.before;
    inner.after = c.after;
    evaluateRule(inner, rule);
    c.before.push({ loc: rule.loc, op: 'add', handle: rule.handle, object: { kind: 'rule', decl: rule } });
  }
}
