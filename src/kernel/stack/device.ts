/** A network device of the host. */
export interface NetDevice {
  readonly index: number;
  name: string;
  readonly type: 'ethernet' | 'tun' | 'loopback' | 'bridge' | 'vlan' | 'veth';
  /** ARPHRD_*: 1 ether, 772 loopback, 65534 none. */
  readonly arphrd: number;
  mac: Uint8Array;
  mtu: number;
  up: boolean;
  group: number;
  /** Index of the bridge or VRF above; 0: none. */
  master: number;
  /** rtnl_link kind (`meta iifkind`): '' for hardware, 'bridge', 'veth', 'tun', 'vlan' … */
  readonly kind: string;
  /** VLAN: its lower device and tag. */
  readonly vlan?: { readonly lower: number; readonly id: number };
  /** veth: index of the other end. */
  readonly peer?: number;
}
