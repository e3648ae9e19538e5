/** Protocol families of nf_tables (libnftables-json(5) names; the numbers are the kernel's NFPROTO_*). */
export const NFPROTO = { inet: 1, ip: 2, arp: 3, netdev: 5, bridge: 7, ip6: 10 } as const;
export type Family = keyof typeof NFPROTO;

/** Hook names as nft prints them. */
export type HookName = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting' | 'ingress' | 'egress';

/** Numbers of hooks in the inet, ip, ip6 and bridge families (NF_INET_*, NF_BR_*). */
export const NF_INET_HOOK = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4, ingress: 5 } as const;
/** NF_ARP_*. */
export const NF_ARP_HOOK = { input: 0, output: 1, forward: 2 } as const;
/** NF_NETDEV_*. */
export const NF_NETDEV_HOOK = { ingress: 0, egress: 1 } as const;

/** Verdict codes of a base chain or rule as nf_tables numbers them. */
export const VERDICT = { drop: 0, accept: 1, stolen: 2, queue: 3, repeat: 4, continue: -1, break: -2, jump: -3, goto: -4, return: -5 } as const;
export type VerdictName = keyof typeof VERDICT;
