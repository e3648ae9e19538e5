import { HOOK_BIT, needHooks } from '../check.ts';
import { defineExtension } from '../definition.ts';
import { saveString } from '../text.ts';
import { draftOf, numberOf } from '../value.ts';

/** struct xt_cgroup_info_v2: a path or a class id, exactly one of them (checked by the kernel only). */
type CgroupInfo = { readonly path: string | null; readonly classid: number | null; readonly invertPath: boolean; readonly invertClassid: boolean };

const isRoot = (path: string): boolean => path === '/' || path === '';

export const match = defineExtension<CgroupInfo>({
  kind: 'match',
  name: 'cgroup',
  families: ['ip', 'ip6', 'arp'],
  revision: 2,
  options: [
    { name: 'path', type: 'string', invert: true, max: 511 },
    { name: 'cgroup', type: 'uint32', invert: true },
  ],
  help: () => `cgroup match options:
[!] --path path                 Recursively match path relative to cgroup2 root
[!] --cgroup classid            Match cgroup classid, can't be used with --path
`,
  init: () => ({ path: null, classid: null, invertPath: false, invertClassid: false }),
  parse(o, draft) {
    const info = draftOf<CgroupInfo>(draft);
    if (o.name === 'path') {
      info.path = o.raw ?? '';
      info.invertPath = o.inverted;
    } else {
      info.classid = numberOf(o);
      info.invertClassid = o.inverted;
    }
  },
  finish: (draft) => draftOf<CgroupInfo>({ ...draft }),
  save: (i) =>
    (i.path !== null ? `${i.invertPath ? ' !' : ''} --path${saveString(i.path)}` : '') + (i.classid !== null ? `${i.invertClassid ? ' !' : ''} --cgroup ${i.classid}` : ''),
  print: (i) => ' cgroup' + (i.path !== null ? ` ${i.invertPath ? '! ' : ''}${i.path}` : '') + (i.classid !== null ? ` ${i.invertClassid ? '! ' : ''}${i.classid}` : ''),
  translate: (i) => (i.path !== null ? null : i.classid === null ? '' : `meta cgroup ${i.invertClassid ? '!= ' : ''}${i.classid}`),
  /** xt_cgroup.c: cgroup_mt_check_v2; a path must exist, and only the root does here. */
  check(i, c) {
    if ((i.path !== null) === (i.classid !== null)) return 'EINVAL';
    if (i.path !== null && !isRoot(i.path)) return 'EINVAL';
    return needHooks(c, HOOK_BIT.output | HOOK_BIT.postrouting | HOOK_BIT.input);
  },
  match(i, skb) {
    if (!skb.sk) return false;
    if (i.path !== null) return (isRoot(i.path) || skb.sk.cgroupPath === i.path || skb.sk.cgroupPath.startsWith(`${i.path}/`)) !== i.invertPath;
    return (skb.sk.cgroupClassid === i.classid) !== i.invertClassid;
  },
});
