import { createHost } from 'drywall';
import { setUpRouter, ROUTER_DEVICES } from '../../../conformance/topology.ts';
import { patchFrame } from '../../../conformance/patch.ts';
import type { Choice } from '../../random.ts';
import type { Command, Inject, Scenario, Step } from '../scenario.ts';
import { chains, declarations, nftRule } from './nft.ts';
import { Place, type Seen, type Talk, talk, tcpFuzz } from './talk.ts';
import { restoreText, XT_TABLES, type XtLine, xtRule, type XtTool } from './xtables.ts';

type Host = Awaited<ReturnType<typeof createHost>>;

async function router(): Promise<Host> {
  const host = await createHost({ container: true, devices: ROUTER_DEVICES });
  await setUpRouter(host);
  return host;
}

const restoreTool = (tool: XtTool): string => `${tool}-restore`;

/** Rules that the tool takes, one by one. */
async function xtSetup(c: Choice, host: Host, tool: XtTool, n: () => number): Promise<Command> {
  await host.exec([restoreTool(tool)], { stdin: '*filter\n:U1 - [0:0]\n:U2 - [0:0]\nCOMMIT\n' });
  const rules: XtLine[] = [];
  for (const table of XT_TABLES) {
    if (table !== 'filter' && c.in(table === 'security' ? 8 : 2)) continue;
    for (let i = 1 + c.below(table === 'filter' ? 12 : 6); i > 0; i--) {
      const line = xtRule(c, tool, table, n);
      const taken = await host.exec([restoreTool(tool), '-n'], { stdin: `*${table}\n-A ${line.chain} ${line.rule}\nCOMMIT\n` });
      if (taken.status === 0) rules.push(line);
    }
  }
  return { argv: [restoreTool(tool)], stdin: restoreText(c, rules) };
}

async function nftSetup(c: Choice, host: Host, n: () => number): Promise<Command> {
  const family = c.one(['inet', 'inet', 'ip', 'ip6'] as const);
  const plans = chains(c);
  const held = declarations(c, family);
  const vm = held.findIndex((d) => d.startsWith('map vm'));
  const skeleton = [...held.filter((_, i) => i !== vm), ...plans.map((p) => `chain ${p.name} { ${p.head} }`), held[vm]];
  await host.exec(['nft', '-f', '-'], { stdin: `table ${family} t {\n${skeleton.join('\n')}\n}\n` });
  const bodies: string[] = [];
  for (const plan of plans) {
    const rules: string[] = [];
    for (let i = c.below(plan.type === 'none' ? 3 : 7); i > 0; i--) {
      const rule = nftRule(c, family, plan, n);
      const taken = await host.exec(['nft', '-f', '-'], { stdin: `add rule ${family} t ${plan.name} ${rule}\n` });
      if (taken.status === 0) rules.push(rule);
    }
    bodies.push(`chain ${plan.name} {\n${plan.head}${rules.map((r) => `\n${r}`).join('')}\n}`);
  }
  return { argv: ['nft', '-f', '-'], stdin: `table ${family} t {\n${[...held.filter((_, i) => i !== vm), ...bodies.slice(0, 2), held[vm], ...bodies.slice(2)].join('\n')}\n}\n` };
}

