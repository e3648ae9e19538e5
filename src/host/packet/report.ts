import { printConntrack } from '../../commands/conntrack/print.ts';
import { readConntrack } from '../../commands/conntrack/read.ts';
import { RuleTexts } from '../../commands/rules/text.ts';
import type { Conntrack } from '../../kernel/conntrack/entry.ts';
import { IPS } from '../../kernel/conntrack/entry.ts';
import type { Netns } from '../../kernel/netns.ts';
import { describePacket } from './describe.ts';
import type { Exchange } from './exchange.ts';
import type { Decision, Fate } from './fate.ts';

/** A decision in words that a person can look up. */
export interface DecisionReport {
  readonly tool: string;
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly hook: string;
  readonly verdict: string;
  /** Counts from 1; null: the policy. */
  readonly rule: number | null;
  readonly handle: number | null;
  /** `-A INPUT …` of iptables, the rule's text of nft, `policy drop`. */
  readonly text: string;
}

/** What became of one packet: plain data, as `--json` shows it. */
export interface PacketReport {
  readonly packet: string;
  readonly verdict: Fate['verdict'];
  readonly decision: DecisionReport | null;
  /** Where no rule decided: SKB_DROP_REASON of the kernel. */
  readonly reason: string | null;
  readonly why: string | null;
  readonly state: string | null;
  /** What left because of it, itself first. */
  readonly left: readonly { readonly device: string; readonly packet: string; readonly frame: string }[];
  readonly conntrack: { readonly event: 'new' | 'update'; readonly line: string } | null;
}

const hex = (b: Uint8Array): string => Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('');

/** Words for what the watcher saw. */
export class Reporter {
  readonly #net: Netns;
  readonly #texts: RuleTexts;

  constructor(net: Netns, file: (path: string) => string | undefined) {
    this.#net = net;
    this.#texts = new RuleTexts(net, file);
  }

  decision(d: Decision): DecisionReport {
    const tool = this.#texts.toolOf(d.table, d.legacy);
    const policy = tool === 'nft' ? `policy ${d.base.policy}` : `-P ${d.base.name} ${d.base.policy.toUpperCase()}`;
    return {
      tool,
      family: d.table.family,
      table: d.table.name,
      chain: d.rule ? d.chain.name : d.base.name,
      hook: d.hook,
      verdict: d.verdict,
      rule: d.rule ? d.position : null,
      handle: d.rule ? Number(d.rule.handle) : null,
      text: d.rule ? this.#texts.rule(d.table, d.chain, d.rule, d.legacy) : policy,
    };
  }

  /** The connection's line as `conntrack -L` prints it; null: it is not in the table. */
  connection(ct: Conntrack): string | null {
    if (!(ct.status & IPS.CONFIRMED) || ct.status & IPS.DYING) return null;
    return printConntrack(readConntrack(this.#net, ct, {}), null, { layer3: false, id: false, ktimestamp: false, when: null, now: this.#net.clock.wall(), map: null });
  }

  packet(f: Fate, about: string, x: Exchange): PacketReport {
    const mine = new Set([f.id]);
    for (const g of x.fates) if (mine.has(g.parent)) mine.add(g.id);
    const ids = x.fates.filter((g) => mine.has(g.id));
    const line = f.ct && this.connection(f.ct);
    return {
      packet: about,
      verdict: f.verdict,
      decision: f.decision && this.decision(f.decision),
      reason: f.decision?.verdict === 'drop' ? null : f.reason,
      why: f.invalid ?? f.why,
      state: f.state,
      left: ids.flatMap((g) => g.emitted.map((e) => ({ device: e.iface, packet: this.describe(e.iface, e.frame), frame: hex(e.frame) }))),
      conntrack: line ? { event: f.created ? 'new' : 'update', line } : null,
    };
  }

  /** One line about a frame on a device; '' : a packet without one. */
  describe(device: string | null, frame: Uint8Array): string {
    return describePacket(frame, device !== null && this.#net.stack.deviceByName(device)?.mac.length === 6);
  }
}
