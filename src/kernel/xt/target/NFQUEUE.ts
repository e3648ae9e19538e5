import { defineExtension } from '../definition.ts';
import { paramProblem } from '../text.ts';
import { fields, refusedInArp } from './_common.ts';

type Info = { readonly num: number; readonly total: number; readonly bypass: boolean; readonly fanout: boolean };

const queues = (i: Info, balance: string): string => (i.total > 1 ? `${balance} ${i.num}:${i.num + i.total - 1}` : `num ${i.num}`);

/** extensions/libxt_NFQUEUE.c, net/netfilter/xt_NFQUEUE.c (revision 3). Nobody listens on a queue here: which one of a balance is of no matter. */
export const target = defineExtension<Info>({
  kind: 'target',
  name: 'NFQUEUE',
  families: ['ip', 'ip6', 'arp', 'bridge'],
  kernelFamilies: ['ip', 'ip6', 'arp'],
  revision: 3,
  options: [
    { name: 'queue-num', type: 'uint16', excludes: ['queue-balance'] },
    { name: 'queue-balance', type: 'uint16rc', max: 65534, excludes: ['queue-num'] },
    { name: 'queue-bypass', type: 'none' },
    { name: 'queue-cpu-fanout', type: 'none', requires: ['queue-balance'] },
  ],
  help: () => `NFQUEUE target options
  --queue-num value            Send packet to QUEUE number <value>.
                               Valid queue numbers are 0-65535
  --queue-balance first:last   Balance flows between queues <value> to <value>.
  --queue-bypass               Bypass Queueing if no queue instance exists.
  --queue-cpu-fanout	Use current CPU (no hashing)
`,
  init: () => ({ num: 0, total: 1, bypass: false, fanout: false }),
  parse(o, draft) {
    const d = fields<Info>(draft);
    switch (o.name) {
      case 'queue-num':
        d.num = Number(o.value);
        break;
      case 'queue-balance': {
        const range = o.value as readonly number[];
        if (range.length !== 2) throw paramProblem(`Bad range "${o.raw}"`);
        if (range[0] >= range[1]) throw paramProblem(`${range[0]} should be less than ${range[1]}`);
        d.num = range[0];
        d.total = range[1] - range[0] + 1;
        break;
      }
      case 'queue-bypass':
        d.bypass = true;
        break;
      case 'queue-cpu-fanout':
        d.fanout = true;
        break;
    }
  },
  finish: (d) => ({ ...fields<Info>(d) }),
  save: (i) => ` --queue-${queues(i, 'balance')}${i.bypass ? ' --queue-bypass' : ''}${i.fanout ? ' --queue-cpu-fanout' : ''}`,
  print: (i) => ` NFQUEUE ${queues(i, 'balance')}${i.bypass ? ' bypass' : ''}${i.fanout ? ' cpu-fanout' : ''}`,
  translate(i) {
    const flags = [i.bypass ? 'bypass' : '', i.fanout ? 'fanout' : ''].filter((w) => w !== '').join(',');
    return `queue num ${i.total > 1 ? `${i.num}-${i.num + i.total - 1}` : i.num} ${flags}${i.fanout ? ' ' : ''}`;
  },
  check: (i, c) => refusedInArp(i, c) ?? (i.total === 0 ? 'EINVAL' : i.num + i.total - 1 > 0xffff ? 'ERANGE' : null),
  target: (i) => ({ queue: i.num, bypass: i.bypass }),
});
