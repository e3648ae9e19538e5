import type { Errno } from '../errno.ts';
import type { TimeoutPolicy } from './timeout.ts';

/** The timeout policies of `nfct add timeout` (net/netfilter/nfnetlink_cttimeout.c). */
export class TimeoutPolicies {
  #all: TimeoutPolicy[] = [];

  list(): readonly TimeoutPolicy[] { return this.#all; }
  find(name: string): TimeoutPolicy | undefined { return this.#all.find((p) => p.name === name); }
  add(policy: TimeoutPolicy): void { this.#all = [...this.#all, policy]; }

  delete(name: string): Errno | null {
    const policy = this.find(name);
    if (!policy) return 'ENOENT';
    if (policy.use > 0) return 'EBUSY';
    this.#all = this.#all.filter((p) => p !== policy);
    return null;
  }
}
