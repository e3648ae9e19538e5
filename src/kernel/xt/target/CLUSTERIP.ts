import { defineExtension } from '../definition.ts';

type Info = Record<string, never>;

/** extensions/libipt_CLUSTERIP.c. Linux has no such target since 6.10; only its help is left of use. */
export const target = defineExtension<Info>({
  kind: 'target', name: 'CLUSTERIP', families: ['ip'], revision: 0, absent: true,
  options: [
    { name: 'new', type: 'none' },
    { name: 'hashmode', type: 'string', requires: ['new'] },
    { name: 'clustermac', type: 'ethermac', requires: ['new'] },
    { name: 'total-nodes', type: 'uint16', min: 1, max: 16, requires: ['new'] },
    { name: 'local-node', type: 'uint16', min: 1, max: 16, requires: ['new'] },
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
  parse() {},
  finish: () => ({}),
  save: () => '',
  print: () => ' CLUSTERIP',
  check: () => 'ENOENT',
});
