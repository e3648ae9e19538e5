import type { Cmd, Expr, ExprOf, SetDecl } from '../../../parsers/nft/ast.ts';
import { bytesToValue, valueToBytes } from '../datatype/bytes.ts';
import type { ElementStore } from '../../../kernel/nf_tables/elements.ts';
import type { Context } from './context.ts';
import { spanElement } from './spans.ts';
import { bytesOf, constant, has, isString, ones } from './nature.ts';

/** An element as the stretch of values that it covers; `kernel`: it is there already (EXPR_F_KERNEL). */
interface Stretch {
  elem: Expr;
  low: bigint;
  high: bigint;
  kernel: boolean;
  remove?: boolean;
}

/** What is known of the elements of sets that are there, by declaration. */
const known = new WeakMap<SetDecl, Stretch[]>();
/** Of sets whose elements nobody has read yet: what commands add. */
const pending = new WeakMap<SetDecl, readonly Expr[]>();

const keyOf = (e: Expr): Expr => (e.kind === 'mapping' ? keyOf(e.left) : e.kind === 'set_elem' ? e.key : e);
/** Strings compare by their bytes from the left. */
const number = (e: ExprOf<'value'>): bigint => (isString(e) ? bytesToValue(valueToBytes(e.value, bytesOf(e.len), 'host'), 'big') : e.value);

function stretch(elem: Expr, kernel: boolean): Stretch | null {
  const key = keyOf(elem);
  switch (key.kind) {
    case 'value': {
      const v = number(key);
      return { elem, low: v, high: v, kernel };
    }
    case 'range':
      return key.left.kind === 'value' && key.right.kind === 'value' ? { elem, low: number(key.left), high: number(key.right), kernel } : null;
    case 'prefix': {
      if (key.prefix.kind !== 'value') return null;
      const low = number(key.prefix);
      return { elem, low, high: low | ones(key.len - key.prefixLen), kernel };
    }
    default:
      return null;
  }
}

/** All stretches of a set's elements. */
function stretches(items: readonly Expr[], kernel: boolean): Stretch[] {
  return items.flatMap((e) => {
    if (e.kind !== 'spans') return stretch(e, kernel) ?? [];
    return Array.from(e.low, (_, n): Stretch => ({ elem: spanElement(e, n), low: BigInt(e.low[n]), high: BigInt(e.high[n]), kernel }));
  });
}

const sorted = (list: Stretch[]): Stretch[] => list.sort((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0));

/** The key is written anew where merging or splitting moved an end. */
function rewrite(s: Stretch): Expr {
  const put = (e: Expr): Expr => {
    if (e.kind === 'mapping') return { ...e, left: put(e.left) };
    if (e.kind === 'set_elem') return { ...e, key: put(e.key) };
    const was = stretch(e, false);
    if (!was || (was.low === s.low && was.high === s.high)) return e;
    const end = (v: bigint): ExprOf<'value'> => constant(e.loc, v, e.dtype, e.byteorder, e.len);
    if (s.low === s.high) return end(s.low);
    return { kind: 'range', left: end(s.low), right: end(s.high), loc: e.loc, dtype: e.dtype, byteorder: e.byteorder, len: e.len };
  };
  return put(s.elem);
}

function existing(c: Context, set: SetDecl): Stretch[] {
  let list = known.get(set);
  if (!list) {
    const table = c.cache.find(set.handle.family, set.handle.table?.name);
    const there = table ? c.cache.elements(table, set) : undefined;
    list = there?.kind === 'set' ? stretches(there.items, true) : [];
    if (set.init?.kind === 'set' && set.init !== there) for (const s of stretches(set.init.items, true)) list.push(s);
    for (const s of stretches(pending.get(set) ?? [], true)) list.push(s);
    known.set(set, list);
    pending.delete(set);
  }
  return list;
}
export const forgetElements = (set: SetDecl): void => {
  known.set(set, []);
  pending.delete(set);
};

/** Elements come to a set that is `untouched`. */
export const noteAdded = (set: SetDecl, items: readonly Expr[]): void => {
  pending.set(set, items);
};

