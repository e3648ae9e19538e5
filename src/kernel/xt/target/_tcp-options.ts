/** Length of the TCP option at `at`; end-of-list, no-op and broken ones count one byte (net/netfilter/xt_TCPMSS.c: optlen). */
export const optionLength = (d: Uint8Array, at: number): number => (d[at] <= 1 || d[at + 1] === 0 ? 1 : d[at + 1]);
