import { abbreviates, IpError } from './arguments.ts';
import type { Words } from './arguments.ts';
import { refused } from './context.ts';
import type { IpContext } from './context.ts';

/** ip tuntap */
export function runTuntap(c: IpContext, words: Words): void {
  const verb = words.more ? words.next() : 'show';
  let name: string | null = null,
    mode: string | null = null;
  while (words.more) {
    const w = words.next();
    if (w === 'mode') mode = words.next();
    else if (w === 'dev' || w === 'name') name = words.next();
    else if (w === 'user' || w === 'group') words.next();
    else if (w !== 'multi_queue' && w !== 'pi' && w !== 'one_queue' && w !== 'vnet_hdr') name = w;
  }
  if (abbreviates(verb, 'add')) {
    if (mode !== 'tun' && mode !== 'tap') throw new IpError('You failed to specify a tunnel mode\n');
    if (name === null) {
      let i = 0;
      while (c.stack.deviceByName(`${mode}${i}`)) i++;
      name = `${mode}${i}`;
    }
    if (c.stack.deviceByName(name)) throw new IpError('ioctl(TUNSETIFF): Device or resource busy\n', 1);
    c.stack.addDevice(name, mode === 'tun' ? 'tun' : 'ethernet', { kind: 'tun' });
  } else if (abbreviates(verb, 'delete')) {
    const dev = name === null ? undefined : c.stack.deviceByName(name);
    if (!dev) throw refused('No such device');
    c.stack.removeDevice(dev);
  } else if (abbreviates(verb, 'show') || abbreviates(verb, 'list') || verb === 'lst') {
    for (const d of c.stack.devices) if (d.kind === 'tun') c.call.out(`${d.name}: ${d.type === 'tun' ? 'tun' : 'tap'} persist\n`);
  } else throw new IpError(`Command "${verb}" is unknown, try "ip tuntap help".\n`);
}