/** The elements of a set as the kernel has them, as long as no command of the run has been held against them. */
export function untouched(c: Context, set: SetDecl): ElementStore | null {
  if (known.has(set) || pending.has(set) || set.init) return null;
  const table = c.cache.find(set.handle.family, set.handle.table?.name);
  return (table && c.cache.store(table, set)) ?? null;
}

/** Elements that are added to a set which has some already: the empty stretch before the first is known to it (segtree_needs_first_segment). */
const later = new WeakSet<Expr>();
export const goesToFilled = (init: Expr): boolean => later.has(init);

/** interval_set_eval: overlaps are refused, or merged where the set says so. */
export function intervals(c: Context, set: SetDecl, init: ExprOf<'set'>): void {
  const table = c.cache.find(set.handle.family, set.handle.table?.name);
  const here = has(set, 'anonymous') ? undefined : table?.sets.get(set.handle.set?.name ?? '');
  // a set that is being declared has no elements before; one that was there has
  const owner = here && (here !== set || c.cmd.object.kind === 'element') ? here : undefined;
  switch (c.cmd.op) {
    case 'add':
    case 'create':
    case 'replace':
    case 'insert':
      if (set.autoMerge) automerge(c, set, init, owner);
      else overlap(c, init, owner);
      break;
    case 'delete':
    case 'destroy':
      if (owner) remove(c, set, init, owner);
      break;
    default:
      break;
  }
}

const hasStart = (store: ElementStore): boolean => store.starts > 0;

/** Do new stretches, in order, leave each other and the kernel's alone? */
function apart(store: ElementStore, mine: readonly Stretch[]): boolean {
  for (const [i, s] of mine.entries()) {
    if (i > 0 && s.low <= mine[i - 1].high) return false;
    const key = keyOf(s.elem),
      bytes = Math.ceil(key.len / 8);
    const after = s.high + 1n < 1n << BigInt(bytes * 8) ? valueToBytes(s.high + 1n, bytes, 'big') : null;
    if (store.meets(valueToBytes(s.low, bytes, 'big'), after)) return false;
  }
  return true;
}

const others = (init: ExprOf<'set'>): Expr[] => init.items.filter((e) => e.kind !== 'spans' && stretch(e, false) === null);

function overlap(c: Context, init: ExprOf<'set'>, owner: SetDecl | undefined | null): void {
  const mine = stretches(init.items, false);
  const store = owner ? untouched(c, owner) : null;
  if (owner && store && apart(store, sorted([...mine]))) {
    if (hasStart(store)) later.add(init);
    init.items = [...others(init), ...sorted(mine).map((s) => s.elem)];
    noteAdded(owner, init.items);
    return;
  }
  const there = owner ? existing(c, owner) : [];
  if (there.length) later.add(init);
  const list = sorted([...mine, ...there]);
  let prev: Stretch | null = null;
  for (const s of list) {
    if (prev && !(prev.low === s.low && prev.high === s.high) && s.low <= prev.high) {
      if (prev.kernel) c.fail('interval overlaps with an existing one', s.elem.loc);
      if (s.kernel) c.fail('interval overlaps with an existing one', prev.elem.loc);
      c.fail('conflicting intervals specified', s.elem.loc, prev.elem.loc);
    }
    prev = s;
  }
  init.items = [...others(init), ...sorted(mine).map((s) => s.elem)];
  there.push(...(owner ? mine.map((s) => ({ ...s, kernel: true })) : []));
}

/** set_automerge */
function automerge(c: Context, set: SetDecl, init: ExprOf<'set'>, owner: SetDecl | undefined | null): void {
  const mine = stretches(init.items, false);
  if (has(set, 'map')) {
    init.items = [...others(init), ...sorted(mine).map((s) => s.elem)];
    return;
  }
  const there = owner ? existing(c, owner) : [];
  if (there.length) later.add(init);
  const { kept, purged } = merge(sorted([...mine, ...there]));
  const fresh = kept.filter((s) => !s.kernel);
  init.items = [...others(init), ...fresh.map(rewrite)];
  if (owner) known.set(owner, [...kept.filter((s) => s.kernel), ...fresh.map((s) => ({ ...s, elem: rewrite(s), kernel: true }))]);
  if (purged.length)
    c.before.push(
      elementCommand(
        c,
        'delete',
        set,
        purged.map((s) => s.elem),
      ),
    );
}

