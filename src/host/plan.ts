import type { Host } from './host.ts';
import type { Result } from './execute.ts';

/** A machine that `drywall init` can make. */
export interface HostPlan {
  readonly name: string;
  readonly devices: readonly { readonly name: string; readonly type: 'ethernet' | 'tun'; readonly addresses: readonly string[] }[];
  readonly gateways: readonly string[];
  readonly forward: boolean;
}

/** What the command line has when nobody asked for another: one network card with an address and a way out. */
export const SINGLE: HostPlan = {
  name: 'single',
  devices: [{ name: 'eth0', type: 'ethernet', addresses: ['192.0.2.10/24', '2001:db8::10/64'] }],
  gateways: ['192.0.2.1', '2001:db8::1'],
  forward: false,
};

export const ROUTER: HostPlan = {
  name: 'router',
  devices: [
    { name: 'wan', type: 'ethernet', addresses: ['198.51.100.2/24', '2001:db8:1::2/64'] },
    { name: 'lan', type: 'ethernet', addresses: ['192.168.1.1/24', '2001:db8:2::1/64'] },
    { name: 'dmz', type: 'ethernet', addresses: ['172.16.0.1/24', '2001:db8:3::1/64'] },
  ],
  gateways: ['198.51.100.1', '2001:db8:1::1'],
  forward: true,
};

/** `NAME[:tun][=ADDRESS/LEN[,ADDRESS/LEN…]]`, as `drywall init --device` takes it; null when it is not of that form. */
export function parseDevice(text: string): HostPlan['devices'][number] | null {
  const m = /^([A-Za-z0-9_.-]{1,15})(?::(tun|ethernet))?(?:=(.*))?$/.exec(text);
  return m ? { name: m[1], type: m[2] === 'tun' ? 'tun' : 'ethernet', addresses: m[3] ? m[3].split(',') : [] } : null;
}

/** Builds the machine with the host's own tools, as an administrator would. Throws with the tool's words. */
export async function setUp(plan: HostPlan, host: Host, exec: (argv: readonly string[]) => Promise<Result>): Promise<void> {
  const must = async (line: string): Promise<void> => {
    const r = await exec(line.split(' '));
    if (r.status !== 0) throw new Error(`${line}: ${r.stderr.trim()}`);
  };
  for (const [i, d] of plan.devices.entries()) {
    host.net.stack.addDevice(d.name, d.type, { mac: Uint8Array.of(2, 0, 0, 0, 0, i + 16) });
    for (const a of d.addresses) await must(`ip addr add ${a} dev ${d.name}${a.includes(':') ? ' nodad' : ''}`);
    await must(`ip link set ${d.name} up`);
  }
  for (const g of plan.gateways) {
    await must(`ip ${g.includes(':') ? '-6 ' : ''}route add default via ${g}`);
    const near = plan.devices.find((d) => d.type === 'ethernet');
    if (near) await must(`ip neigh replace ${g} lladdr 02:00:00:00:00:01 dev ${near.name} nud permanent`);
  }
  if (plan.forward) for (const name of ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding']) await must(`sysctl -q -w ${name}=1`);
}
