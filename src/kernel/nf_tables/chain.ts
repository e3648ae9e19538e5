import { NF_ARP_HOOK, NF_INET_HOOK, NF_NETDEV_HOOK, type Family, type HookName } from '../net/hook.ts';
import type { NftMessage } from './message.ts';
import type { BaseHook, Chain } from './objects.ts';
import { refuse, type Outcome, type Refusal } from './refusal.ts';
import { releaseRule } from './rule.ts';
import type { DraftChain, DraftTable, Transaction } from './transaction.ts';
import { owned } from './table.ts';

type Of<O extends NftMessage['op']> = Extract<NftMessage, { op: O }>;

const INET = ['prerouting', 'input', 'forward', 'output', 'postrouting'] as const;

/** Hooks of each chain type: the nft_chain_type tables of nft_chain_filter.c, nft_chain_nat.c, nft_chain_route.c. */
export function chainTypeHooks(family: Family, type: string): readonly HookName[] | null {
  switch (type) {
    case 'filter':
      if (family === 'inet') return [...INET, 'ingress'];
      if (family === 'arp') return ['input', 'output'];
      return family === 'netdev' ? ['ingress', 'egress'] : INET;
    case 'nat':
      return family === 'ip' || family === 'ip6' || family === 'inet' ? ['prerouting', 'input', 'output', 'postrouting'] : null;
    case 'route':
      return family === 'ip' || family === 'ip6' || family === 'inet' ? ['output'] : null;
    default:
      return null;
  }
}

export const hookNumbers = (family: Family): Readonly<Record<string, number>> => (family === 'arp' ? NF_ARP_HOOK : family === 'netdev' ? NF_NETDEV_HOOK : NF_INET_HOOK);

const onDevices = (family: Family, hook: BaseHook): boolean => family === 'netdev' || (family === 'inet' && hook.name === 'ingress');

/** NF_IP_PRI_CONNTRACK */
const PRI_CONNTRACK = -200;
const NETDEVICE_MAX = 256;

/** nft_chain_parse_hook for a chain that is not there yet. */
function checkHook(family: Family, hook: BaseHook): Outcome {
  const hooks = chainTypeHooks(family, hook.type);
  if (!hooks) return refuse('ENOENT', 'type');
  const numbers = hookNumbers(family);
  if (!hooks.some((h) => numbers[h] === hook.hooknum)) return refuse('EOPNOTSUPP');
  if (hook.type === 'nat' && hook.priority <= PRI_CONNTRACK) return refuse('EOPNOTSUPP');
  if (!onDevices(family, hook)) return hook.devices.length ? refuse('EOPNOTSUPP') : null;
  return checkDevices(hook.devices, []);
}

function checkDevices(devices: readonly string[], have: readonly string[]): Outcome {
  const seen = new Set(have);
  if (devices.length > NETDEVICE_MAX) return refuse('EINVAL');
  for (const [at, d] of devices.entries()) {
    if (seen.has(d)) return refuse('EEXIST', 'dev', at);
    seen.add(d);
  }
  return null;
}

const info = (c: Chain): Omit<Chain, 'rules'> => {
  const { rules: _, ...rest } = c;
  return rest;
};

/** nf_tables_newchain */
export function newChain(tx: Transaction, m: Of<'newchain'>): Outcome {
  const t = tx.table(m.family, m.table);
  if (!t) return refuse('ENOENT', 'table');
  if (owned(tx, t)) return refuse('EPERM', 'table');
  let chain: Chain | undefined;
  if (m.handle !== undefined) {
    chain = [...t.chains.values()].find((c) => c.handle === m.handle);
    if (!chain) return refuse('ENOENT', 'handle');
  } else if (m.chain !== undefined) chain = t.chains.get(m.chain);
  else if (m.id === undefined) return refuse('EINVAL');
  if (m.policy && ((chain && !chain.hook) || (!chain && !m.hook))) return refuse('EOPNOTSUPP', 'policy');
  if (chain) {
    if (chain.binding) return refuse('EINVAL');
    if (m.excl) return refuse('EEXIST', m.handle !== undefined ? 'handle' : 'name');
    return updateChain(tx, t, chain, m);
  }
  return addChain(tx, t, m);
}

const CHAIN_HW_OFFLOAD = 2;
const CHAIN_BINDING = 4;

/** nf_tables_addchain */
function addChain(tx: Transaction, t: DraftTable, m: Of<'newchain'>): Outcome {
  const flags = m.flags ?? 0;
  if (m.hook) {
    if (t.updated) return refuse('EINVAL');
    if (flags & CHAIN_BINDING) return refuse('EOPNOTSUPP');
    const bad = checkHook(t.family, m.hook);
    if (bad) return bad;
    if (flags & CHAIN_HW_OFFLOAD && onDevices(t.family, m.hook) && !m.hook.devices.length) return refuse('EINVAL');
  }
  // no device here takes rules into its hardware
  if (flags & CHAIN_HW_OFFLOAD) return refuse('EOPNOTSUPP');
  const handle = tx.nft.nextHandle(t.handle);
  const name = m.chain ?? `__chain${tx.nft.chainNumber()}`;
  const chain: DraftChain = {
    name,
    handle,
    policy: m.policy ?? 'accept',
    counters: m.counters !== undefined,
    rules: [],
    binding: (flags & CHAIN_BINDING) !== 0,
    id: tx.nft.nextId(),
    ...(m.hook && { hook: m.hook }),
    ...(m.comment !== undefined && { comment: m.comment }),
  };
  t.addChain(chain);
  if (m.id !== undefined) tx.chainIds.set(m.id, name);
  if (m.counters) tx.setCounters(chain, m.counters);
  if (m.hook) tx.dirty.add(t);
  tx.event({ event: 'newchain', family: t.family, table: t.name, payload: { chain: info(chain) } });
  return null;
}

