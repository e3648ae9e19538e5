import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { askedRoot, whyNot } from '../oracle/real.ts';
import { MAC, type Frame } from './frames.ts';

const ROUNDS = 9;
const hex = (f: Frame): [string, string] => [f.device, Buffer.from(f.bytes).toString('hex')];

export const SETUP = [
  'ip addr add 10.0.0.1/24 dev eth0',
  'ip addr add 192.168.1.1/24 dev eth1',
  'ip link set eth0 up',
  'ip link set eth1 up',
  'sysctl -q -w net.ipv4.ip_forward=1',
  `ip neigh replace 10.0.0.2 lladdr ${MAC.outside} dev eth0 nud permanent`,
  `ip neigh replace 192.168.1.10 lladdr ${MAC.inside} dev eth1 nud permanent`,
] as const;

/** Nanoseconds a packet of the same frames through a forwarding namespace of this machine's kernel, the sender's part included; null: not possible here. */
export function realRouter(rules: string, first: readonly Frame[], frames: readonly Frame[], rounds = ROUNDS): number | null {
  if (whyNot()) return null;
  const ask = {
    root: askedRoot,
    devices: [
      ['eth0', MAC.eth0],
      ['eth1', MAC.eth1],
    ],
    setup: SETUP,
    rules,
    first: first.map(hex),
    frames: frames.map(hex),
    rounds,
  };
  const r = spawnSync('python3', [join(import.meta.dirname, 'router.py')], { input: JSON.stringify(ask), encoding: 'utf8', maxBuffer: 1 << 28 });
  if (r.status !== 0) return null;
  const { ns, left } = JSON.parse(r.stdout) as { ns: number[]; left: number };
  if (left < frames.length) throw new Error(`the kernel forwarded ${left} of ${frames.length} packets`);
  return Math.min(...ns);
}
