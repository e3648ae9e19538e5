import type { CtCommand } from './parse.ts';
import { matches } from './compare.ts';
import { parameter } from './error.ts';
import type { CtObject } from './object.ts';
import { destination, source } from './print.ts';
import { isDnat, isDpat, isSnat, isSpat } from './save.ts';

interface Network {
  readonly network: Uint8Array;
  readonly mask: Uint8Array;
}

const same = (a: Uint8Array | undefined, b: Uint8Array): boolean => a !== undefined && a.length === b.length && a.every((x, i) => x === b[i]);
const inNetwork = (a: Uint8Array, n: Network): boolean => a.length === n.network.length && a.every((x, i) => (x & n.mask[i]) === n.network[i]);

/** The filters that the tool applies itself to what a dump or an event brings. */
export class Filter {
  readonly #cmd: CtCommand;
  readonly #label: Uint8Array | null;
  readonly #src: Network | null;
  readonly #dst: Network | null;

  /** nfct_filter_init: an address with a mask is no longer compared exactly. */
  constructor(cmd: CtCommand, label: Uint8Array | null = cmd.label) {
    this.#cmd = cmd;
    this.#label = label;
    this.#src = this.#network('src');
    this.#dst = this.#network('dst');
  }

  #network(which: 'src' | 'dst'): Network | null {
    const { options, ct, mask, family } = this.#cmd;
    if (!options.has(`mask-${which}`)) return null;
    if (!options.has(which)) throw parameter(`Can't use --mask-${which} without --${which}`);
    const key = `${which}${family === 10 ? 6 : 4}` as const;
    const address = ct.orig[key],
      m = mask.orig[key];
    delete ct.orig[key];
    if (!address || !m) return null;
    return { network: address.map((x, i) => x & m[i]), mask: m };
  }

  network(o: CtObject): boolean {
    return this.#inside(o, this.#src, source) && this.#inside(o, this.#dst, destination);
  }

  #inside(o: CtObject, n: Network | null, of: (s: CtObject['orig']) => Uint8Array): boolean {
    return n === null || (o.orig.l3 === this.#cmd.family && inNetwork(of(o.orig), n));
  }

  nat(o: CtObject): boolean {
    const { options, ct } = this.#cmd;
    const any = options.has('any-nat');
    const checkSrc = any || options.has('src-nat'),
      checkDst = any || options.has('dst-nat');
    const src = checkSrc && side(ct.snat4 ?? null, ct.snatPort, isSnat(o), isSpat(o), o.repl.dst4, o.repl.dport);
    const dst = checkDst && side(ct.dnat4 ?? null, ct.dnatPort, isDnat(o), isDpat(o), o.repl.src4, o.repl.sport);
    if (any) return src || dst;
    return (!checkSrc || src) && (!checkDst || dst);
  }

  label(o: CtObject): boolean {
    const wanted = this.#label;
    return wanted === null || (o.labels !== undefined && wanted.every((b, i) => ((o.labels?.[i] ?? 0) & b) === b));
  }

  mark(o: CtObject): boolean {
    const m = this.#cmd.mark;
    return !this.#cmd.options.has('mark') || (m !== null && o.mark !== undefined && (o.mark & m.mask) >>> 0 === m.val);
  }

  /** nfct_filter: may the entry pass? */
  passes(o: CtObject): boolean {
    return this.nat(o) && this.mark(o) && this.label(o) && this.network(o) && (!comparesWhole(this.#cmd) || matches(this.#cmd.ct, o));
  }
}

const COMPARED = ['protonum', 'src', 'dst', 'reply-src', 'reply-dst', 'mark', 'secmark', 'status', 'id', 'zone', 'label', 'orig-zone', 'reply-zone'] as const;
/** CT_COMPARISON: only these options compare the whole object. */
export const comparesWhole = (cmd: CtCommand): boolean => COMPARED.some((n) => cmd.options.has(n));

/** One half of filter_nat: an address (IPv4 only, as in the tool) and a port, or any translation at all. */
function side(ip: Uint8Array | null, port: number | undefined, nat: boolean, pat: boolean, actual: Uint8Array | undefined, actualPort: number | undefined): boolean {
  const byPort = port !== undefined && pat && port === actualPort;
  if (ip) return nat && same(actual, ip) && (port === undefined || byPort);
  if (port !== undefined) return byPort;
  return nat || pat;
}
