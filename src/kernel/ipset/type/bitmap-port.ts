import { makeBitmap } from '../bitmap.ts';
import type { SetType } from '../definition.ts';

/** net/netfilter/ipset/ip_set_bitmap_port.c */
export const setType: SetType = {
  name: 'bitmap:port',
  method: 'bitmap',
  revision: 3,
  family: 'unspec',
  parts: ['port'],
  aliases: ['portmap'],
  make: (sets, name, create) => makeBitmap(setType, sets, name, create),
};
