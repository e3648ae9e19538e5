export type DeviceType = 'ethernet' | 'tun' | 'loopback' | 'bridge' | 'vlan' | 'veth' | 'dummy';

/** A network device of the host. */
export interface NetDevice {
  readonly index: number;
  name: string;
  readonly type: DeviceType;
  /** ARPHRD_*: 1 ether, 772 loopback, 65534 none. */
  readonly arphrd: number;
  mac: Uint8Array;
  /** Somebody chose the address (NET_ADDR_SET): a bridge then keeps it, whatever its ports have. */
  macSet: boolean;
  mtu: number;
  up: boolean;
  group: number;
  /** Index of the bridge or VRF above; 0: none. */
  master: number;
  /** Bridge: indexes of its ports, the last to join first, as it floods them (br_add_if). */
  ports: readonly number[];
  /** rtnl_link kind (`meta iifkind`): '' for hardware, 'bridge', 'veth', 'tun', 'vlan' … */
  readonly kind: string;
  /** VLAN: its lower device and tag. */
  readonly vlan?: { readonly lower: number; readonly id: number };
  /** veth: index of the other end. */
  peer?: number;
  readonly addrs4: Addr4[];
  readonly addrs6: Addr6[];
  promisc: boolean;
  noarp: boolean;
  /** Bridge: learnt places of link-layer addresses (hex → port index). */
  readonly fdb: Map<string, number>;
  /** Bridge: it looks into packets for groups (mcast_snooping), and so refuses those with a broken header. */
  snooping: boolean;
  txqlen: number;
}

export interface Addr4 {
  readonly local: Uint8Array;
  readonly peer: Uint8Array;
  readonly len: number;
  readonly broadcast: Uint8Array | null;
  readonly label: string;
  readonly scope: number;
  readonly secondary: boolean;
}
export interface Addr6 {
  readonly addr: Uint8Array;
  readonly len: number;
  readonly scope: number;
  readonly flags: readonly string[];
  readonly kernel: boolean;
}

export const ARPHRD = { ETHER: 1, LOOPBACK: 772, NONE: 65534 } as const;
