import type { Family, HookName } from '../../../kernel/net/hook.ts';
import type { Expression, ObjectKind } from '../../../kernel/expr/expression.ts';
import type { MessageAttribute, MessageError, NftMessage } from '../../../kernel/nf_tables/message.ts';
import { hookNumbers } from '../../../kernel/nf_tables/chain.ts';
import type { ChainDecl, Cmd, Expr, FlowtableDecl, Handle, Location, ObjDecl, RuleDecl, SetDecl, Stmt, TableDecl } from '../../../parsers/nft/ast.ts';
import { standardPriorities } from '../list/priority.ts';
import { goesToFilled } from '../evaluate/intervals.ts';
import { elementsOf, keysOf, newSetMessage, spanAt } from '../set/write.ts';
import { valueText } from '../linearize/data.ts';
import { mergePayloads } from '../linearize/merge.ts';
import { LocatingLinearizer } from './locate.ts';
import { objectValue } from './object.ts';

/** A message of the batch, the command it comes from, and where the user wrote each attribute (cmd_add_loc). */
export interface Pending {
  readonly message: NftMessage;
  readonly cmd: Cmd;
  readonly at: { readonly [K in MessageAttribute]?: Location };
  /** Elements, expressions or devices: one place each. */
  readonly list?: readonly Location[] | ((n: number) => Location);
}

/** Where an error of the kernel belongs. */
export function placeOf(p: Pending, e: MessageError): Location | null {
  if (!e.attribute) return null;
  if (e.at !== undefined && (e.attribute === 'element' || e.attribute === 'expressions' || e.attribute === 'dev' || e.attribute === 'devices'))
    return (typeof p.list === 'function' ? p.list(e.at) : p.list?.[e.at]) ?? null;
  return p.at[e.attribute] ?? null;
}

const TABLE_FLAGS: Readonly<Record<string, number>> = { dormant: 1, owner: 2, persist: 4 };

const BINDING = 4;
const HW_OFFLOAD = 2;

/**
 * The messages of a batch, in order of the commands. With `send` each goes as it comes, and a rule that has gone is kept
 * without what it is made of, as a long ruleset would be there several times otherwise.
 */
export class BatchBuilder {
  readonly out: Pending[] = [];
  readonly #send: ((m: NftMessage, cmd: Cmd) => void) | null;
  #setId = 1 << 20;

  constructor(send: ((m: NftMessage, cmd: Cmd) => void) | null = null) {
    this.#send = send;
  }

  add(cmd: Cmd, message: NftMessage, at: Pending['at'], list?: Pending['list']): void {
    const gone = this.#send && message.op === 'newrule' ? { ...message, exprs: [] } : message;
    this.out.push({ message: gone, cmd, at, ...(list && { list }) });
    this.#send?.(message, cmd);
    if (this.#send && cmd.object.kind === 'rule' && cmd.object.decl) cmd.object.decl.stmts = [];
  }

  command(cmd: Cmd): void {
    switch (cmd.op) {
      case 'add':
      case 'create':
      case 'insert':
      case 'replace':
        return this.#add(cmd);
      case 'delete':
      case 'destroy':
        return this.#delete(cmd);
      case 'flush':
        return this.#flush(cmd);
      case 'rename':
        return this.#rename(cmd);
      default:
        return;
    }
  }

  #add(cmd: Cmd): void {
    const { object: o, handle: h } = cmd,
      excl = cmd.op === 'create';
    switch (o.kind) {
      case 'table':
        return this.#table(cmd, o.decl, excl);
      case 'chain':
        return this.#chain(cmd, h, o.decl, excl);
      case 'rule':
        return this.#rule(cmd, h, o.decl!);
      case 'set':
      case 'map':
        return this.#set(cmd, o.decl!, o.id ?? ++this.#setId, excl);
      case 'setelems':
        return this.#fill(cmd, o.decl, o.decl.init, true, excl);
      case 'element':
        return this.#elements(cmd, o.expr, o.set, excl);
      case 'object':
        return this.#object(cmd, h, o.decl ?? { loc: cmd.loc, handle: h, type: o.type, value: {} }, excl);
      case 'flowtable':
        return this.#flowtable(cmd, h, o.decl!, excl);
      default:
        return;
    }
  }

