/** What one dimension of an element holds. */
export type Part = 'ip' | 'net' | 'mac' | 'mark' | 'port' | 'iface';

/** One dimension's value. Addresses in network order; `cidr` is the host's full length for a single address. */
export type Value =
  | { readonly kind: 'ip'; readonly address: Uint8Array }
  | { readonly kind: 'net'; readonly address: Uint8Array; readonly cidr: number }
  | { readonly kind: 'mac'; readonly mac: Uint8Array | null }
  | { readonly kind: 'mark'; readonly mark: number }
  | { readonly kind: 'port'; readonly proto: number; readonly port: number }
  | { readonly kind: 'iface'; readonly name: string; readonly physdev: boolean; readonly wildcard: boolean }
  | { readonly kind: 'set'; readonly index: number };

export interface SkbInfo {
  readonly mark: number;
  readonly markmask: number;
  readonly prio: number;
  readonly queue: number;
}

/** What a set's extensions keep beside an element (struct ip_set_ext). */
export interface Extension {
  /** Host milliseconds; null: stays for good. */
  expires: number | null;
  packets: bigint;
  bytes: bigint;
  comment: string;
  skbinfo: SkbInfo | null;
}

export interface Entry extends Extension {
  values: readonly Value[];
  nomatch: boolean;
}

/** What a command or a packet gives along: undefined is "not said". Timeout in seconds. */
export interface GivenExtension {
  readonly timeout?: number;
  readonly packets?: bigint;
  readonly bytes?: bigint;
  readonly comment?: string;
  readonly skbinfo?: SkbInfo;
}

/** An element as user space sends it (IPSET_ATTR_ADT): ranges are not unrolled yet. */
export interface Adt extends GivenExtension {
  readonly ip?: Uint8Array;
  readonly ipTo?: Uint8Array;
  readonly cidr?: number;
  readonly ip2?: Uint8Array;
  readonly ip2To?: Uint8Array;
  readonly cidr2?: number;
  readonly proto?: number;
  readonly port?: number;
  readonly portTo?: number;
  readonly mac?: Uint8Array;
  readonly mark?: number;
  readonly iface?: string;
  readonly physdev?: boolean;
  readonly wildcard?: boolean;
  readonly nomatch?: boolean;
  readonly name?: string;
  readonly nameref?: string;
  readonly before?: 'before' | 'after';
}

export type Operation = 'add' | 'del' | 'test';

/** IPSET_ERR_* and the errno values that sets answer with. */
export type SetError =
  | 'PROTOCOL'
  | 'FIND_TYPE'
  | 'MAX_SETS'
  | 'BUSY'
  | 'EXIST_SETNAME2'
  | 'TYPE_MISMATCH'
  | 'EXIST'
  | 'INVALID_CIDR'
  | 'INVALID_NETMASK'
  | 'INVALID_FAMILY'
  | 'TIMEOUT'
  | 'REFERENCED'
  | 'COUNTER'
  | 'COMMENT'
  | 'INVALID_MARKMASK'
  | 'SKBINFO'
  | 'HASH_FULL'
  | 'HASH_ELEM'
  | 'INVALID_PROTO'
  | 'MISSING_PROTO'
  | 'HASH_RANGE_UNSUPPORTED'
  | 'HASH_RANGE'
  | 'BITMAP_RANGE'
  | 'BITMAP_RANGE_SIZE'
  | 'NAME'
  | 'LOOP'
  | 'BEFORE'
  | 'NAMEREF'
  | 'LIST_FULL'
  | 'REF_EXIST'
  | 'ENOENT'
  | 'EEXIST'
  | 'ENOMEM';

/** Answer of a test: 'nomatch' is an element with that flag (the kernel's -ENOTEMPTY). */
export type Tested = boolean | 'nomatch' | 'fill';

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((x, i) => x === b[i]);
export const toInt = (a: Uint8Array): number => ((a[0] << 24) | (a[1] << 16) | (a[2] << 8) | a[3]) >>> 0;
export const toBytes = (n: number): Uint8Array => Uint8Array.of(n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255);
export const hostMask = (cidr: number): number => (cidr === 0 ? 0 : (0xffffffff << (32 - cidr)) >>> 0);

export function maskAddress(address: Uint8Array, cidr: number): Uint8Array {
  return address.map((b, i) => b & (cidr >= 8 * (i + 1) ? 255 : cidr <= 8 * i ? 0 : (0xff00 >> (cidr - 8 * i)) & 255));
}

const hexOf = (a: Uint8Array): string => Array.from(a, (b) => b.toString(16).padStart(2, '0')).join('');

/** Identity of an element in its set. */
export const keyOf = (values: readonly Value[]): string =>
  values
    .map((v) => {
      switch (v.kind) {
        case 'ip':
          return hexOf(v.address);
        case 'net':
          return `${hexOf(v.address)}/${v.cidr}`;
        case 'mac':
          return v.mac ? hexOf(v.mac) : '-';
        case 'mark':
          return String(v.mark);
        case 'port':
          return `${v.proto}:${v.port}`;
        case 'iface':
          return `${v.physdev ? 'p:' : ''}${v.name}${v.wildcard ? '*' : ''}`;
        case 'set':
          return String(v.index);
      }
    })
    .join(',');
