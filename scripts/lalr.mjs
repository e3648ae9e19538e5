// LALR(1) tables from the rules of a nearley grammar, as bison makes them (default reductions included): nft's syntax errors
// and the moments at which its scanner leaves a start condition depend on exactly that automaton. See docs/decisions.

/** rules: [{ name, symbols: [string | { token } | { literal }] }]; terminals: their names in order of declaration. */
export function lalr(rules, start, terminals) {
  const isNt = new Map();
  for (const r of rules) if (!isNt.has(r.name)) isNt.set(r.name, isNt.size);
  const nts = [...isNt.keys()];
  const tok = new Map(terminals.map((t, i) => [t, i]));
  const T = terminals.length;
  const num = (s) => {
    if (typeof s === 'string') {
      if (!isNt.has(s)) throw new Error(`grammar: nothing defines ${s}`);
      return T + isNt.get(s);
    }
    const name = s.literal ?? s.token;
    if (!tok.has(name)) throw new Error(`grammar: undeclared terminal ${name}`);
    return tok.get(name);
  };
  const prods = [{ lhs: -1, rhs: [num(start), tok.get('eof')] }, ...rules.map((r) => ({ lhs: T + isNt.get(r.name), rhs: r.symbols.map(num) }))];
  const byLhs = new Map();
  prods.forEach((p, i) => {
    if (!byLhs.has(p.lhs)) byLhs.set(p.lhs, []);
    byLhs.get(p.lhs).push(i);
  });

  // LR(0): an item is prod * 64 + dot
  const closureCache = new Map();
  const ntClosure = (nt) => {
    // productions reachable at the left of nt
    let c = closureCache.get(nt);
    if (c) return c;
    const seen = new Set([nt]);
    const work = [nt];
    c = [];
    while (work.length)
      for (const p of byLhs.get(work.pop()) ?? []) {
        c.push(p);
        const f = prods[p].rhs[0];
        if (f >= T && !seen.has(f)) {
          seen.add(f);
          work.push(f);
        }
      }
    closureCache.set(nt, c);
    return c;
  };
  const states = [];
  const index = new Map();
  const add = (kernel) => {
    kernel.sort((a, b) => a - b);
    const key = kernel.join();
    let i = index.get(key);
    if (i === undefined) {
      i = states.length;
      index.set(key, i);
      states.push({ kernel, next: new Map(), reduces: [] });
    }
    return i;
  };
  add([0]);
  for (let i = 0; i < states.length; i++) {
    const st = states[i];
    const by = new Map();
    const done = new Set();
    const initial = new Set();
    const push = (item) => {
      const p = prods[item >> 6],
        dot = item & 63;
      if (dot === p.rhs.length) {
        st.reduces.push(item >> 6);
        return;
      }
      const s = p.rhs[dot];
      if (!by.has(s)) by.set(s, []);
      by.get(s).push(item + 1);
      if (s >= T && !initial.has(s)) {
        initial.add(s);
        for (const q of ntClosure(s))
          if (!done.has(q)) {
            done.add(q);
            push(q * 64);
          }
      }
    };
    for (const item of st.kernel) push(item);
    for (const [s, k] of by) st.next.set(s, add([...new Set(k)]));
    st.reduces.sort((a, b) => a - b);
  }

  // DeRemer and Pennello: lookaheads
  const nullable = new Set();
  for (let ch = true; ch; ) {
    ch = false;
    for (const p of prods)
      if (p.lhs >= 0 && !nullable.has(p.lhs) && p.rhs.every((s) => nullable.has(s))) {
        nullable.add(p.lhs);
        ch = true;
      }
  }
  const trans = [];
  const transOf = new Map(); // nonterminal transitions
  states.forEach((st, i) => {
    for (const [s, t] of st.next)
      if (s >= T) {
        transOf.set(i * 4096 + s, trans.length);
        trans.push({ from: i, nt: s, to: t });
      }
  });
  const words = Math.ceil(T / 32);
  const DR = trans.map((t) => {
    const b = new Int32Array(words);
    for (const s of states[t.to].next.keys()) if (s < T) b[s >> 5] |= 1 << (s & 31);
    return b;
  });
  const reads = trans.map((t) => [...states[t.to].next.keys()].filter((s) => s >= T && nullable.has(s)).map((s) => transOf.get(t.to * 4096 + s)));
  const digraph = (rel, F) => {
    const N = new Int32Array(rel.length),
      stack = [];
    const visit = (x) => {
      stack.push(x);
      const d = stack.length;
      N[x] = d;
      for (const y of rel[x]) {
        if (N[y] === 0) visit(y);
        if (N[y] < N[x]) N[x] = N[y];
        for (let w = 0; w < words; w++) F[x][w] |= F[y][w];
      }
      if (N[x] === d)
        for (;;) {
          const y = stack.pop();
          N[y] = 0x7fffffff;
          if (y === x) break;
          F[y].set(F[x]);
        }
    };
    for (let x = 0; x < rel.length; x++) if (N[x] === 0) visit(x);
  };
  digraph(reads, DR);
  const includes = trans.map(() => []);
  const lookback = new Map();
  trans.forEach((t, ti) => {
    for (const p of byLhs.get(t.nt)) {
      let s = t.from;
      const rhs = prods[p].rhs;
      for (let k = 0; k < rhs.length; k++) {
        if (rhs[k] >= T && rhs.slice(k + 1).every((x) => nullable.has(x))) includes[transOf.get(s * 4096 + rhs[k])].push(ti);
        s = states[s].next.get(rhs[k]);
      }
      const key = s * 4096 + p;
      if (!lookback.has(key)) lookback.set(key, []);
      lookback.get(key).push(ti);
    }
  });
  digraph(includes, DR);

  const conflicts = [];
  const rows = [];
  const defaults = [];
  const gotos = [];
  states.forEach((st, i) => {
    const acts = new Map();
    for (const [s, t] of st.next) if (s < T) acts.set(s, t + 1);
    const la = st.reduces.map((p) => {
      const set = [];
      for (const ti of lookback.get(i * 4096 + p) ?? []) for (let x = 0; x < T; x++) if (DR[ti][x >> 5] & (1 << (x & 31))) set.push(x);
      return [...new Set(set)].sort((a, b) => a - b);
    });
    const taken = new Map();
    st.reduces.forEach((p, k) => {
      la[k] = la[k].filter((x) => {
        if (acts.has(x)) {
          conflicts.push(`state ${i}: shift ${terminals[x]} / reduce ${rules[p - 1]?.name}`);
          return false;
        }
        if (taken.has(x)) {
          conflicts.push(`state ${i}: ${terminals[x]}: reduce ${rules[taken.get(x) - 1]?.name} / ${rules[p - 1]?.name}`);
          return false;
        }
        taken.set(x, p);
        return true;
      });
    });
    let def = 0,
      max = -1; // the most frequent reduction; the first of equals; none where `error` can be shifted
    if (!st.next.has(tok.get('error')))
      st.reduces.forEach((p, k) => {
        if (la[k].length > max) {
          max = la[k].length;
          def = p;
        }
      });
    st.reduces.forEach((p, k) => {
      if (p !== def) for (const x of la[k]) acts.set(x, -p);
    });
    rows.push([...acts].sort((a, b) => a[0] - b[0]));
    defaults.push(def);
    gotos.push(
      [...st.next]
        .filter(([s]) => s >= T)
        .map(([s, t]) => [s - T, t])
        .sort((a, b) => a[0] - b[0]),
    );
  });
  return { prods: prods.map((p) => [p.lhs < 0 ? -1 : p.lhs - T, p.rhs.length]), rows, defaults, gotos, conflicts, nts, states: states.length };
}

/** The tables in 16-bit words, equal rows once, as base64. */
export function pack(t) {
  const words = [];
  const seen = new Map();
  const put = (pairs) => {
    const flat = pairs.flat();
    const key = flat.join();
    let at = seen.get(key);
    if (at === undefined) {
      at = words.length;
      seen.set(key, at);
      words.push(pairs.length, ...flat);
    }
    return at;
  };
  const head = [];
  t.rows.forEach((row, i) => head.push(put(row), t.defaults[i], put(t.gotos[i])));
  // offsets may pass 65535: two words each
  const all = [t.states, t.prods.length, ...t.prods.flat(), ...head.flatMap((v, i) => (i % 3 === 1 ? [v] : [v & 0xffff, v >>> 16])), ...words];
  return Buffer.from(Int16Array.from(all.map((v) => (v << 16) >> 16)).buffer).toString('base64');
}
