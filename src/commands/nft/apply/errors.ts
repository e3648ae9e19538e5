import type { MessageError } from '../../../kernel/nf_tables/message.ts';
import { strerror } from '../../../kernel/errno.ts';
import type { Cmd, ObjDecl, SetDecl } from '../../../parsers/nft/ast.ts';
import { closest, nftError, type NftError } from '../../../parsers/nft/index.ts';
import { nearestIn, type Cache, type CachedTable } from '../evaluate/index.ts';
import { placeOf, type Pending } from './messages.ts';

const PRI_CONNTRACK = -200;

/** nft_cmd_error: the words for what the kernel answered, under the place it named. */
export function kernelError(cache: Cache, p: Pending, e: MessageError): NftError {
  const at = placeOf(p, e);
  const special = (at && e.errno === 'ENOENT' && misspelt(cache, p)) || chainWords(cache, p, e);
  if (special) return nftError(special.message, special.at ?? at ?? p.cmd.loc);
  return nftError(`Could not process rule: ${strerror(e.errno)}`, at ?? p.cmd.loc);
}

/** nft_cmd_chain_error: whatever the kernel named, it is the declaration of the base chain; only chains that were there before the run are compared. */
function chainWords(cache: Cache, p: Pending, e: MessageError): { message: string; at?: Cmd['loc'] } | null {
  const { message, cmd } = p;
  if (e.errno !== 'EOPNOTSUPP' || message.op !== 'newchain' || !message.hook || cmd.object.kind !== 'chain') return null;
  const hook = cmd.object.decl?.hook;
  if (!hook) return null;
  const { type, priority } = message.hook;
  if (type === 'nat' && priority <= PRI_CONNTRACK) return { message: 'Chains of type "nat" must have a priority value above -200', at: hook.priority.loc };
  if (message.chain !== undefined && cache.find(message.family, message.table)?.chains.get(message.chain)?.kernel)
    return { message: `Chain "${message.chain}" already exists in table ${message.family} '${message.table}' with different declaration`, at: hook.loc };
  return { message: `Chain of type "${type}" is not supported, perhaps kernel support is missing?`, at: hook.loc };
}

/** nft_cmd_enoent: a name that is nearly one that exists, tables first. Asked of what nft knows after it evaluated the commands. */
function misspelt(cache: Cache, p: Pending): { message: string; at?: Cmd['loc'] } | null {
  const { cmd } = p,
    h = cmd.handle,
    words = 'No such file or directory; did you mean';
  if (!h.table || (cmd.op === 'flush' && cmd.object.kind === 'table')) return null;
  if (cmd.object.kind === 'table') {
    const name = closest(
        h.table.name,
        cache.tables.map((t) => t.name),
      ),
      t = cache.tables.find((x) => x.name === name);
    return t ? { message: `${words} table '${t.name}' in family ${t.family}?` } : null;
  }
  const rule = cmd.object.kind === 'rule',
    own = cache.find(h.family, h.table.name);
  const found = nearestName(cache, cmd);
  if (!found) return null;
  const { table: t } = found;
  // nft_cmd_enoent_rule asks the kernel again: a table that the same run declares is not there
  if (!own || (rule && !own.kernel)) return { message: `${words} table '${t.name}' in family ${t.family}?`, at: h.table.loc };
  if (rule && found.name === h.chain?.name) return null;
  return { message: `${words} ${found.kind} '${found.name}' in table ${t.family} '${t.name}'?` };
}

/** What the kernel told of itself has a handle; what earlier commands of the run declare is not looked among. */
const known = (all: readonly (readonly [string, SetDecl | ObjDecl])[]): string[] => all.flatMap(([name, d]) => (d.handle.handle ? [name] : []));

function nearestName(cache: Cache, cmd: Cmd): { table: CachedTable; name: string; kind: string } | null {
  const { object, handle: h } = cmd;
  const near = (kind: string, word: string | undefined, names: (t: CachedTable) => readonly string[]) => {
    const found = word === undefined ? undefined : nearestIn(cache.tables, word, names);
    return found ? { ...found, kind } : null;
  };
  switch (object.kind) {
    case 'rule':
    case 'chain':
      // chains of the same run are not looked among
      return near('chain', h.chain?.name, (t) => [...t.chains.values()].flatMap((c) => (c.kernel ? [c.name] : [])));
    case 'set':
    case 'map': {
      const found = near('set', h.set?.name, (t) => known([...t.sets]));
      const flags = found?.table.sets.get(found.name)?.flags ?? [];
      return found && { ...found, kind: flags.includes('map') || flags.includes('object') ? 'map' : 'set' };
    }
    case 'object':
      return near('obj', h.obj?.name, (t) => known([...t.objs]).map((k) => k.slice(k.indexOf('\0') + 1)));
    default:
      return null;
  }
}
