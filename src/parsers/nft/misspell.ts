/** misspell.c: what a wrong word may have meant. */

/**
 * string_distance: edit distance with swaps, in one array whose rows overlap (the stride is the second word's length, not one
 * more), and with letters taken one further on than meant. Hints depend on both, so both are kept.
 */
function distance(a: string, b: string): number {
  const stride = b.length;
  const d = new Int32Array((a.length + 1) * (stride + 1));
  const at = (s: string, i: number): string => s[i] ?? '\0';
  for (let i = 0; i <= a.length; i++) d[i * stride] = i;
  for (let j = 0; j <= b.length; j++) d[j] = j;
  const get = (i: number, j: number): number => d[i * stride + j] as number;
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++) {
      const cost = at(a, i) === at(b, j) ? 0 : 1;
      let least = Math.min(get(i - 1, j) + 1, get(i, j - 1) + 1, get(i - 1, j - 1) + cost);
      if (i > 1 && j > 1 && at(a, i) === at(b, j - 1) && at(a, i - 1) === at(b, j)) least = Math.min(least, get(i - 2, j - 2) + cost);
      d[i * stride + j] = least;
    }
  return get(a.length, b.length);
}

/** Whether two words are near (string_misspell_update), and how near; the distance depends on their order. */
function nearness(a: string, b: string): number | undefined {
  const longer = Math.max(a.length, b.length);
  if (longer <= 1) return undefined;
  const limit = longer - Math.min(a.length, b.length) <= 1 ? Math.max(Math.ceil(longer / 3), 1) : Math.ceil((longer + 2) / 3);
  const d = distance(a, b);
  return d <= limit ? d : undefined;
}

function least(candidates: readonly string[], near: (c: string) => number | undefined): string | undefined {
  let best: string | undefined;
  let min = Number.POSITIVE_INFINITY;
  for (const c of candidates) {
    const d = near(c);
    if (d !== undefined && d < min) {
      min = d;
      best = c;
    }
  }
  return best;
}

/** The nearest name of a table, chain, set, object, variable. */
export const closest = (word: string, names: readonly string[]): string | undefined => least(names, (c) => nearness(c, word));
/** The nearest word of a datatype's symbols: compared the other way round. */
export const closestSymbol = (word: string, symbols: readonly string[]): string | undefined => least(symbols, (c) => nearness(word, c));
