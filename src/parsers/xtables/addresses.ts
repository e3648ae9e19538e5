import { literalAddress, numericToIp, numericToMask, prefixMask, ptonV6 } from '../../kernel/xt/address.ts';
import type { Names } from '../../kernel/xt/definition.ts';
import { wholeUint } from '../../kernel/xt/number.ts';
import { paramProblem } from '../../kernel/xt/text.ts';

/** -s and -d (libxtables/xtables.c: xtables_ipparse_multiple, xtables_ip6parse_multiple). */
export interface AddressMask {
  readonly address: Uint8Array;
  readonly mask: Uint8Array;
}

const WHOLE = { v4: prefixMask(32, 4), v6: prefixMask(128, 16) } as const;

function parseMask(text: string | null, v6: boolean): Uint8Array {
  const bytes = v6 ? 16 : 4;
  if (text === null) return v6 ? WHOLE.v6 : WHOLE.v4;
  const mask = v6 ? ptonV6(text) : numericToMask(text);
  if (mask) return mask;
  const bits = wholeUint(text, 0, bytes * 8);
  if (bits === null) throw paramProblem(`invalid mask \`${text}' specified`);
  return prefixMask(bits, bytes);
}

/** The C library answers a question for IPv4 with 127.0.0.1 for each line of /etc/hosts that has ::1 (nss_files, `multi on`). */
function hostV4(name: string, names: Names): readonly Uint8Array[] {
  const number = literalAddress(name, 'ip');
  if (number) return [number];
  const loop = names.host(name, 'ip6').filter((a) => a.every((b, i) => b === (i === 15 ? 1 : 0)));
  return [...names.host(name, 'ip'), ...loop.map(() => Uint8Array.of(127, 0, 0, 1))];
}

function resolve(name: string, v6: boolean, names: Names): readonly Uint8Array[] {
  const one = v6 ? literalAddress(name, 'ip6') : (numericToIp(name) ?? names.network(name));
  const all = one ? [one] : v6 ? names.host(name, 'ip6') : hostV4(name, names);
  if (all.length === 0) throw paramProblem(`host/network \`${name}' not found`);
  return all;
}

export function parseAddresses(text: string, family: 'ip' | 'ip6', names: Names): AddressMask[] {
  const v6 = family === 'ip6';
  const plain = v6 ? null : numericToIp(text);
  if (plain) return [{ address: plain, mask: WHOLE.v4 }];
  return text.split(',').flatMap((part) => {
    const item = part.replace(/^\s+/, '');
    const slash = item.lastIndexOf('/');
    const mask = parseMask(slash < 0 ? null : item.slice(slash + 1), v6);
    const name = mask.every((b) => b === 0) ? (v6 ? '::' : '0.0.0.0') : slash < 0 ? item : item.slice(0, slash);
    return resolve(name, v6, names).map((a) => ({ address: a.map((b, i) => b & mask[i]), mask }));
  });
}
