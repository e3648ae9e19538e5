import { defineExtension } from '../definition.ts';
import { bytesOf, fail } from '../value.ts';

type Info = Record<string, never>;

const HASH_MODES = ['sourceip', 'sourceip-sourceport', 'sourceip-sourceport-destport'];
const COMPLETE = ['new', 'hashmode', 'clustermac', 'total-nodes', 'local-node'];

/** extensions/libipt_CLUSTERIP.c. Linux has no such target since 6.10; only its help is left of use. */
export const target = defineExtension<Info>({
  kind: 'target',
  name: 'CLUSTERIP',
  families: ['ip'],
  revision: 0,
  absent: true,
  options: [
    { name: 'new', type: 'none' },
    { name: 'hashmode', type: 'string', requires: ['new'] },
    { name: 'clustermac', type: 'ethermac', requires: ['new'] },
    { name: 'total-nodes', type: 'uint16', max: 16, requires: ['new'] },
    { name: 'local-node', type: 'uint16', max: 16, requires: ['new'] },
    { name: 'hash-init', type: 'uint32', requires: ['new'] },
  ],
  help: () => `CLUSTERIP target options:
  --new			 Create a new ClusterIP
  --hashmode <mode>		 Specify hashing mode
					sourceip
					sourceip-sourceport
					sourceip-sourceport-destport
  --clustermac <mac>		 Set clusterIP MAC address
  --total-nodes <num>		 Set number of total nodes in cluster
  --local-node <num>		 Set the local node number
  --hash-init <num>		 Set init value of the Jenkins hash
`,
  init: () => ({}),
  parse(o) {
    if (o.name === 'hashmode' && !HASH_MODES.includes(o.raw ?? '')) fail(`Unknown hashmode "${o.raw}"`);
    if (o.name === 'clustermac' && !(bytesOf(o)[0] & 1)) fail('MAC has to be a multicast ethernet address');
  },
  finish(_, { seen }) {
    if (seen.size && !COMPLETE.every((n) => seen.has(n))) fail('CLUSTERIP target: Invalid parameter combination');
    return {};
  },
  save: () => '',
  print: () => ' CLUSTERIP',
  check: () => 'ENOENT',
});
