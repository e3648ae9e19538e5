import type { Conntrack } from '../conntrack/entry.ts';
import type { Expectation } from '../conntrack/expectation.ts';
import { RANGE } from '../expr/nat-range.ts';
import type { Netns } from '../netns.ts';

/** nf_nat_follow_master: an expected connection comes from and goes to where its master really ended. */
export function followMaster(net: Netns, ct: Conntrack, exp: Expectation): void {
  const nat = net.stack.nat,
    master = exp.master,
    reverse = exp.dir === 0 ? 1 : 0;
  const src = master.tuple(reverse).dst;
  nat.setup(ct, { flags: RANGE.MAP_IPS, min: src, max: src, minPort: 0, maxPort: 0, basePort: 0 }, 'src');
  const dst = master.tuple(reverse).src;
  nat.setup(ct, { flags: RANGE.MAP_IPS | RANGE.PROTO_SPECIFIED, min: dst, max: dst, minPort: exp.savedProto, maxPort: exp.savedProto, basePort: 0 }, 'dst');
}