  #table(cmd: Cmd, decl: TableDecl | undefined, excl: boolean): void {
    const h = cmd.handle,
      family = h.family as Family,
      table = h.table!;
    const flags = (decl?.flags ?? []).reduce((n, f) => n | (TABLE_FLAGS[f] ?? 0), 0);
    this.add(cmd, { op: 'newtable', family, table: table.name, excl, flags, ...(decl?.comment !== undefined && { comment: decl.comment }) }, { table: table.loc });
  }

  #chain(cmd: Cmd, h: Handle, decl: ChainDecl | undefined, excl: boolean): void {
    const family = h.family as Family,
      table = h.table!.name,
      chain = h.chain;
    if (decl?.id !== undefined && !chain) return this.add(cmd, { op: 'newchain', family, table, excl: false, flags: BINDING, id: decl.id }, { table: h.table!.loc });
    if (!chain) return;
    const hook = decl?.hook;
    const devices = hook?.devices ?? decl?.devices,
      words = deviceNames(devices);
    const at: { -readonly [K in MessageAttribute]?: Location } = { table: h.table!.loc, name: chain.loc };
    if (hook) {
      at.hook = hook.loc;
      at.type = hook.type.loc;
    }
    if (decl?.policy) at.policy = decl.policy.loc;
    const base = hook && {
      type: hook.type.name as 'filter' | 'nat' | 'route',
      name: hook.name.name as HookName,
      hooknum: hookNumbers(family)[hook.name.name] ?? 255,
      priority: priorityOf(hook.priority.expr, family),
      devices: words.map((w) => w.name),
    };
    const policy = decl?.policy ? policyOf(decl.policy.expr) : undefined;
    this.add(
      cmd,
      {
        op: 'newchain',
        family,
        table,
        chain: chain.name,
        excl,
        ...(decl?.flags.includes('offload') && { flags: HW_OFFLOAD }),
        ...(base && { hook: base }),
        ...(policy && { policy }),
        ...(decl?.comment !== undefined && { comment: decl.comment }),
      },
      at,
      words.map((w) => w.loc),
    );
  }

  #rule(cmd: Cmd, h: Handle, decl: RuleDecl): void {
    const family = h.family as Family,
      table = h.table!.name,
      place = decl.handle;
    const l = new LocatingLinearizer(family);
    for (const s of mergePayloads(decl.stmts, family)) l.stmt(s);
    const mode = cmd.op === 'replace' ? 'replace' : cmd.op === 'insert' ? 'insert' : 'append';
    const position = mode === 'replace' ? (place.handle ?? h.handle ?? place.position) : (place.position ?? h.position);
    const positionId = place.positionId ?? h.positionId;
    const chainId = place.chainId ?? h.chainId;
    this.add(
      cmd,
      {
        op: 'newrule',
        family,
        table,
        ...(chainId !== undefined ? { chainId } : { chain: h.chain!.name }),
        excl: cmd.op === 'create',
        mode,
        ...(position && { position: position.id }),
        ...(positionId !== undefined && { positionId }),
        ...(decl.id !== undefined && { id: decl.id }),
        exprs: withChains(decl.stmts, l.out),
        ...(decl.comment !== undefined && { comment: decl.comment }),
      },
      { table: h.table!.loc, ...(h.chain && { chain: h.chain.loc }), ...(mode === 'replace' && position && { handle: position.loc }), ...(h.handle && { position: h.handle.loc }) },
      l.locations(decl.loc),
    );
  }

  #set(cmd: Cmd, decl: SetDecl, id: number, excl: boolean): void {
    const h = decl.handle,
      family = h.family as Family,
      table = h.table!.name;
    const at = { table: h.table!.loc, name: h.set!.loc, set: h.set!.loc };
    this.add(cmd, newSetMessage(decl, family, table, id, excl), at);
    if (decl.flags.includes('anonymous')) this.#fill(cmd, decl, decl.init, true, false, id);
  }

  #elements(cmd: Cmd, expr: Expr, set: SetDecl | undefined, excl: boolean): void {
    if (!set) return;
    const h = cmd.handle;
    this.#fill(
      cmd,
      { ...set, handle: { ...set.handle, family: h.family, table: h.table, set: h.set } },
      expr,
      !goesToFilled(expr) && (set.init === undefined || (set.init.kind === 'set' && set.init.items.length === 0)),
      excl,
    );
  }

  #fill(cmd: Cmd, decl: SetDecl, init: Expr | undefined, first: boolean, excl: boolean, setId?: number): void {
    const h = decl.handle,
      family = h.family as Family;
    const message = { op: 'newsetelem', family, table: h.table!.name, set: h.set!.name, ...(setId !== undefined && { setId }), excl } as const,
      at = { table: h.table!.loc, set: h.set!.loc };
    const spans = init?.kind === 'set' ? init.items[0] : undefined;
    if (spans?.kind === 'spans') return this.add(cmd, { ...message, elements: [], keys: keysOf(decl, spans, first) }, at, (n) => spans.place(spanAt(decl, spans, first, n)));
    const located = elementsOf(decl, init, family, { add: true, first });
    if (!located.length) return;
    this.add(
      cmd,
      { ...message, elements: located.map((x) => x.element) },
      at,
      located.map((x) => x.loc),
    );
  }

  #object(cmd: Cmd, h: Handle, decl: ObjDecl, excl: boolean): void {
    const family = h.family as Family;
    this.add(
      cmd,
      {
        op: 'newobj',
        family,
        table: h.table!.name,
        name: h.obj!.name,
        excl,
        value: objectValue(decl, family),
        ...(decl.comment !== undefined && { comment: decl.comment }),
      },
      { table: h.table!.loc, name: h.obj!.loc },
    );
  }

  #flowtable(cmd: Cmd, h: Handle, decl: FlowtableDecl, excl: boolean): void {
    const words = deviceNames(decl.devices);
    const hook = decl.hook && { name: 'ingress' as const, hooknum: 0, priority: priorityOf(decl.hook.priority.expr, h.family as Family) };
    this.add(
      cmd,
      { op: 'newflowtable', family: h.family as Family, table: h.table!.name, name: h.flowtable!.name, excl, ...(hook && { hook }), devices: words.map((w) => w.name) },
      { table: h.table!.loc, name: h.flowtable!.loc },
      words.map((w) => w.loc),
    );
  }

  #delete(cmd: Cmd): void {
    const { object: o, handle: h } = cmd,
      family = h.family as Family,
      table = h.table?.name ?? '';
    const verb = cmd.op === 'destroy' ? ('destroy' as const) : ('del' as const);
    const at = { ...(h.table && { table: h.table.loc }), ...(h.handle && { handle: h.handle.loc }) };
    const handle = h.handle && { handle: h.handle.id };
    switch (o.kind) {
      case 'table':
        return this.add(cmd, { op: `${verb}table`, family, ...(h.table && { table: table }), ...handle }, at);
      case 'chain': {
        const words = deviceNames(o.decl?.devices ?? o.decl?.hook?.devices);
        return this.add(
          cmd,
          { op: `${verb}chain`, family, table, ...(h.chain && { chain: h.chain.name }), ...handle, ...(words.length && { devices: words.map((w) => w.name) }) },
          { ...at, ...(h.chain && { name: h.chain.loc }) },
          words.map((w) => w.loc),
        );
      }
      case 'rule':
        return this.add(cmd, { op: `${verb}rule`, family, table, ...(h.chain && { chain: h.chain.name }), ...handle }, { ...at, ...(h.chain && { chain: h.chain.loc }) });
      case 'set':
      case 'map':
        return this.add(cmd, { op: `${verb}set`, family, table, ...(h.set && { set: h.set.name }), ...handle }, { ...at, ...(h.set && { name: h.set.loc }) });
      case 'element': {
        const { set } = o;
        if (!set) return;
        const located = elementsOf(set, o.expr, family, { add: false, first: false });
        return this.add(
          cmd,
          { op: `${verb}setelem`, family, table, set: h.set!.name, elements: located.map((x) => x.element) },
          { ...at, set: h.set!.loc },
          located.map((x) => x.loc),
        );
      }
      case 'object':
        return this.add(
          cmd,
          { op: `${verb}obj`, family, table, kind: o.type as ObjectKind, ...(h.obj && { name: h.obj.name }), ...handle },
          { ...at, ...(h.obj && { name: h.obj.loc }) },
        );
      case 'flowtable':
        return this.add(
          cmd,
          { op: `${verb}flowtable`, family, table, ...(h.flowtable && { name: h.flowtable.name }), ...handle },
          { ...at, ...(h.flowtable && { name: h.flowtable.loc }) },
        );
      default:
        return;
    }
  }

  #flush(cmd: Cmd): void {
    const { object: o, handle: h } = cmd,
      family = h.family as Family,
      table = h.table?.name ?? '';
    const at = { ...(h.table && { table: h.table.loc }) };
    switch (o.kind) {
      case 'ruleset':
        return this.add(cmd, { op: 'deltable', family: h.family }, {});
      case 'table':
        return this.add(cmd, { op: 'delrule', family, table }, at);
      case 'chain':
        return this.add(cmd, { op: 'delrule', family, table, chain: h.chain!.name }, { ...at, chain: h.chain!.loc });
      case 'set':
      case 'map':
      case 'meter':
        return this.add(cmd, { op: 'delsetelem', family, table, set: h.set!.name }, { ...at, set: h.set!.loc });
      default:
        return;
    }
  }

  #rename(cmd: Cmd): void {
    const h = cmd.handle;
    const handle = (h.chain as { handle?: bigint } | undefined)?.handle;
    this.add(
      cmd,
      { op: 'newchain', family: h.family as Family, table: h.table!.name, chain: h.chain!.name, ...(handle !== undefined && { handle }), excl: false, rename: cmd.arg!.name },
      { table: h.table!.loc },
    );
  }
}