const SYSCTLS = [
  'net.netfilter.nf_conntrack_tcp_loose=0',
  'net.netfilter.nf_conntrack_tcp_be_liberal=1',
  'net.netfilter.nf_conntrack_tcp_ignore_invalid_rst=1',
  'net.netfilter.nf_conntrack_acct=1',
  'net.netfilter.nf_conntrack_checksum=0',
  'net.netfilter.nf_conntrack_tcp_max_retrans=1',
  'net.netfilter.nf_conntrack_timestamp=1',
  'net.ipv4.conf.all.rp_filter=1',
  'net.ipv4.conf.eth0.rp_filter=2',
  'net.ipv4.conf.all.log_martians=1',
  'net.ipv4.conf.eth1.forwarding=0',
  'net.ipv4.conf.all.accept_local=1',
  'net.ipv4.conf.eth0.route_localnet=1',
  'net.ipv4.conf.all.arp_ignore=1',
  'net.ipv4.conf.eth0.proxy_arp=1',
  'net.ipv4.conf.all.send_redirects=1',
  'net.ipv4.icmp_echo_ignore_all=1',
  'net.ipv4.icmp_echo_ignore_broadcasts=0',
  'net.ipv4.icmp_errors_use_inbound_ifaddr=1',
  'net.ipv4.ip_default_ttl=50',
  'net.ipv4.ip_no_pmtu_disc=1',
  'net.ipv4.conf.all.accept_source_route=0',
  'net.ipv4.ip_forward=0',
  'net.ipv4.ip_forward_use_pmtu=1',
  'net.ipv4.ip_forward_update_priority=0',
  'net.ipv4.fwmark_reflect=1',
  'net.ipv4.ipfrag_time=1',
  'net.ipv4.ipfrag_max_dist=0',
  'net.ipv4.conf.all.rp_filter=2',
  'net.ipv4.conf.eth0.rp_filter=1',
  'net.ipv4.conf.all.src_valid_mark=1',
  'net.ipv4.conf.eth0.accept_local=1',
  'net.ipv4.conf.all.route_localnet=1',
  'net.ipv4.conf.all.bc_forwarding=1',
  'net.ipv4.conf.all.arp_filter=1',
  'net.ipv4.conf.all.arp_accept=1',
  'net.ipv4.conf.all.drop_unicast_in_l2_multicast=1',
  'net.ipv4.conf.eth0.send_redirects=1',
  'net.ipv4.icmp_ignore_bogus_error_responses=0',
  'net.ipv4.icmp_echo_enable_probe=1',
  'net.ipv6.conf.all.accept_source_route=1',
  'net.ipv6.conf.eth0.accept_source_route=1',
  'net.ipv6.conf.all.hop_limit=40',
  'net.ipv6.conf.eth1.disable_ipv6=1',
  'net.ipv6.icmp.echo_ignore_all=1',
  'net.ipv6.icmp.echo_ignore_multicast=1',
  'net.ipv6.ip6frag_time=1',
  'net.ipv6.fwmark_reflect=1',
  'net.ipv6.max_hbh_opts_number=1',
  'net.ipv6.max_dst_opts_length=8',
  'net.ipv6.anycast_src_echo_reply=1',
  'net.netfilter.nf_conntrack_frag6_timeout=1',
  'net.netfilter.nf_conntrack_udp_timeout=3',
  'net.netfilter.nf_conntrack_udp_timeout_stream=50',
  'net.netfilter.nf_conntrack_icmp_timeout=3',
  'net.netfilter.nf_conntrack_icmpv6_timeout=60',
  'net.netfilter.nf_conntrack_generic_timeout=3',
  'net.netfilter.nf_conntrack_gre_timeout=3',
  'net.netfilter.nf_conntrack_tcp_timeout_syn_sent=3',
  'net.netfilter.nf_conntrack_tcp_timeout_close=3',
  'net.netfilter.nf_conntrack_tcp_timeout_time_wait=3',
  'net.netfilter.nf_conntrack_tcp_timeout_max_retrans=20',
  'net.netfilter.nf_conntrack_tcp_timeout_unacknowledged=20',
  'net.netfilter.nf_conntrack_tcp_timeout_established=40',
  'net.netfilter.nf_conntrack_sctp_timeout_closed=50',
  'net.netfilter.nf_conntrack_sctp_timeout_established=70',
];
const ROUTES: readonly (readonly string[])[] = [
  ['ip rule add fwmark 1 table 100', 'ip route add default via 172.16.0.10 table 100'],
  ['ip rule add fwmark 0x1/0x1 table 100', 'ip route add blackhole default table 100'],
  ['ip rule add from 192.168.1.0/24 table 101', 'ip route add default via 172.16.0.20 dev eth2 table 101'],
  ['ip -6 rule add fwmark 1 table 100', 'ip -6 route add default via fd00:c::10 table 100'],
  ['ip link set eth1 mtu 600'],
  ['ip link set eth0 mtu 1280'],
  ['ip link set eth2 mtu 1300'],
  ['ip route add unreachable 8.8.8.0/24'],
  ['ip route add prohibit 172.16.0.20/32'],
  ['ip route add 8.8.8.8/32 via 10.0.0.254 mtu 700'],
  ['ip addr add 10.0.0.77/24 dev eth0'],
  ['ip route add throw 8.8.8.8/32 table 103', 'ip rule add lookup 103'],
  ['ip route add blackhole 192.168.1.20/32'],
  ['ip route add local 192.168.1.99/32 dev lo'],
  ['ip route add 8.8.8.8/32 via 192.168.1.30'],
  ['ip route add 192.168.1.20/32 via 172.16.0.10'],
  ['ip -6 route add unreachable 2001:db8::/64'],
  ['ip -6 route add prohibit fd00:c::20/128'],
  ['ip -6 route add blackhole fd00:b::20/128'],
  ['ip -6 route add 2001:db8::8/128 via fd00:b::30'],
  ['ip -6 route add local fd00:b::ffff/128 dev lo'],
  ['ip -6 rule add fwmark 2 table 104', 'ip -6 route add blackhole default table 104'],
  ['ip -6 rule add fwmark 3 lookup 102', 'ip -6 route add local ::/0 dev lo table 102'],
  ['ip rule add iif eth1 table 105', 'ip route add default via 172.16.0.20 table 105'],
  ['ip rule add to 8.8.8.8 prohibit'],
  ['ip link set eth1 mtu 1280'],
  ['ip rule add fwmark 3 lookup 102', 'ip route add local 0.0.0.0/0 dev lo table 102'],
];

