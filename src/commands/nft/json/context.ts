/** Contexts in which an expression stands (CTX_F_* of parser_json.c), as bits. */
export const CTX = { rhs: 1, stmt: 2, primary: 4, dtype: 8, setRhs: 16, mangle: 32, ses: 64, map: 128, concat: 256 } as const;

/** Those that a message names (ctx_flags_to_string). */
const WORDS: readonly (readonly [number, string])[] = [
  [CTX.rhs, 'RHS'],
  [CTX.stmt, 'STMT'],
  [CTX.primary, 'PRIMARY'],
  [CTX.dtype, 'DTYPE'],
];

const { rhs, stmt, primary, dtype, setRhs, mangle, ses, map, concat } = CTX;
const SELECTOR = primary | setRhs | ses | concat;
const OPERATOR = rhs | stmt | SELECTOR | map;

/** Where each expression may stand (cb_tbl of json_parse_expr). */
const ALLOWED: Readonly<Record<string, number>> = {
  concat: rhs | stmt | dtype | setRhs | primary | ses | map,
  set: rhs | stmt,
  map: stmt | primary | setRhs,
  prefix: rhs | setRhs | stmt | concat,
  range: rhs | setRhs | stmt | concat,
  payload: stmt | SELECTOR | mangle | map,
  exthdr: SELECTOR | map,
  'tcp option': SELECTOR | mangle,
  'ip option': SELECTOR | mangle,
  'sctp chunk': SELECTOR | mangle,
  'dccp option': primary,
  meta: stmt | SELECTOR | mangle | map,
  osf: stmt | primary | map | concat,
  ipsec: primary | map | concat,
  socket: primary | concat,
  rt: stmt | SELECTOR | map,
  ct: rhs | stmt | SELECTOR | mangle | map,
  numgen: stmt | SELECTOR | map,
  jhash: stmt | SELECTOR | map,
  symhash: stmt | SELECTOR | map,
  fib: SELECTOR | map,
  '|': OPERATOR,
  '^': OPERATOR,
  '&': OPERATOR,
  '>>': OPERATOR,
  '<<': OPERATOR,
  accept: rhs | setRhs,
  drop: rhs | setRhs,
  continue: rhs | setRhs,
  jump: rhs | setRhs,
  goto: rhs | setRhs,
  return: rhs | setRhs,
  elem: rhs | stmt | primary | ses,
};

let current = 0;

/** json_parse_flagged_expr: what is read inside stands in these contexts, `more` in those besides. */
export function inContext<T>(flags: number, read: () => T): T {
  const saved = current;
  current = flags;
  try {
    return read();
  } finally {
    current = saved;
  }
}
export const inMore = <T>(flags: number, read: () => T): T => inContext(current | flags, read);

export const stands = (flags: number): boolean => (current & flags) !== 0;
export const mayStand = (type: string): boolean => ((ALLOWED[type] as number) & current) === current;
export const contextWords = (): string =>
  WORDS.filter(([bit]) => current & bit)
    .map(([, word]) => word)
    .join(', ');
