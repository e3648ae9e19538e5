import type { Netns } from '../../netns.ts';
import type { ParsedOption } from '../definition.ts';
import { paramProblem } from '../text.ts';

/** struct ip_set / xt_set_info: a set and which address or port of the packet each dimension looks at (bit n: dimension n from the source). */
export type SetRef = { readonly index: number; readonly dim: number; readonly flags: number };
export const NO_SET: SetRef = { index: 65535, dim: 0, flags: 0 };
const MAX_DIM = 6;
const MAX_NAME = 31;

/** libxt_set.h: parse_dirs: `src,dst…`; only the beginning of a word is looked at. */
export function parseDirections(text: string): { readonly dim: number; readonly flags: number } {
  let flags = 0;
  const words = text.split(',');
  for (let dim = 1; dim <= Math.min(words.length, MAX_DIM); dim++) {
    const word = words[dim - 1];
    if (word.startsWith('src')) flags |= 1 << dim;
    else if (!word.startsWith('dst')) throw paramProblem("You must specify (the comma separated list of) 'src' or 'dst'.");
  }
  if (words.length > MAX_DIM) throw paramProblem(`Can't be more src/dst options than ${MAX_DIM}.`);
  return { dim: words.length, flags };
}

/** libxt_set.h: get_set_byname: asks the kernel for the index. */
export function findSet(name: string, net: Netns, family: string): number {
  const set = net.ipset.byName(name);
  if (!set) throw paramProblem(`Set ${name} doesn't exist.\n`);
  const wanted = family === 'ip6' ? 'inet6' : family === 'ip' ? 'inet' : null;
  const own = set.type.family === 'inet4' ? 'inet' : set.family;
  if (own !== 'unspec' && own !== wanted) throw paramProblem(`The protocol family of set ${name} is ${own === 'inet' ? 'IPv4' : 'IPv6'}, which is not applicable.\n`);
  return net.ipset.indexOf(set);
}

/** `--option NAME src,dst`: both words; the deprecated `--set` is spoken of by its new name. */
export function parseSetRef(o: ParsedOption, old: SetRef, net: Netns, family: string): SetRef {
  const option = o.name === 'set' ? 'match-set' : o.name;
  if (old.dim) throw paramProblem(`--${option} can be specified only once`);
  const dirs = o.take();
  if (dirs === undefined || dirs.startsWith('-') || dirs.startsWith('!')) throw paramProblem(`--${option} requires two args.`);
  const name = o.raw ?? '';
  if (name.length > MAX_NAME) throw paramProblem(`setname \`${name}' too long, max ${MAX_NAME} characters.`);
  const index = findSet(name, net, family);
  return { index, ...parseDirections(dirs) };
}

export function setWords(ref: SetRef, net: Netns): string {
  const dirs = Array.from({ length: ref.dim }, (_, i) => (ref.flags & (2 << i) ? 'src' : 'dst')).join(',');
  return `${net.ipset.nameOf(ref.index) ?? ''} ${dirs}`;
}
