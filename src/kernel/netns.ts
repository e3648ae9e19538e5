import type { Clock, Random } from './clock.ts';
import { ConntrackTable } from './conntrack/table.ts';
import { IpSets } from './ipset/ipsets.ts';
import { KernelLog } from './log/kernel-log.ts';
import { NfTables } from './nf_tables/nf-tables.ts';
import { Stack } from './stack/stack.ts';
import type { Tracer } from './trace/event.ts';
import { Sysctl } from './sysctl/table.ts';

/**
 * One network namespace: the front door of the kernel model. Everything a tool or a packet can reach hangs here.
 * Each subsystem is a class in its own folder; it gets the namespace and keeps its state itself.
 */
export class Netns {
  readonly clock: Clock;
  readonly random: Random;
  /** A container's namespace may not write global sysctls. */
  readonly container: boolean;
  readonly conntrack: ConntrackTable;
  readonly nft: NfTables;
  /** Rules of the legacy xtables tools (net/netfilter/x_tables.c): kept apart from nf_tables' own, in the same model. */
  readonly legacy: NfTables;
  readonly stack: Stack;
  readonly sysctl: Sysctl;
  readonly ipset: IpSets;
  readonly log: KernelLog;
  /** Told of everything that happens to packets, while one is set; rules are then walked one by one. */
  tracer: Tracer | null = null;
  /** What `meta nftrace set 1` asks for; null while no rule does. */
  nftrace: Tracer | null = null;
  /** Packets that were given a number (trace/tell.ts). */
  packetCount = 0;

  constructor(options: { readonly clock: Clock; readonly random: Random; readonly container: boolean }) {
    this.clock = options.clock;
    this.random = options.random;
    this.container = options.container;
    this.log = new KernelLog(options);
    this.conntrack = new ConntrackTable(this);
    this.nft = new NfTables(this);
    this.legacy = new NfTables(this);
    this.stack = new Stack(this);
    this.sysctl = new Sysctl(this);
    this.ipset = new IpSets(this);
  }
}
