import type { SetType } from './definition.ts';
import type { SetError } from './entry.ts';
import { HashSet } from './hash.ts';
import type { IpSets } from './ipsets.ts';
import type { CreateData, IpSet } from './set.ts';

const MIN_HASHSIZE = 64;
const MAX_BUCKET = 12;

function powerOfTwo(n: number): number {
  let p = MIN_HASHSIZE;
  while (p < n) p *= 2;
  return p;
}

/** bucketsize is made even, between 2 and 12; absent: the default. */
function bucketSize(n: number | undefined): number {
  if (n === undefined || n > MAX_BUCKET) return MAX_BUCKET;
  return n < 2 ? 2 : n + (n % 2);
}

/** ip_set_hash_gen.h: mtype_create */
export function makeHash(type: SetType, sets: IpSets, name: string, c: CreateData): IpSet | SetError {
  const bits = c.family === 'inet6' ? 128 : 32;
  if (c.netmask !== undefined && (c.netmask > bits || c.netmask === 0)) return 'INVALID_NETMASK';
  if (c.bitmask?.every((b) => b === 0)) return 'INVALID_NETMASK';
  if (c.markmask === 0) return 'INVALID_MARKMASK';
  if ((c.hashsize ?? 0) > 2 ** 31) return 'ENOMEM';
  return new HashSet(sets, name, type, {
    ...c,
    bitmask: c.bitmask?.every((b) => b === 255) ? undefined : c.bitmask,
    netmask: c.netmask === bits ? undefined : c.netmask,
    hashsize: powerOfTwo(c.hashsize ?? 1024),
    maxelem: c.maxelem ?? 65536,
    bucketsize: bucketSize(c.bucketsize),
    initval: c.initval ?? sets.random(),
  });
}
