import type { MessageError } from '../../../kernel/nf_tables/message.ts';
import { strerror } from '../../../kernel/errno.ts';
import type { Cache } from '../evaluate/index.ts';
import type { Cmd } from '../../../parsers/nft/ast.ts';
import { closest, nftError, type NftError } from '../../../parsers/nft/index.ts';
import { placeOf, type Pending } from './messages.ts';

const PRI_CONNTRACK = -200;

/** nft_cmd_error: the words for what the kernel answered, under the place it named. */
export function kernelError(cache: Cache, p: Pending, e: MessageError): NftError {
  const at = placeOf(p, e);
  const special = (at && e.errno === 'ENOENT' && misspelt(cache, p)) || chainWords(p, e);
  if (special) return nftError(special.message, special.at ?? at ?? p.cmd.loc);
  return nftError(`Could not process rule: ${strerror(e.errno)}`, at ?? p.cmd.loc);
}

/** nft_cmd_chain_error */
function chainWords(p: Pending, e: MessageError): { message: string; at?: Cmd['loc'] } | null {
  const { message, cmd } = p;
  if (message.op !== 'newchain' || !message.hook || cmd.object.kind !== 'chain') return null;
  const hook = cmd.object.decl?.hook;
  if (!hook) return null;
  if (e.errno === 'EOPNOTSUPP' && e.attribute === undefined) {
    if (message.hook.type === 'nat' && message.hook.priority <= PRI_CONNTRACK) return { message: 'Chains of type "nat" must have a priority value above -200', at: hook.priority.loc };
    return { message: `Chain of type "${message.hook.type}" is not supported, perhaps kernel support is missing?`, at: hook.loc };
  }
  if (e.errno === 'EEXIST' && e.attribute === 'hook') return { message: `Chain "${message.chain}" already exists in table ${message.family} '${message.table}' with different declaration`, at: hook.loc };
  return null;
}

const NAMES = { table: 'table', chain: 'chain', set: 'set', map: 'map', object: 'obj', flowtable: 'flowtable' } as const;

/** nft_cmd_enoent: a name that is nearly one that exists, tables first. */
function misspelt(cache: Cache, p: Pending): { message: string; at?: undefined } | null {
  const { cmd } = p, h = cmd.handle;
  if (!h.table || (cmd.op !== 'delete' && cmd.op !== 'flush' && cmd.op !== 'add' && cmd.op !== 'insert' && cmd.op !== 'replace')) return null;
  const { tables } = cache, words = 'No such file or directory; did you mean';
  if (cmd.object.kind === 'table') {
    const name = closest(h.table.name, tables.map((t) => t.name)), t = tables.find((x) => x.name === name);
    return t ? { message: `${words} table '${t.name}' in family ${t.family}?` } : null;
  }
  if (cmd.op !== 'delete') return null;
  const kind = cmd.object.kind as keyof typeof NAMES;
  const wanted = kind === 'chain' ? h.chain : kind === 'set' || kind === 'map' ? h.set : kind === 'object' ? h.obj : undefined;
  if (!wanted) return null;
  const list = tables.flatMap((t) => [...(kind === 'chain' ? t.chains : kind === 'object' ? t.objs : t.sets).keys()].map((k) => ({ t, name: k.slice(k.indexOf('\0') + 1) })));
  const name = closest(wanted.name, list.map((x) => x.name)), found = list.find((x) => x.name === name);
  return found ? { message: `${words} ${NAMES[kind]} '${found.name}' in table ${found.t.family} '${found.t.name}'?` } : null;
}
