import type { Errno } from '../errno.ts';
import type { Netns } from '../netns.ts';
import type { TimeoutPolicy } from './timeout.ts';

/** The timeout policies of `nfct add timeout` (net/netfilter/nfnetlink_cttimeout.c). */
export class TimeoutPolicies {
  readonly #net: Netns;
  #all: TimeoutPolicy[] = [];

  constructor(net: Netns) {
    this.#net = net;
  }

  list(): readonly TimeoutPolicy[] {
    return this.#all;
  }
  find(name: string): TimeoutPolicy | undefined {
    return this.#all.find((p) => p.name === name);
  }
  add(policy: TimeoutPolicy): void {
    this.#all = [...this.#all, policy];
  }

  /** Does a rule hold it (`CT --timeout`)? */
  #held(name: string): boolean {
    return this.#net.nft.ruleset.tables.some((t) =>
      t.chains.some((c) => c.rules.some((r) => r.exprs.some((e) => e.kind === 'target' && e.name === 'CT' && e.info.timeout === name))),
    );
  }

  /** ctnl_timeout_try_del: connections that had it fall back to the namespace's timeouts. */
  delete(name: string): Errno | null {
    const policy = this.find(name);
    if (!policy) return 'ENOENT';
    if (this.#held(name)) return 'EBUSY';
    this.#all = this.#all.filter((p) => p !== policy);
    for (const ct of this.#net.conntrack.entries()) if (ct.timeoutPolicy === policy) ct.timeoutPolicy = null;
    return null;
  }
}
