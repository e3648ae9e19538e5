/** inet_aton(3): one to four numbers, decimal, octal or hex. */
export function inetAton(text: string): Uint8Array | null {
  const word = text.split(/[ \t\n]/)[0];
  const parts = word.split('.');
  if (parts.length > 4 || parts.some((p) => !/^(0[xX][0-9a-fA-F]*|[0-9]+)$/.test(p))) return null;
  const numbers = parts.map((p) =>
    /^0[xX]/.test(p) ? (p.length === 2 ? 0 : Number(p)) : p.length > 1 && p[0] === '0' ? (/^[0-7]+$/.test(p) ? Number.parseInt(p, 8) : Number.NaN) : Number(p),
  );
  const last = numbers.pop() ?? Number.NaN;
  const room = 4 - numbers.length;
  if (Number.isNaN(last) || numbers.some((n) => Number.isNaN(n) || n > 255) || last >= 256 ** room) return null;
  const out = new Uint8Array(4);
  out.set(numbers);
  for (let i = 0; i < room; i++) out[3 - i] = Math.floor(last / 256 ** i) & 255;
  return out;
}

/** inet_pton(AF_INET6) */
export function inetPton6(text: string): Uint8Array | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const groups = (s: string, tail: boolean): number[] | null => {
    if (s === '') return [];
    const out: number[] = [];
    const parts = s.split(':');
    for (const [i, p] of parts.entries()) {
      if (tail && i === parts.length - 1 && p.includes('.')) {
        if (!/^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/.test(p)) return null;
        const q = p.split('.').map(Number);
        if (q.some((n) => n > 255)) return null;
        out.push((q[0] << 8) | q[1], (q[2] << 8) | q[3]);
      } else if (/^[0-9a-fA-F]{1,4}$/.test(p)) out.push(Number.parseInt(p, 16));
      else return null;
    }
    return out;
  };
  const head = groups(halves[0], halves.length === 1),
    rest = halves.length === 2 ? groups(halves[1], true) : [];
  if (!head || !rest) return null;
  const n = head.length + rest.length;
  if (halves.length === 1 ? n !== 8 : n > 7) return null;
  const all = [...head, ...new Array<number>(8 - n).fill(0), ...rest];
  return Uint8Array.from(all.flatMap((g) => [g >> 8, g & 255]));
}

export const formatIp4 = (a: Uint8Array): string => a.join('.');

/** inet_ntop(AF_INET6): the longest run of zeros shortened, mapped addresses dotted. */
export function formatIp6(a: Uint8Array): string {
  const g = Array.from({ length: 8 }, (_, i) => (a[2 * i] << 8) | a[2 * i + 1]);
  let best = -1,
    length = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && g[i + n] === 0) n++;
    if (n > length) {
      best = i;
      length = n;
    }
    i += n;
  }
  const dotted = best === 0 && (length === 6 || (length === 5 && g[5] === 0xffff));
  const hex = (xs: number[]): string => xs.map((x) => x.toString(16)).join(':');
  if (dotted) return `::${length === 5 ? 'ffff:' : ''}${a.slice(12).join('.')}`;
  return best < 0 ? hex(g) : `${hex(g.slice(0, best))}::${hex(g.slice(best + length))}`;
}

export const formatIp = (a: Uint8Array): string => (a.length === 4 ? formatIp4(a) : formatIp6(a));
