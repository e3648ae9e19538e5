import type { Netns } from '../netns.ts';
import type { CtInfo, Skb } from '../net/skb.ts';
import type { Conntrack } from './entry.ts';

/** One class of expectations of a helper (struct nf_conntrack_expect_policy). */
export interface ExpectPolicy {
  readonly name: string;
  readonly maxExpected: number /** Seconds. */;
  readonly timeout: number;
}

/** A conntrack helper (struct nf_conntrack_helper): one file a helper in ./helper, exported as `helper`. */
export interface Helper {
  readonly name: string;
  /** 2, 10, or 0: both. */
  readonly l3num: 0 | 2 | 10;
  readonly l4proto: number;
  readonly ports: readonly number[];
  readonly policies: readonly ExpectPolicy[];
  /** nf_conntrack_helper.from_nlattr: not null when the helper needs its own data to exist. */
  init?(ct: Conntrack): void;
  /** Looks at (and, with NAT, rewrites) a packet of a connection that has this helper. */
  help(net: Netns, skb: Skb, protoff: number, ct: Conntrack, ctinfo: CtInfo): 'accept' | 'drop';
  /** A connection that has this helper goes out of the table. */
  destroy?(net: Netns, ct: Conntrack): void;
}
