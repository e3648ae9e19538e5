import type { Choice } from '../../../random.ts';

const CHANGES: readonly ((c: Choice, t: string, at: number) => string)[] = [
  (_, t, at) => t.slice(0, at) + t.slice(at + 1),
  (_, t, at) => t.slice(0, at),
  (_, t, at) => t.slice(0, at) + t[at] + t.slice(at),
  (c, t, at) => t.slice(0, at) + c.one([' ', '\t', '\r\n', '\n', '\r', '\r\n ', ',', ';', ':', '0', '9', '@', '|', '\0', '\xe9', 'x', '.', '"']) + t.slice(at),
  (c, t, at) => t.slice(0, at) + c.one([' ', 'a', '1', '\n', ',', ':', '-', '\xff']) + t.slice(at + 1),
  (_, t) => t.replaceAll('\r\n', '\n'),
  (_, t) => t.replaceAll('\r\n', '\r'),
  (_, t) => t.toLowerCase(),
  (_, t) => t.toUpperCase(),
  (c, t) => {
    const lines = t.split('\r\n');
    const i = c.below(lines.length);
    lines.splice(i, c.below(2), ...(c.in(2) ? [lines[i], lines[c.below(lines.length)]] : []));
    return lines.join('\r\n');
  },
  (c, t) => {
    const numbers = [...t.matchAll(/\d+/g)];
    if (numbers.length === 0) return t;
    const m = c.one(numbers);
    return t.slice(0, m.index) + c.one(['0', '1', '65535', '65536', '99999', '4294967296', '00080', '1023', '256', '', String(Number(m[0]) + 1)]) + t.slice(m.index + m[0].length);
  },
];

/** The text with something wrong or unusual in it, now and then (`one in n`). */
export function mutate(c: Choice, text: string, n: number): string {
  if (text === '' || !c.in(n)) return text;
  let t = text;
  for (let i = 1 + c.below(2); i > 0 && t !== ''; i--) t = c.one(CHANGES)(c, t, c.below(t.length));
  return t;
}

/** The same for bytes. */
export function mutateBytes(c: Choice, data: Buffer, n: number): Buffer {
  if (data.length === 0 || !c.in(n)) return data;
  const at = c.below(data.length);
  switch (c.below(4)) {
    case 0:
      return data.subarray(0, at);
    case 1:
      return Buffer.concat([data, Buffer.from([c.below(256)])]);
    case 2:
      return Buffer.concat([data.subarray(0, at), data.subarray(at + 1)]);
    default: {
      const b = Buffer.from(data);
      b[at] = c.one([0, 1, 2, 7, 255, b[at] ^ (1 << c.below(8))]);
      return b;
    }
  }
}