/** nf_tables_updchain: policy, counters, name, more devices; the hook itself stays. */
function updateChain(tx: Transaction, t: DraftTable, old: Chain, m: Of<'newchain'>): Outcome {
  let devices: readonly string[] | undefined;
  // no chain here has NFT_CHAIN_HW_OFFLOAD, and flags do not change
  if (m.flags) return refuse('EOPNOTSUPP');
  if (m.hook) {
    if (!old.hook) return refuse('EEXIST', 'name');
    const hooks = chainTypeHooks(t.family, m.hook.type);
    // nft_chain_parse_hook of a chain that is there: hook number and priority come first.
    if (old.hook.hooknum !== m.hook.hooknum || old.hook.priority !== m.hook.priority) return refuse('EOPNOTSUPP', 'hook');
    if (!hooks) return refuse('ENOENT', 'type');
    if (old.hook.type !== m.hook.type) return refuse('EEXIST', 'name');
    if (onDevices(t.family, old.hook)) {
      const twice = checkDevices(m.hook.devices, []);
      if (twice) return twice;
      devices = m.hook.devices.filter((d) => !old.hook!.devices.includes(d));
    }
  }
  if (m.rename !== undefined && (t.chains.has(m.rename) || [...t.renames.values()].includes(m.rename))) return refuse('EEXIST');
  if (m.counters && !old.hook) return refuse('EOPNOTSUPP');
  const chain = t.edit(old);
  if (m.rename !== undefined) t.renames.set(chain.name, m.rename);
  if (m.policy) chain.policy = m.policy;
  if (m.counters) {
    chain.counters = true;
    tx.setCounters(chain, m.counters);
  }
  if (devices?.length && chain.hook) chain.hook = { ...chain.hook, devices: [...chain.hook.devices, ...devices] };
  tx.event({
    event: 'newchain',
    family: t.family,
    table: t.name,
    payload: { chain: { ...info(chain), ...(m.rename !== undefined && { name: m.rename }) }, ...(devices && { devices }) },
  });
  return null;
}

/** nf_tables_delchain */
export function delChain(tx: Transaction, m: Of<'delchain' | 'destroychain'>): Outcome {
  const destroy = m.op === 'destroychain';
  const t = tx.table(m.family, m.table);
  if (!t) return refuse('ENOENT', 'table');
  if (owned(tx, t)) return refuse('EPERM', 'table');
  const attribute = m.handle !== undefined ? ('handle' as const) : ('name' as const);
  const chain = m.handle !== undefined ? [...t.chains.values()].find((c) => c.handle === m.handle) : t.chains.get(m.chain ?? '');
  if (!chain) return destroy ? null : refuse('ENOENT', attribute);
  if (chain.binding) return refuse('EOPNOTSUPP');
  if (m.devices) return removeDevices(tx, t, chain, m.devices, destroy);
  if (m.nonrec && (chain.rules.length || tx.uses(chain.id) > 0)) return refuse('EBUSY');
  flushRules(tx, t, chain);
  if (tx.uses(chain.id) > 0) return refuse('EBUSY', attribute);
  deleteChain(tx, t, t.chains.get(chain.name)!);
  return null;
}

/** nft_delchain_hook */
function removeDevices(tx: Transaction, t: DraftTable, chain: Chain, devices: readonly string[], destroy: boolean): Outcome {
  if (!chain.hook || !onDevices(t.family, chain.hook)) return refuse('EOPNOTSUPP');
  if (destroy) return refuse('EINVAL');
  const at = devices.findIndex((d) => !chain.hook!.devices.includes(d));
  if (at >= 0) return refuse('ENOENT', 'dev', at);
  const draft = t.edit(chain);
  draft.hook = { ...chain.hook, devices: chain.hook.devices.filter((d) => !devices.includes(d)) };
  tx.event({ event: 'delchain', family: t.family, table: t.name, payload: { chain: info(draft), devices } });
  return null;
}

export function deleteChain(tx: Transaction, t: DraftTable, chain: Chain): void {
  if (!t.chains.delete(chain.name)) return;
  tx.event({ event: 'delchain', family: t.family, table: t.name, payload: { chain: info(chain) } });
}

/** nft_delrule_by_chain */
export function flushRules(tx: Transaction, t: DraftTable, chain: Chain): void {
  if (!chain.rules.length) return;
  const draft = t.edit(chain);
  const rules = draft.rules;
  draft.rules = [];
  for (const rule of rules) releaseRule(tx, t, chain.name, rule);
}

export type { Refusal };
