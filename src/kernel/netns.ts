import type { Clock, Random } from './clock.ts';
import { ConntrackTable } from './conntrack/table.ts';
import { IpSets } from './ipset/ipsets.ts';
import { KernelLog } from './log/kernel-log.ts';
import { NfTables } from './nf_tables/nf-tables.ts';
import { Stack } from './stack/stack.ts';
import { Sysctl } from './sysctl/table.ts';
import type { Tracer } from './trace/event.ts';
import { NftTraces } from './trace/nftrace.ts';

/** Names of a namespace's subsystems. */
export const SUBSYSTEMS = ['conntrack', 'nft', 'legacy', 'stack', 'sysctl', 'ipset', 'log'] as const;
export type Subsystem = (typeof SUBSYSTEMS)[number];

export interface NetnsOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** A container's namespace may not write global sysctls. */
  readonly container: boolean;
  /** A subsystem was made, empty: whoever keeps its state elsewhere fills it now. */
  readonly made?: (name: Subsystem, net: Netns) => void;
}

/**
 * One network namespace: the front door of the kernel model. Everything a tool or a packet can reach hangs here.
 * Each subsystem is a class in its own folder; it gets the namespace and keeps its state itself. It is made when first
 * touched, because a tool that starts pays for all that it makes.
 */
export class Netns {
  readonly clock: Clock;
  readonly random: Random;
  readonly container: boolean;
  readonly #made: (name: Subsystem, net: Netns) => void;
  #conntrack: ConntrackTable | null = null;
  #nft: NfTables | null = null;
  #legacy: NfTables | null = null;
  #stack: Stack | null = null;
  #sysctl: Sysctl | null = null;
  #ipset: IpSets | null = null;
  #log: KernelLog | null = null;
  /** Told of everything that happens to packets, while one is set; rules are then walked one by one. */
  tracer: Tracer | null = null;
  /** What `meta nftrace set 1` asks for; null while no rule does, or nobody listens. */
  nftrace: Tracer | null = null;
  #traces: NftTraces | null = null;
  /** Packets that were given a number (trace/tell.ts). */
  packetCount = 0;

  constructor(options: NetnsOptions) {
    this.clock = options.clock;
    this.random = options.random;
    this.container = options.container;
    this.#made = options.made ?? (() => {});
  }

  get traces(): NftTraces {
    return (this.#traces ??= new NftTraces(this));
  }

  get conntrack(): ConntrackTable {
    if (this.#conntrack) return this.#conntrack;
    this.#conntrack = new ConntrackTable(this);
    this.#made('conntrack', this);
    return this.#conntrack;
  }

  get nft(): NfTables {
    if (this.#nft) return this.#nft;
    this.#nft = new NfTables(this);
    this.#made('nft', this);
    return this.#nft;
  }

  /** Rules of the legacy xtables tools (net/netfilter/x_tables.c): kept apart from nf_tables' own, in the same model. */
  get legacy(): NfTables {
    if (this.#legacy) return this.#legacy;
    this.#legacy = new NfTables(this);
    this.#made('legacy', this);
    return this.#legacy;
  }

  get stack(): Stack {
    if (this.#stack) return this.#stack;
    this.#stack = new Stack(this);
    // It keeps its own copy of the settings that it uses: it gets the machine's defaults.
    for (const [name, value] of this.sysctl.defaults()) if (this.#stack.conf.has(name)) this.#stack.conf.set(name, value);
    this.#made('stack', this);
    return this.#stack;
  }

  get sysctl(): Sysctl {
    if (this.#sysctl) return this.#sysctl;
    this.#sysctl = new Sysctl(this);
    this.#made('sysctl', this);
    return this.#sysctl;
  }

  get ipset(): IpSets {
    if (this.#ipset) return this.#ipset;
    this.#ipset = new IpSets(this);
    this.#made('ipset', this);
    return this.#ipset;
  }

  get log(): KernelLog {
    if (this.#log) return this.#log;
    this.#log = new KernelLog({ clock: this.clock, container: this.container });
    this.#made('log', this);
    return this.#log;
  }
}
