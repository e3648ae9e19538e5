import type { Datatype, NameContext, Parsed, SymbolTable } from './types.ts';
import { bitmask, error, fileTable, integer, symbolic } from './basic.ts';
import { lowBit } from './bytes.ts';

const made = (self: Datatype, value: bigint, len = self.size): Parsed => ({ kind: 'value', dtype: self.id, constant: { value, byteorder: 'host', len } });

export const ifindex: Datatype = {
  id: 'iface_index',
  name: 'iface_index',
  number: 20,
  desc: 'network interface index',
  byteorder: 'host',
  size: 32,
  base: integer,
  parse: (word, c, self) => {
    const index = c.ifindex(word);
    if (index !== undefined) return made(self, BigInt(index));
    if (!/^\d+$/.test(word)) return error('Interface does not exist');
    return BigInt(word) > 0x7fffffffn ? error('Interface does not exist') : made(self, BigInt(word));
  },
  print: (v, c) => {
    const name = c.ifname(Number(v.value));
    return name === undefined ? v.value.toString() : `"${name}"`;
  },
  json: (v, c) => c.ifname(Number(v.value)) ?? String(v.value),
};

export const realm: Datatype = {
  id: 'realm',
  name: 'realm',
  number: 22,
  desc: 'routing realm',
  byteorder: 'host',
  size: 32,
  base: integer,
  symbols: (c) => fileTable(c, 'rt_realms', 'decimal'),
  print: (v, c) => symbolic(v, realm, c, true),
  json: (v, c) => symbolic(v, realm, c, false),
};

export const devgroup: Datatype = {
  id: 'devgroup',
  name: 'devgroup',
  number: 35,
  desc: 'devgroup name',
  byteorder: 'host',
  size: 32,
  base: integer,
  symbols: (c) => fileTable(c, 'group', 'decimal'),
  print: (v, c) => symbolic(v, devgroup, c, true),
};

export const classid: Datatype = {
  id: 'classid',
  name: 'classid',
  number: 23,
  desc: 'TC classid',
  byteorder: 'host',
  size: 32,
  base: integer,
  parse: (word, _c, self) => {
    if (word === 'root') return made(self, 0xffffffffn);
    if (word === 'none') return made(self, 0n);
    const m = /^([0-9a-fA-F]+):([0-9a-fA-F]*)$/.exec(word);
    if (m) return made(self, ((BigInt(`0x0${m[1]}`) & 0xffffn) << 16n) | (BigInt(`0x0${m[2]}`) & 0xffffn));
    if (word.includes(':')) return error(`Could not parse ${self.desc}`);
    const number = /^\s*(0x[0-9a-f]+|\d+)/i.exec(word); // strtoull: what follows is not looked at, no digits are zero
    return made(self, BigInt.asUintN(32, number ? BigInt(number[1] as string) : 0n));
  },
  print: (v) => {
    if (v.value === 0xffffffffn) return 'root';
    if (v.value === 0n) return 'none';
    const hex = (n: bigint): string => n.toString(16);
    const major = v.value >> 16n;
    const minor = v.value & 0xffffn;
    return `${hex(major)}:${hex(minor)}`;
  },
};

function idType(
  id: 'uid' | 'gid',
  number: number,
  desc: string,
  who: string,
  find: (c: NameContext, name: string) => number | undefined,
  name: (c: NameContext, n: number) => string | undefined,
): Datatype {
  return {
    id,
    name: id,
    number,
    desc,
    byteorder: 'host',
    size: 32,
    base: integer,
    parse: (word, c, self) => {
      const found = find(c, word);
      if (found !== undefined) return made(self, BigInt(found));
      if (!/^\d+$/.test(word)) return error(`${who} does not exist`);
      return BigInt(word) > 0xffffffffn ? error('Value too large') : made(self, BigInt(word));
    },
    print: (v, c) => {
      const n = c.options.guid ? name(c, Number(v.value)) : undefined;
      return n === undefined ? v.value.toString() : `"${n}"`;
    },
    json: (v, c) => (c.options.guid ? name(c, Number(v.value)) : undefined) ?? v.value,
  };
}

export const uid = idType(
  'uid',
  24,
  'user ID',
  'User',
  (c, n) => c.names.user(n),
  (c, n) => c.names.userName(n),
);
export const gid = idType(
  'gid',
  25,
  'group ID',
  'Group',
  (c, n) => c.names.group(n),
  (c, n) => c.names.groupName(n),
);

const LABEL_FILE = '/etc/connlabel.conf';

function labels(c: NameContext): SymbolTable {
  const text = c.names.file('/etc/xtables/connlabel.conf') ?? c.names.file(LABEL_FILE) ?? '';
  const symbols: [string, bigint][] = [];
  for (const line of text.split('\n')) {
    const m = /^\s*(\d+)\s+(\S+)/.exec(line);
    if (m) symbols.push([m[2] as string, BigInt(m[1] as string)]);
  }
  return { base: 'decimal', symbols, file: LABEL_FILE };
}

const CT_LABEL_BITS = 128n;

export const ctLabel: Datatype = {
  id: 'ct_label',
  name: 'ct_label',
  number: 30,
  desc: 'conntrack label',
  byteorder: 'host',
  size: 128,
  base: bitmask,
  symbols: labels,
  parse: (word, c, self) => {
    const known = labels(c).symbols.find(([n]) => n === word)?.[1];
    if (known === undefined && !/^(0x[0-9a-f]+|\d+)$/i.test(word)) return error(`${LABEL_FILE}: could not parse ${self.desc} "${word}"`);
    const bit = known ?? BigInt(word);
    if (bit >= CT_LABEL_BITS) return error(`${word}: bit ${bit} out of range (${CT_LABEL_BITS} max)`);
    return made(self, 1n << bit, 128);
  },
  print: (v, c) => {
    const bit = lowBit(v.value);
    const name = labels(c).symbols.find(([, n]) => n === BigInt(bit));
    return name ? `"${name[0]}"` : String(bit);
  },
  json: (v, c) => {
    const bit = lowBit(v.value);
    return labels(c).symbols.find(([, n]) => n === BigInt(bit))?.[0] ?? bit;
  },
};

export const cgroupv2: Datatype = {
  id: 'cgroupsv2',
  name: 'cgroupsv2',
  number: 46,
  desc: 'cgroupsv2 path',
  byteorder: 'host',
  size: 64,
  base: integer,
  parse: (word, c, self) => {
    const id = c.cgroupId?.(word);
    return id === undefined ? error('cgroupv2 path fails: No such file or directory') : made(self, id);
  },
  print: (v, c) => {
    const path = c.cgroupPath?.(v.value);
    return path === undefined ? `${v.value}` : `"${path}"`;
  },
};