function merge(list: readonly Stretch[]): { kept: Stretch[]; purged: Stretch[] } {
  const kept: Stretch[] = [];
  const purged: Stretch[] = [];
  const drop = (s: Stretch): void => {
    const i = kept.lastIndexOf(s);
    if (i >= 0) kept.splice(i, 1);
  };
  let prev: Stretch | null = null;
  let high = 0n;
  for (const original of list) {
    const s = { ...original };
    if (!prev) {
      prev = s;
      high = s.high;
      kept.push(s);
      continue;
    }
    if (high >= s.high) {
      if (s.kernel) purged.push(original);
      continue;
    }
    if (s.low <= high + 1n) {
      if (prev.kernel) {
        purged.push({ ...prev });
        drop(prev);
        s.low = prev.low;
        kept.push(s);
        high = s.high;
        prev = s;
        continue;
      }
      prev.high = s.high;
      high = s.high;
      if (s.kernel) purged.push(original);
      continue;
    }
    prev = s;
    high = s.high;
    kept.push(s);
  }
  return { kept, purged };
}

const elementCommand = (c: Context, op: 'add' | 'delete', set: SetDecl, items: Expr[]): Cmd => ({
  loc: c.cmd.loc,
  op,
  handle: set.handle,
  object: {
    kind: 'element',
    set,
    expr: { kind: 'set', items, flags: ['interval'], loc: c.cmd.loc, dtype: set.key?.dtype ?? 'invalid', byteorder: 'invalid', len: set.key?.len ?? 0 },
  },
});

/** set_delete: of a merging set parts of an interval can be taken. */
function remove(c: Context, set: SetDecl, init: ExprOf<'set'>, owner: SetDecl): void {
  let going = stretches(init.items, false);
  if (set.autoMerge) going = merge(sorted(going)).kept.map((s) => ({ ...s, elem: rewrite(s) }));
  const list = existing(c, owner);
  const purge: Stretch[] = [];
  for (const s of going) {
    list.push({ ...s, remove: true });
    sorted(list);
    take(c, set, list, purge);
  }
  init.items = [...others(init), ...purge.map((s) => s.elem)];
  const fresh = list.filter((s) => !s.kernel);
  for (const s of fresh) {
    s.elem = rewrite(s);
    s.kernel = true;
  }
  if (fresh.length)
    c.after.push(
      elementCommand(
        c,
        'add',
        set,
        fresh.map((s) => s.elem),
      ),
    );
}

/** setelem_delete */
function take(c: Context, set: SetDecl, list: Stretch[], purge: Stretch[]): void {
  const gone = (s: Stretch): void => {
    list.splice(list.indexOf(s), 1);
  };
  let prev: Stretch | null = null;
  for (const s of [...list]) {
    if (!s.remove) {
      prev = s;
      continue;
    }
    const missing = (): never => {
      gone(s);
      return c.fail('element does not exist', s.elem.loc);
    };
    if (!prev) return missing();
    if (prev.low === s.low && prev.high === s.high) {
      if (prev.kernel) {
        purge.push({ ...prev, elem: { ...prev.elem, loc: s.elem.loc } });
      }
      gone(prev);
      gone(s);
    } else if (set.autoMerge && prev.low <= s.low && prev.high >= s.high) {
      if (prev.kernel) purge.push({ ...prev, elem: { ...prev.elem, loc: s.elem.loc } });
      gone(prev);
      gone(s);
      if (prev.low < s.low) list.push({ ...prev, high: s.low - 1n, kernel: false });
      if (prev.high > s.high) list.push({ ...prev, low: s.high + 1n, kernel: false });
    } else missing();
    prev = null;
  }
}