function deviceNames(e: Expr | undefined): { name: string; loc: Location }[] {
  if (!e) return [];
  if (e.kind === 'list' || e.kind === 'set') return e.items.flatMap(deviceNames);
  if (e.kind === 'variable') return deviceNames(e.symbol.expr);
  if (e.kind === 'set_elem') return deviceNames(e.key);
  return [{ name: wordOf(e), loc: e.loc }];
}

const wordOf = (e: Expr): string => (e.kind === 'symbol' ? e.identifier : e.kind === 'value' ? valueText(e) : '');

/** A number, or a standard name with what is added to it. */
function priorityOf(e: Expr, family: Family): number {
  if (e.kind === 'value') return Number(BigInt.asIntN(32, e.value));
  const m = /^(\w+)(?:\s*([+-])\s*(\d+))?$/.exec(wordOf(e));
  if (!m) return Number(wordOf(e)) || 0;
  const base = standardPriorities(family).find(([n]) => n === m[1])?.[1] ?? Number(m[1]);
  return base + (m[2] ? Number(`${m[2]}${m[3]}`) : 0);
}

function policyOf(e: Expr): 'accept' | 'drop' {
  if (e.kind === 'value') return e.value === 1n ? 'accept' : 'drop';
  return wordOf(e) === 'drop' ? 'drop' : 'accept';
}

/** Jumps to the nameless chains of this batch carry their number. */
function withChains(stmts: readonly Stmt[], exprs: readonly Expression[]): readonly Expression[] {
  const ids = stmts.flatMap((s) => (s.kind === 'chain' && s.id !== undefined ? [s.id] : []));
  if (!ids.length) return exprs;
  return exprs.map((e) => {
    if (e.kind !== 'immediate' || !('verdict' in e.data)) return e;
    const v = e.data.verdict;
    if ((v.code !== 'jump' && v.code !== 'goto') || (v.chain !== '' && v.chain !== undefined)) return e;
    return { ...e, data: { verdict: { ...v, chainId: ids.shift()! } } };
  });
}
