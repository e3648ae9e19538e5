import { makeBitmap } from '../bitmap.ts';
import type { SetType } from '../definition.ts';

/** net/netfilter/ipset/ip_set_bitmap_ipmac.c */
export const setType: SetType = {
  name: 'bitmap:ip,mac',
  method: 'bitmap',
  revision: 3,
  family: 'inet4',
  parts: ['ip', 'mac'],
  aliases: ['macipmap'],
  make: (sets, name, create) => makeBitmap(setType, sets, name, create),
};
