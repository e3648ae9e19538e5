import type { Verdict } from '../packet/fate.ts';
import type { DecisionReport } from '../packet/report.ts';

/** One test of a rule that did not hold. */
export interface FailedTestStep {
  /** What the rule asks, in its own tongue: `tcp dport 443`, `-m conntrack --ctstate NEW`. */
  readonly test: string;
  /** What the packet has; null: nothing that could be shown. */
  readonly actual: string | null;
  /** The packet has no such field at all. */
  readonly missing: boolean;
}

export interface LookupStep {
  readonly set: string;
  readonly key: string;
  /** The element that was found; null: none. */
  readonly element: string | null;
}

export interface RuleStep {
  readonly chain: string;
  /** 0 in the base chain, one more for each jump. */
  readonly depth: number;
  /** Counts from 1. */
  readonly position: number;
  readonly handle: number;
  readonly text: string;
  readonly matched: boolean;
  /** Null where it matched. */
  readonly failed: FailedTestStep | null;
  /** How many of its tests held before. */
  readonly held: number;
  /** `accept`, `jump foo`; null: none, the next rule is asked. */
  readonly verdict: string | null;
  readonly lookups: readonly LookupStep[];
}

/** A base chain's run. */
export interface ChainStep {
  readonly step: 'chain';
  /** Whose table it is: nft, iptables, ip6tables, arptables, ebtables, iptables-legacy … */
  readonly tool: string;
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly type: string;
  readonly priority: number;
  readonly rules: RuleStep[];
  verdict: string;
  by: 'rule' | 'policy';
}

/** Addresses with ports, as people write them. */
export interface EndpointsText {
  readonly src: string;
  readonly dst: string;
}

export interface ConntrackStep {
  readonly step: 'conntrack';
  readonly state: string;
  readonly direction: 'original' | 'reply';
  readonly created: boolean;
  /** Which check called it invalid, in the words of the kernel's log. */
  readonly why: string | null;
  readonly entry: string | null;
  readonly dropped: boolean;
}

export type HookPart =
  | ChainStep
  | ConntrackStep
  | { readonly step: 'nat'; readonly what: 'source' | 'destination'; readonly before: EndpointsText; readonly after: EndpointsText }
  | { readonly step: 'confirm'; readonly ok: boolean; readonly entry: string }
  | { readonly step: 'defrag'; readonly complete: boolean };

export interface HookStep {
  readonly step: 'hook';
  readonly family: string;
  readonly hook: string;
  readonly in: string | null;
  readonly out: string | null;
  readonly parts: HookPart[];
  verdict: string;
}

export interface RouteStep {
  readonly step: 'route';
  readonly when: 'input' | 'output' | 'reroute';
  /** `local`, `forward`, `multicast`, `unreachable`, or `refused` where there is none. */
  readonly decision: string;
  readonly device: string | null;
  readonly gateway: string | null;
  readonly reason: string | null;
}

export type Step =
  | { readonly step: 'received'; readonly device: string; readonly packet: string }
  | { readonly step: 'made'; readonly origin: string; readonly packet: string }
  | HookStep
  | HookPart
  | RouteStep
  | { readonly step: 'drop'; readonly reason: string; readonly why: string | null }
  | { readonly step: 'delivered'; readonly protocol: number }
  | { readonly step: 'cut'; readonly pieces: number }
  | { readonly step: 'unwanted'; readonly reason: string }
  | { readonly step: 'waiting'; readonly device: string; readonly nexthop: string }
  | { readonly step: 'left'; readonly device: string; readonly packet: string; readonly frame: string };

/** One packet's way. Plain data: `--json` prints it. */
export interface PacketTrace {
  readonly id: number;
  /** The packet that this one answers or is a piece of; 0: none. */
  readonly parent: number;
  readonly packet: string;
  readonly verdict: Verdict;
  /** What it owes that to, where rules had a say. */
  readonly decision: DecisionReport | null;
  readonly steps: readonly Step[];
}
