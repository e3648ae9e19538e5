import { ETHERTYPES, GROUPS, PROTOCOLS, SERVICES, USERS } from './data.ts';

/** Entries of one database, by name (aliases too) and by number; the first of each wins, as the C library's readers do. */
export interface NameTable {
  number(name: string): number | undefined;
  name(number: number): string | undefined;
}

interface Entry {
  readonly names: readonly string[];
  readonly number: number;
  readonly proto?: string;
}

const parse = (text: string): Entry[] =>
  text.split(';').map((item) => {
    const [, names, number, proto] = /^(.*):(\d+)(?:\/(\w+))?$/.exec(item) as RegExpExecArray;
    return { names: names.split(','), number: Number(number), proto };
  });

function table(entries: readonly Entry[], fold = false): NameTable {
  const key = (s: string): string => (fold ? s.toLowerCase() : s);
  const byName = new Map<string, number>();
  const byNumber = new Map<number, string>();
  for (const e of entries) {
    for (const n of e.names) if (!byName.has(key(n))) byName.set(key(n), e.number);
    if (!byNumber.has(e.number)) byNumber.set(e.number, e.names[0]);
  }
  return { number: (n) => byName.get(key(n)), name: (n) => byNumber.get(n) };
}

const lazy = <T>(make: () => T): (() => T) => {
  let v: T | undefined;
  return () => {
    v ??= make();
    return v;
  };
};

export const protocols = lazy(() => table(parse(PROTOCOLS)));
/** getethertypebyname of the ebtables tools folds case. */
export const ethertypes = lazy(() => table(parse(ETHERTYPES), true));
export const users = lazy(() => table(parse(USERS)));
export const groups = lazy(() => table(parse(GROUPS)));

const serviceMaps = lazy(() => {
  const byName = new Map<string, number>();
  const byPort = new Map<string, string>();
  const set = <V>(m: Map<string, V>, k: string, v: V): void => {
    if (!m.has(k)) m.set(k, v);
  };
  for (const e of parse(SERVICES)) {
    for (const n of e.names) {
      set(byName, `${n}/${e.proto}`, e.number);
      set(byName, `${n}/`, e.number);
    }
    set(byPort, `${e.number}/${e.proto}`, e.names[0]);
    set(byPort, `${e.number}/`, e.names[0]);
  }
  return { byName, byPort };
});

/** getservbyname(3), getservbyport(3); proto null: any. */
export const servicePort = (name: string, proto: string | null): number | undefined => serviceMaps().byName.get(`${name}/${proto ?? ''}`);
export const serviceName = (port: number, proto: string | null): string | undefined => serviceMaps().byPort.get(`${port}/${proto ?? ''}`);

const HOSTS: readonly (readonly [string, readonly string[], Uint8Array])[] = [
  ['localhost', [], Uint8Array.of(127, 0, 0, 1)],
  ['localhost', ['ip6-localhost', 'ip6-loopback'], Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)],
  ['ip6-allnodes', [], Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)],
  ['ip6-allrouters', [], Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2)],
];

/** /etc/hosts by name, in whatever case: all addresses of the family. */
export const hostAddresses = (name: string, family: 'ip' | 'ip6'): readonly Uint8Array[] => {
  const sought = name.toLowerCase();
  return HOSTS.filter(([n, a, addr]) => (n === sought || a.includes(sought)) && addr.length === (family === 'ip' ? 4 : 16)).map(([, , addr]) => addr);
};

export const hostName = (address: Uint8Array): string | undefined => HOSTS.find(([, , a]) => a.length === address.length && a.every((b, i) => b === address[i]))?.[0];

const NETWORKS: readonly (readonly [string, number])[] = [
  ['default', 0],
  ['loopback', 0x7f000000],
  ['link-local', 0xa9fe0000],
];

/** getnetbyname(3). */
export const networkAddress = (name: string): Uint8Array | undefined => {
  const n = NETWORKS.find(([k]) => k === name)?.[1];
  return n === undefined ? undefined : Uint8Array.of(n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255);
};

/** getnetbyaddr(3). */
export const networkName = (address: Uint8Array): string | undefined =>
  NETWORKS.find(([k]) => {
    const a = networkAddress(k) as Uint8Array;
    return a.every((b, i) => b === address[i]);
  })?.[0];
