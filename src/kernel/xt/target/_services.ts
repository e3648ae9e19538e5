import { NF } from '../../expr/machine.ts';
import type { PacketServices } from '../../expr/services.ts';
import type { HookState } from '../../net/hook-state.ts';
import type { XtVerdict } from '../definition.ts';

/** What the packet path does for targets; null while a namespace has none. */
export const services = (state: HookState): PacketServices | null => state.net.nft.services;

/** An NF_* number of the services as an extension's verdict. */
export function verdict(nf: number | undefined): XtVerdict {
  switch (nf) {
    case NF.DROP:
      return 'drop';
    case NF.STOLEN:
      return 'stolen';
    case NF.CONTINUE:
      return 'continue';
    default:
      return 'accept';
  }
}
