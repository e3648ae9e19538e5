import type { HeaderWords, Vocabulary } from '../../parsers/packet/index.ts';
import type { LayerField, LayerKind } from './layer.ts';
import { LINK } from './link.ts';
import { NETWORK } from './network.ts';
import { TRANSPORT } from './transport.ts';

const nothing = (): Uint8Array => new Uint8Array(0);
const about = (name: string, dtype: LayerField['dtype'], len: number): LayerField => ({ name, dtype, offset: 0, len });

/** What is true of a packet without being in its bytes, in the words of nft's meta keys. */
const META: LayerKind = {
  name: 'meta',
  base: 'meta',
  fields: [
    about('mark', 'mark', 32),
    about('priority', 'integer', 32),
    about('skuid', 'uid', 32),
    about('skgid', 'gid', 32),
    about('cgroup', 'integer', 32),
    about('length', 'integer', 16),
    about('iifname', 'ifname', 128),
    about('fragments', 'integer', 16),
  ],
  short: { iif: 'iifname', in: 'iifname' },
  encode: nothing,
};

export const KINDS: readonly LayerKind[] = [META, ...LINK, ...NETWORK, ...TRANSPORT];
export const kindNamed = (name: string): LayerKind | undefined => KINDS.find((k) => k.name === name);

type Fields = Map<string, 'value' | 'flag'>;

function wordsOf(kind: LayerKind): HeaderWords {
  const fields: Fields = new Map(kind.fields.map((f) => [f.name, 'value']));
  for (const short of Object.keys(kind.short ?? {})) fields.set(short, 'value');
  for (const flag of Object.keys(kind.flags ?? {})) fields.set(flag, 'flag');
  if (!kind.options) return { name: kind.name, fields };
  const options = new Map(kind.options.list.map((o) => [o.name, new Map(o.fields.map((f) => [f.name, 'value' as const]))]));
  for (const [alias, name] of Object.entries(kind.options.alias ?? {})) options.set(alias, options.get(name) ?? new Map());
  return { name: kind.name, fields, optionWord: kind.options.word, options };
}

const headers = KINDS.map((k) => [k, wordsOf(k)] as const);

/** The words that packets are written with: nft's header fields, and what is said here about sending them. */
export const VOCABULARY: Vocabulary = {
  headers: new Map(headers.flatMap(([k, w]) => [k.name, ...(k.aliases ?? [])].map((name) => [name, w] as const))),
  unqualified: wordsOf(META),
};