const IPSETS: readonly (readonly string[])[] = [
  ['ipset create s1 hash:ip', 'ipset add s1 10.0.0.2', 'ipset add s1 192.168.1.10'],
  ['ipset create s1 hash:net timeout 600 counters', 'ipset add s1 10.0.0.0/24', 'ipset add s1 10.0.0.2/32 nomatch'],
  ['ipset create s1 bitmap:ip range 10.0.0.0/24', 'ipset add s1 10.0.0.3'],
  ['ipset create s1 hash:ip forceadd maxelem 2 counters', 'ipset add s1 8.8.8.8'],
  ['ipset create s1 hash:ip family inet6', 'ipset add s1 fd00:a::2'],
];
const IPSETS2: typeof IPSETS = [
  ['ipset create s2 hash:ip,port', 'ipset add s2 192.168.1.10,tcp:80', 'ipset add s2 10.0.0.2,udp:53'],
  ['ipset create s2 hash:net,port counters', 'ipset add s2 192.168.1.0/24,tcp:80', 'ipset add s2 172.16.0.0/16,udp:0-100'],
  ['ipset create s2 hash:ip,port family inet6 timeout 600', 'ipset add s2 fd00:b::10,tcp:80'],
];
const argv = (line: string): Command => ({ argv: line.split(' ') });

async function setup(c: Choice): Promise<{ readonly commands: Command[]; readonly lists: Command[] }> {
  const scratch = await router();
  const commands: Command[] = [];
  let k = 0;
  const n = (): number => ++k;
  if (c.in(3)) for (let i = 1 + c.below(3); i > 0; i--) commands.push(argv(`sysctl -q -w ${c.one(SYSCTLS)}`));
  if (c.in(6)) commands.push(...c.one(ROUTES).map(argv));
  const kind = c.below(10);
  const xt = kind < 5;
  if (xt) commands.push(...(c.in(2) ? c.one(IPSETS).map(argv) : []), ...(c.in(3) ? c.one(IPSETS2).map(argv) : []));
  for (const step of commands) await scratch.exec(step.argv);
  const lists: Command[] = [];
  const add = async (tool: XtTool): Promise<void> => {
    commands.push(await xtSetup(c, scratch, tool, n));
    lists.push({ argv: [`${tool}-save`, '-c'] });
  };
  if (xt) {
    const both = c.in(3);
    if (both || !c.in(3)) await add('iptables');
    if (both || lists.length === 0) await add('ip6tables');
    const text = commands.map((x) => x.stdin ?? '').join('');
    for (const name of ['s1', 's2'])
      if (commands.some((x) => x.argv.join(' ').startsWith(`ipset create ${name}`)) && text.includes(`-set ${name} `)) lists.push(argv(`ipset list ${name}`));
    for (const name of ['r1', 'r2']) if (text.includes(`--name ${name}`)) lists.push({ argv: ['cat', `/proc/net/xt_recent/${name}`] });
  }
  if (kind >= 4) {
    commands.push(await nftSetup(c, scratch, n));
    // The real listing of connlimit and of TPROXY's address depends on what other tables hold: that is a test of texts.
    if (!commands.some((x) => x.stdin && /connlimit|--on-ip/.test(x.stdin))) lists.push(argv('nft list ruleset'));
  }
  await scratch.close();
  return { commands, lists };
}

