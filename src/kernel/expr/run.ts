import { type HookName, NF_INET_HOOK } from '../net/hook.ts';
import type { HookState } from '../net/hook-state.ts';
import type { Skb } from '../net/skb.ts';
import { ETH } from '../net/wire/ip.ts';
import type { NfTables } from '../nf_tables/nf-tables.ts';
import type { KeptRule } from '../nf_tables/kept-rule.ts';
import type { Chain, Table } from '../nf_tables/objects.ts';
import { Dispatch } from './dispatch.ts';
import { compileRule, type RuleProgram } from './rule-program.ts';
import { NF, Regs, setPacketInfo } from './machine.ts';
import { runTraced, verdictOf } from './traced.ts';
import type { Tracer } from '../trace/event.ts';

/** A chain made ready. */
interface Program {
  readonly chain: Chain;
  readonly rules: readonly RuleProgram[];
  readonly dispatch: Dispatch;
}

/** A base chain as the traversal of hooks sees it. */
export interface HookEntry {
  readonly priority: number;
  readonly type: 'filter' | 'nat' | 'route';
  readonly table: Table;
  readonly chain: Chain;
  /** netdev, inet ingress: only packets of these devices. */
  readonly devices: readonly string[] | null;
  /** NF_DROP 0, NF_ACCEPT 1, NF_STOLEN 2, NF_QUEUE 3 (`queue << 16`, bypass 0x8000). */
  run(skb: Skb, state: HookState): number;
}

const MAX_DEPTH = 16;

const queueVerdict = (regs: Regs): number => NF.QUEUE | (regs.queue << 16) | (regs.bypass ? 0x8000 : 0);

/** nft_do_chain and what it needs: programs are made from frozen rules once and kept as long as those live. */
export class Evaluator {
  readonly #nft: NfTables;
  readonly #rules = new WeakMap<KeptRule, RuleProgram>();
  readonly #programs = new WeakMap<Chain, Program>();
  readonly #chains = new WeakMap<Table, Map<string, Program>>();
  #entries: Map<string, readonly HookEntry[]> = new Map();
  #generation = -1;
  readonly #regs: Regs[] = [];
  /** The chain in which the last run ended, and how many of its rules it had met. */
  readonly #stopped: { chain: Chain | null; at: number } = { chain: null, at: 0 };
  #level = 0;
  readonly #probe = new Regs();

  constructor(nft: NfTables) {
    this.#nft = nft;
  }

  /** Base chains of a hook in order of priority; of equal ones the newest first (nf_hook_entries_grow). */
  hooks(pf: HookState['pf'], hook: HookName): readonly HookEntry[] {
    const { ruleset } = this.#nft;
    if (this.#generation !== ruleset.generation) {
      this.#entries = new Map();
      this.#generation = ruleset.generation;
    }
    const key = `${pf} ${hook}`;
    let found = this.#entries.get(key);
    if (!found) this.#entries.set(key, (found = this.#collect(pf, hook)));
    return found;
  }

  #collect(pf: HookState['pf'], hook: HookName): readonly HookEntry[] {
    const out: HookEntry[] = [];
    for (const table of this.#nft.ruleset.tables) {
      if (table.flags.dormant) continue;
      const inet = table.family === 'inet' && (pf === 'ip' || pf === 'ip6' || (pf === 'netdev' && hook === 'ingress'));
      if (table.family !== pf && !inet) continue;
      for (const chain of table.chains) {
        const h = chain.hook;
        if (h?.name !== hook || (inet && (hook === 'ingress') !== (pf === 'netdev'))) continue;
        const devices = pf === 'netdev' ? h.devices : null;
        let program: Program | null = null;
        const ready = (): Program => (program ??= this.#program(table, chain));
        const run: HookEntry['run'] =
          table.family === 'inet' && hook === 'ingress' ? (skb, state) => this.#inetIngress(table, ready(), skb, state) : (skb, state) => this.run(table, ready(), skb, state);
        out.push({ priority: h.priority, type: h.type, table, chain, devices, run });
      }
    }
    return out.sort((a, b) => a.priority - b.priority || b.chain.id - a.chain.id);
  }

  /** The ruleset changed without a new generation. */
  forget(): void {
    this.#generation = -1;
  }

