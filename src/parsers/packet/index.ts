import nearley from 'nearley';
import grammar from '../generated/packet/packet.ts';
import type { Content, Header, OptionNode, PacketText, Place, Setting, Vocabulary } from './ast.ts';
import { PacketError } from './error.ts';
import { tokens } from './lexer.ts';

export type * from './ast.ts';
export { PacketError } from './error.ts';

type Part =
  | { readonly kind: 'header'; readonly name: string; readonly place: Place }
  | (Setting & { readonly kind: 'setting'; readonly owner: number | 'option' })
  | { readonly kind: 'option'; readonly name: string; readonly owner: number; readonly place: Place }
  | { readonly kind: 'payload'; readonly content: readonly Content[]; readonly place: Place };

const compiled = nearley.Grammar.fromCompiled(grammar as unknown as nearley.CompiledRules);

/** Reads a packet as people write it. Throws PacketError. */
export function parsePacket(text: string, words: Vocabulary): PacketText {
  const parser = new nearley.Parser(compiled);
  // nearley takes any array of tokens here; its types know strings only.
  parser.feed(tokens(text, words) as unknown as string);
  if (parser.results.length !== 1) throw new Error(`${parser.results.length} readings of ${text}`);
  return assemble(text, parser.results[0] as Part[], words);
}

/** Gives each setting to its header. Unqualified fields make a header of their own, in front. */
function assemble(text: string, parts: readonly Part[], words: Vocabulary): PacketText {
  const headers: Header[] = [];
  const loose: Header = { name: words.unqualified.name, settings: [], options: [], place: { start: 0, end: 0 } };
  let payload: readonly Content[] | null = null;
  let option: OptionNode | null = null;
  for (const p of parts) {
    switch (p.kind) {
      case 'header':
        headers.push({ name: p.name, settings: [], options: [], place: p.place });
        break;
      case 'setting': {
        const into: { readonly settings: Setting[] } = p.owner === 'option' ? (option as OptionNode) : p.owner < 0 ? loose : headers[p.owner];
        if (into.settings.some((s) => s.field === p.field)) throw new PacketError(`\`${p.field}' is there twice`, text, p.place);
        into.settings.push({ field: p.field, values: p.values, place: p.place });
        break;
      }
      case 'option':
        option = { name: p.name, settings: [], place: p.place };
        headers[p.owner].options.push(option);
        break;
      case 'payload':
        if (payload) throw new PacketError('a second payload', text, p.place);
        payload = p.content;
        break;
      default:
        p satisfies never;
    }
  }
  return { text, headers: loose.settings.length ? [loose, ...headers] : headers, payload: payload ?? [] };
}
