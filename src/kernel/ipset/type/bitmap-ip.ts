import { makeBitmap } from '../bitmap.ts';
import type { SetType } from '../definition.ts';

/** net/netfilter/ipset/ip_set_bitmap_ip.c */
export const setType: SetType = {
  name: 'bitmap:ip',
  method: 'bitmap',
  revision: 3,
  family: 'inet4',
  parts: ['ip'],
  aliases: ['ipmap'],
  netmask: 'header',
  make: (sets, name, create) => makeBitmap(setType, sets, name, create),
};