/** Changes of the rules between packets; what a tool refuses changes nothing. */
const CHANGES = [
  'iptables -I FORWARD 1 -p udp -j DROP',
  'iptables -A FORWARD -m conntrack --ctstate NEW -j REJECT',
  'iptables -D FORWARD 1',
  'iptables -F FORWARD',
  'iptables -Z',
  'iptables -P FORWARD DROP',
  'iptables -P INPUT DROP',
  'iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE',
  'iptables -t nat -I PREROUTING -p tcp --dport 80 -j DNAT --to-destination 172.16.0.10:8080',
  'iptables -t nat -F',
  'iptables -t raw -A PREROUTING -p tcp -j NOTRACK',
  'iptables -t mangle -A PREROUTING -j MARK --set-mark 1',
  'ip6tables -P FORWARD DROP',
  'ip6tables -t nat -A POSTROUTING -o eth0 -j MASQUERADE',
  'ip6tables -I FORWARD -j REJECT',
  'nft add rule inet t u1 counter',
  'nft flush table ip t',
  'nft add table ip extra',
  'nft reset quotas',
  'nft flush set ip t dyn',
  'nft delete table inet t',
  'conntrack -D -s 10.0.0.2',
  'conntrack -D -d 192.168.1.10',
  'conntrack -D -n',
  'conntrack -D -g',
  'conntrack -U -p udp -m 3',
  'conntrack -U -s 10.0.0.2 -t 500',
  'conntrack -D -f ipv6',
  'sysctl -q -w net.netfilter.nf_conntrack_tcp_loose=0',
  'sysctl -q -w net.netfilter.nf_conntrack_acct=1',
  'sysctl -q -w net.ipv4.ip_forward=0',
  'ip link set eth1 mtu 1000',
  'ip addr del 10.0.0.1/24 dev eth0',
  'ip addr add 192.168.1.99/24 dev eth1',
  'ip route add 8.8.8.8/32 via 172.16.0.10',
  'ip rule add from 10.0.0.2 blackhole',
  'ip link set eth2 down',
];
const MIDDLE = [
  'conntrack -L',
  'conntrack -L',
  'conntrack -D -p tcp',
  'conntrack -F',
  'conntrack -L -f ipv6',
  'conntrack -D -p udp',
  'conntrack -U -p tcp -m 5',
  'nft reset counters',
  'conntrack -L expect',
];

/**
 * A random scenario: rules that the tools take, conversations that fit the translations in force, listings at the end. The
 * router it is played on while it is made is drywall itself, so answers are to what drywall emitted.
 */
export async function routedScenario(c: Choice, id: string): Promise<Scenario> {
  const { commands, lists } = await setup(c);
  const host = await router();
  try {
    for (const s of commands) await host.exec(s.argv, { stdin: s.stdin });
    const place = new Place(c);
    const fuzz = c.in(6);
    const talks: { readonly talk: Talk; outs: Seen[] }[] = fuzz
      ? [{ talk: tcpFuzz(place, 4 + c.below(8)), outs: [] }]
      : Array.from({ length: 2 + c.below(6) }, () => ({ talk: talk(place), outs: [] }));
    const steps: Step[] = [];
    const emitted: Uint8Array[][] = [];
    while (talks.length > 0 && steps.length < 60) {
      const t = c.one(talks);
      const next = t.talk.next(t.outs);
      if (next.done) {
        talks.splice(talks.indexOf(t), 1);
        continue;
      }
      steps.push(next.value);
      t.outs = await act(host, next.value, emitted);
      for (const [k, o] of t.outs.entries()) o.from = [steps.length - 1, k];
      emitted.push(t.outs.map((o) => o.frame));
      if (fuzz && c.in(3)) {
        steps.push(argv('conntrack -L'));
        emitted.push([]);
      }
      if (c.in(40)) {
        const s = argv(c.one(c.in(2) ? MIDDLE : CHANGES));
        await act(host, s, emitted);
        steps.push(s);
        emitted.push([]);
      }
    }
    return {
      id,
      about: 'random rules and conversations',
      setup: commands,
      steps: [...steps, ...lists, argv('conntrack -L'), argv('conntrack -L -f ipv6')],
      normalise: { random_ports: true, ...(commands.some((x) => /synproxy/i.test(x.stdin ?? '')) ? { random_isn: true } : {}) },
    };
  } finally {
    await host.close();
  }
}

async function act(host: Host, s: Step, emitted: readonly Uint8Array[][]): Promise<Seen[]> {
  if ('argv' in s) {
    await host.exec(s.argv, { stdin: s.stdin });
    return [];
  }
  const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
  const inject = ({ inject, patch }: Inject): ReturnType<Host['inject']> => host.inject(inject.iface, patch ? patchFrame(inject.frame, patch, emitted) : bytesOf(inject.frame));
  const outs = 'inject' in s ? await inject(s) : 'local' in s ? await host.send(bytesOf(s.local.packet)) : await host.advance(s.wait);
  return outs.map((o) => ({ iface: o.iface, frame: Buffer.from(o.frame), from: [0, 0] }));
}
