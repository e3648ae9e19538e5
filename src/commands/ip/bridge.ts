import type { NetDevice } from '../../kernel/stack/device.ts';
import { IpError, parseUint, type Words } from './arguments.ts';

/** What an option of a bridge does here: nothing that a bridge without STP and querier would show, or only some of its values. */
interface BridgeOption {
  /** As the usage names it; null: a word without value. */
  readonly value: string | null;
  /** Other values (null: any) would make it another bridge than the one that is modelled. */
  readonly only?: number | null;
  readonly set?: (bridge: NetDevice, value: number) => void;
}

const OPTIONS: Readonly<Record<string, BridgeOption>> = {
  fdb_flush: { value: null, set: (bridge) => bridge.fdb.clear() },
  forward_delay: { value: 'FORWARD_DELAY' },
  hello_time: { value: 'HELLO_TIME' },
  max_age: { value: 'MAX_AGE' },
  ageing_time: { value: 'AGEING_TIME' },
  stp_state: { value: 'STP_STATE', only: 0 },
  mst_enabled: { value: 'MST_ENABLED', only: 0 },
  priority: { value: 'PRIORITY' },
  group_fwd_mask: { value: 'MASK', only: 0 },
  group_address: { value: 'ADDRESS', only: null },
  no_linklocal_learn: { value: 'NO_LINKLOCAL_LEARN', only: 0 },
  fdb_max_learned: { value: 'FDB_MAX_LEARNED', only: 0 },
  vlan_filtering: { value: 'VLAN_FILTERING', only: 0 },
  vlan_protocol: { value: 'VLAN_PROTOCOL', only: null },
  vlan_default_pvid: { value: 'VLAN_DEFAULT_PVID' },
  vlan_stats_enabled: { value: 'VLAN_STATS_ENABLED' },
  vlan_stats_per_port: { value: 'VLAN_STATS_PER_PORT' },
  mcast_snooping: {
    value: 'MULTICAST_SNOOPING',
    set(bridge, value) {
      bridge.snooping = value !== 0;
    },
  },
  mcast_vlan_snooping: { value: 'MULTICAST_VLAN_SNOOPING', only: 0 },
  mcast_router: { value: 'MULTICAST_ROUTER' },
  mcast_query_use_ifaddr: { value: 'MCAST_QUERY_USE_IFADDR' },
  mcast_querier: { value: 'MULTICAST_QUERIER', only: 0 },
  mcast_hash_elasticity: { value: 'HASH_ELASTICITY' },
  mcast_hash_max: { value: 'HASH_MAX' },
  mcast_last_member_count: { value: 'LAST_MEMBER_COUNT' },
  mcast_startup_query_count: { value: 'STARTUP_QUERY_COUNT' },
  mcast_last_member_interval: { value: 'LAST_MEMBER_INTERVAL' },
  mcast_membership_interval: { value: 'MEMBERSHIP_INTERVAL' },
  mcast_querier_interval: { value: 'QUERIER_INTERVAL' },
  mcast_query_interval: { value: 'QUERY_INTERVAL' },
  mcast_query_response_interval: { value: 'QUERY_RESPONSE_INTERVAL' },
  mcast_startup_query_interval: { value: 'STARTUP_QUERY_INTERVAL' },
  mcast_stats_enabled: { value: 'MCAST_STATS_ENABLED' },
  mcast_igmp_version: { value: 'IGMP_VERSION' },
  mcast_mld_version: { value: 'MLD_VERSION' },
  nf_call_iptables: { value: 'NF_CALL_IPTABLES', only: 0 },
  nf_call_ip6tables: { value: 'NF_CALL_IP6TABLES', only: 0 },
  nf_call_arptables: { value: 'NF_CALL_ARPTABLES', only: 0 },
};

function unknown(word: string): IpError {
  const rows = Object.entries(OPTIONS).map(([name, o], i) => `${i === 0 ? 'Usage: ... bridge ' : '\t\t  '}[ ${name}${o.value === null ? '' : ` ${o.value}`} ]\n`);
  return new IpError(`bridge: unknown command "${word}"?\n${rows.join('')}\nWhere: VLAN_PROTOCOL := { 802.1Q | 802.1ad }\n`, 1);
}

/** The words after `type bridge`, to the end of the line; what they do to the bridge. */
export function bridgeOptions(words: Words): ((bridge: NetDevice) => void)[] {
  const all: ((bridge: NetDevice) => void)[] = [];
  while (words.more) {
    const name = words.next();
    const o = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
    if (!o) throw unknown(name);
    if (o.only === null) throw new IpError(`drywall: ${name} of a bridge is not modelled\n`, 1);
    const value = o.value === null ? 0 : parseUint(words.next(), `invalid ${name}`);
    if (o.only !== undefined && value !== o.only) throw new IpError(`drywall: ${name} of a bridge is modelled for ${o.only} only\n`, 1);
    if (o.set) all.push((bridge) => o.set?.(bridge, value));
  }
  return all;
}