  #rule(table: Table, chain: Chain, rule: KeptRule): RuleProgram {
    let program = this.#rules.get(rule);
    if (!program) this.#rules.set(rule, (program = compileRule(rule.warm(), { nft: this.#nft, family: table.family, table: table.name, chain: chain.name })));
    return program;
  }

  #program(table: Table, chain: Chain): Program {
    let program = this.#programs.get(chain);
    if (!program) {
      const rules = chain.rules.map((r) => this.#rule(table, chain, r));
      this.#programs.set(chain, (program = { chain, rules, dispatch: new Dispatch(rules) }));
    }
    return program;
  }

  #target(table: Table, name: string): Program | undefined {
    let byName = this.#chains.get(table);
    if (!byName) this.#chains.set(table, (byName = new Map()));
    let program = byName.get(name);
    if (!program) {
      const chain = table.chains.find((c) => c.name === name);
      if (!chain) return undefined;
      byName.set(name, (program = this.#program(table, chain)));
    }
    return program;
  }

  /** nft_do_chain */
  run(table: Table, program: Program, skb: Skb, state: HookState): number {
    // A chain may send packets that meet chains: one set of registers a level.
    const regs = this.#regs[this.#level] ?? (this.#regs[this.#level] = new Regs());
    this.#level++;
    try {
      const { tracer, nftrace } = state.net;
      regs.fresh(table.family);
      setPacketInfo(regs, skb, state.pf);
      const base = program.chain;
      if (nftrace !== null || (tracer !== null && !tracer.brief)) {
        const verdict = this.#traced(regs, table, base, skb, state);
        return verdict === NF.CONTINUE ? this.#policy(base, skb) : verdict;
      }
      const verdict = this.#run(regs, table, program, skb, state);
      if (tracer !== null) this.#tellDecision(tracer, regs, table, base, skb, state, verdict);
      return verdict === NF.CONTINUE ? this.#policy(base, skb) : verdict;
    } finally {
      this.#level--;
    }
  }

  /** nft_do_chain_inet_ingress: only packets of IPv4 and IPv6 are shown to the chain, and malformed ones are dropped. */
  #inetIngress(table: Table, program: Program, skb: Skb, state: HookState): number {
    if (skb.protocol !== ETH.IP && skb.protocol !== ETH.IPV6) return NF.ACCEPT;
    setPacketInfo(this.#probe, skb, 'netdev');
    if (!this.#probe.l4) return NF.DROP;
    return this.run(table, program, skb, { ...state, pf: skb.protocol === ETH.IP ? 'ip' : 'ip6', hooknum: NF_INET_HOOK.ingress });
  }

  /** For a brief tracer: the rule at which #run stopped, or the policy. */
  #tellDecision(tracer: Tracer, regs: Regs, table: Table, base: Chain, skb: Skb, state: HookState, verdict: number): void {
    const legacy = this.#nft === state.net.legacy;
    if (verdict === NF.CONTINUE) {
      tracer.event({ kind: 'policy', skb, state, place: { legacy, run: regs, table, base, chain: base }, verdict: base.policy });
      return;
    }
    const chain = this.#stopped.chain ?? base,
      position = this.#stopped.at;
    tracer.event({
      kind: 'rule',
      skb,
      state,
      place: { legacy, run: regs, table, base, chain },
      rule: chain.rules[position - 1],
      position,
      failed: null,
      verdict: verdict === NF.DROP ? { code: 'drop' } : verdictOf(regs),
    });
  }

  #policy(base: Chain, skb: Skb): number {
    if (base.counters) {
      const c = this.#nft.live.chain(base);
      c.packets += 1n;
      c.bytes += BigInt(skb.len);
    }
    return base.policy === 'drop' ? NF.DROP : NF.ACCEPT;
  }

  /** The reference: no short cuts, every rule is told of. */
  #traced(regs: Regs, table: Table, base: Chain, skb: Skb, state: HookState): number {
    const nft = this.#nft,
      { tracer, nftrace } = state.net;
    const verdict = runTraced(
      {
        table,
        base,
        legacy: nft === state.net.legacy,
        maxDepth: MAX_DEPTH,
        chain: (name) => this.#target(table, name)?.chain,
        ops: (chain, rule) => this.#rule(table, chain, rule).ops,
        set: (name) => nft.set(table.family, table.name, name),
        tell(e) {
          tracer?.event(e);
          nftrace?.event(e);
        },
      },
      regs,
      skb,
      state,
    );
    return verdict === NF.QUEUE ? queueVerdict(regs) : verdict;
  }

  /** The verdict of the chains; NF.CONTINUE: none, the policy decides. */
  #run(regs: Regs, table: Table, base: Program, skb: Skb, state: HookState): number {
    let back: { program: Program; at: number }[] | null = null,
      program = base,
      at = 0;
    for (;;) {
      regs.verdict = NF.CONTINUE;
      const { rules, dispatch } = program;
      dispatch.forget();
      while ((at = dispatch.next(at, regs, skb, state)) < rules.length) {
        const { ops, skip, changes } = rules[at++];
        for (let i = dispatch.sure ? skip : 0; i < ops.length; i++) {
          ops[i].run(regs, skb, state);
          if (regs.verdict !== NF.CONTINUE) break;
        }
        if (changes) dispatch.forget();
        if (regs.verdict === NF.BREAK) regs.verdict = NF.CONTINUE;
        else if (regs.verdict !== NF.CONTINUE) break;
      }
      switch (regs.verdict) {
        case NF.JUMP:
        case NF.GOTO: {
          const next = this.#target(table, regs.chain);
          if (!next || (back !== null && back.length >= MAX_DEPTH)) {
            this.#stopped.chain = program.chain;
            this.#stopped.at = at;
            return NF.DROP;
          }
          if (regs.verdict === NF.JUMP) (back ??= []).push({ program, at });
          program = next;
          at = 0;
          continue;
        }
        case NF.CONTINUE:
        case NF.RETURN:
          break;
        default:
          this.#stopped.chain = program.chain;
          this.#stopped.at = at;
          return regs.verdict === NF.QUEUE ? queueVerdict(regs) : regs.verdict;
      }
      const last = back?.pop();
      if (last === undefined) return NF.CONTINUE;
      ({ program, at } = last);
    }
  }
}
