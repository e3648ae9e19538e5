import { defineExtension } from '../definition.ts';
import { targetsInUse } from '../in-use.ts';
import { fields } from './_common.ts';

type Info = { readonly timeout: number; readonly label: string; readonly alarm: boolean };

/** Names that sysfs keeps to itself (net/netfilter/xt_IDLETIMER.c: idletimer_check_sysfs_name). */
const RESERVED = ['power', 'subsystem', 'uevent'];

/** extensions/libxt_IDLETIMER.c, net/netfilter/xt_IDLETIMER.c (revision 1). Its timer tells user space through sysfs only. */
export const target = defineExtension<Info>({
  kind: 'target',
  name: 'IDLETIMER',
  families: ['ip', 'ip6', 'arp', 'bridge'],
  kernelFamilies: ['ip', 'ip6'],
  revision: 1,
  options: [
    { name: 'timeout', type: 'uint32', mandatory: true },
    { name: 'label', type: 'string', mandatory: true, size: 28 },
    { name: 'alarm', type: 'none' },
  ],
  help: () => `IDLETIMER target options:
 --timeout time	Timeout until the notification is sent (in seconds)
 --label string	Unique rule identifier
 --alarm	Use alarm instead of default timer

`,
  init: () => ({ timeout: 0, label: '', alarm: false }),
  parse(o, draft) {
    const d = fields<Info>(draft);
    if (o.name === 'timeout') d.timeout = Number(o.value);
    else if (o.name === 'label') d.label = String(o.value);
    else d.alarm = true;
  },
  finish: (d) => ({ ...fields<Info>(d) }),
  save: (i) => ` --timeout ${i.timeout} --label ${i.label}${i.alarm ? ' --alarm' : ''}`,
  print: (i) => ` timeout:${i.timeout} label:${i.label}${i.alarm ? ' alarm' : ''}`,
  check(i, c) {
    // A timer of that label is shared, and stays of the kind it was made.
    for (const other of targetsInUse(c.net, 'IDLETIMER')) if (other.label === i.label && other.alarm !== i.alarm) return 'EINVAL';
    const badLabel = i.label === '' || i.label.includes('/') || RESERVED.includes(i.label);
    return i.timeout === 0 || i.timeout >= Math.trunc(0x7fffffff / 1000) || badLabel ? 'EINVAL' : null;
  },
  target: () => 'continue',
});
