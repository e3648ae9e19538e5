import type { MessageError } from '../../../kernel/nf_tables/message.ts';
import { strerror } from '../../../kernel/errno.ts';
import type { Cmd } from '../../../parsers/nft/ast.ts';
import { closest, nftError, type NftError } from '../../../parsers/nft/index.ts';
import { nearestIn, type CachedTable } from '../evaluate/index.ts';
import type { KnownRuleset } from './cache.ts';
import { NEED } from './need.ts';
import { placeOf, type Pending } from './messages.ts';

const PRI_CONNTRACK = -200;

/** nft_cmd_error: the words for what the kernel answered, under the place it named. */
export function kernelError(known: KnownRuleset, p: Pending, e: MessageError): NftError {
  const at = placeOf(p, e);
  const special = (at && e.errno === 'ENOENT' && misspelt(known, p)) || chainWords(known, p, e);
  if (special) return nftError(special.message, special.at ?? at ?? p.cmd.loc);
  return nftError(`Could not process rule: ${strerror(e.errno)}`, at ?? p.cmd.loc);
}

/** nft_cmd_chain_error: whatever the kernel named, it is the declaration of the base chain. */
function chainWords(known: KnownRuleset, p: Pending, e: MessageError): { message: string; at?: Cmd['loc'] } | null {
  const { message, cmd } = p;
  if (e.errno !== 'EOPNOTSUPP' || message.op !== 'newchain' || !message.hook || cmd.object.kind !== 'chain') return null;
  const hook = cmd.object.decl?.hook;
  if (!hook) return null;
  const { type, priority } = message.hook;
  if (type === 'nat' && priority <= PRI_CONNTRACK) return { message: 'Chains of type "nat" must have a priority value above -200', at: hook.priority.loc };
  const there = message.chain === undefined ? undefined : update(known, NEED.CHAINS).find(message.family, message.table)?.chains.get(message.chain);
  if (there && there.decl !== cmd.object.decl)
    return { message: `Chain "${message.chain}" already exists in table ${message.family} '${message.table}' with different declaration`, at: hook.loc };
  return { message: `Chain of type "${type}" is not supported, perhaps kernel support is missing?`, at: hook.loc };
}

const update = (known: KnownRuleset, flags: number) => known.update({ flags, only: {}, emptied: [] });

/** nft_cmd_enoent: a name that is nearly one that exists, tables first. Asked of what nft knows after it evaluated the commands. */
function misspelt(known: KnownRuleset, p: Pending): { message: string; at?: Cmd['loc'] } | null {
  const { cmd } = p,
    h = cmd.handle,
    words = 'No such file or directory; did you mean';
  if (!h.table || (cmd.op === 'flush' && cmd.object.kind === 'table')) return null;
  if (cmd.object.kind === 'table') {
    const name = closest(
        h.table.name,
        known.cache.tables.map((t) => t.name),
      ),
      t = known.cache.tables.find((x) => x.name === name);
    return t ? { message: `${words} table '${t.name}' in family ${t.family}?` } : null;
  }
  const found = nearestName(known, cmd);
  if (!found) return null;
  const { table: t } = found;
  if (!known.cache.find(h.family, h.table.name)) return { message: `${words} table '${t.name}' in family ${t.family}?`, at: h.table.loc };
  if (cmd.object.kind === 'rule' && found.name === h.chain?.name) return null;
  return { message: `${words} ${found.kind} '${found.name}' in table ${t.family} '${t.name}'?` };
}

function nearestName(known: KnownRuleset, cmd: Cmd): { table: CachedTable; name: string; kind: string } | null {
  const { object, handle: h } = cmd;
  const near = (flags: number, kind: string, word: string | undefined, names: (t: CachedTable) => readonly string[]) => {
    const found = word === undefined ? undefined : nearestIn(update(known, flags).tables, word, names);
    return found ? { ...found, kind } : null;
  };
  switch (object.kind) {
    case 'rule':
    case 'chain':
      return near(NEED.CHAINS, 'chain', h.chain?.name, (t) => [...t.chains.keys()]);
    case 'set':
    case 'map': {
      const found = near(NEED.SETS, 'set', h.set?.name, (t) => [...t.sets.keys()]);
      const flags = found?.table.sets.get(found.name)?.flags ?? [];
      return found && { ...found, kind: flags.includes('map') || flags.includes('object') ? 'map' : 'set' };
    }
    case 'object':
      return near(NEED.OBJECTS, 'obj', h.obj?.name, (t) => [...t.objs.keys()].map((k) => k.slice(k.indexOf('\0') + 1)));
    case 'flowtable':
      return near(NEED.FLOWTABLES, 'flowtable', h.flowtable?.name, (t) => [...t.flowtables.keys()]);
    default:
      return null;
  }
}
