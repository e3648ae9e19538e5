import type { NetDevice } from '../../kernel/stack/device.ts';
import type { Stack } from '../../kernel/stack/stack.ts';
import type { Call } from '../command.ts';
import { IpError } from './arguments.ts';

export interface IpContext {
  readonly call: Call;
  readonly stack: Stack;
  family: 0 | 4 | 6;
  brief: boolean;
  oneline: boolean;
  details: boolean;
  stats: number;
}

export function device(c: IpContext, name: string): NetDevice {
  const dev = c.stack.deviceByName(name);
  if (!dev) throw new IpError(`Cannot find device "${name}"\n`, 1);
  return dev;
}

/** What the kernel refused. */
export const refused = (words: string): IpError => new IpError(`RTNETLINK answers: ${words}\n`, 2);
export const kernelError = (words: string): IpError => new IpError(`Error: ${words}\n`, 2);
