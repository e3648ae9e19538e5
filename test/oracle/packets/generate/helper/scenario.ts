import { createHost } from 'drywall';
import { ROUTER_DEVICES, setUpRouter } from '../../../../conformance/topology.ts';
import type { Choice } from '../../../random.ts';
import type { Command, Scenario } from '../../scenario.ts';
import { type Kind, KINDS } from './dialogs.ts';
import { type End, Stage } from './stage.ts';

const argv = (line: string): Command => ({ argv: line.split(' ') });

/** Rules that give connections the helper: both protocols where it knows both. */
function assign(c: Choice, k: Kind, port: number): Command[] {
  const protos = k.name === 'sip' ? ['udp', 'tcp'] : [k.proto];
  if (c.in(4)) {
    const objects = protos.map((p) => `ct helper h${p} { type "${k.name}" protocol ${p}; }`).join('\n');
    const rules = protos.map((p) => `${p} dport ${port} ct helper set "h${p}"`).join('\n');
    const hook = (name: string, head: string): string => `chain ${name} { type filter hook ${head} priority -150;\n${rules}\n}`;
    return [{ argv: ['nft', '-f', '-'], stdin: `table inet h {\n${objects}\n${hook('p', 'prerouting')}\n${hook('o', 'output')}\n}\n` }];
  }
  const tools = k.six ? ['iptables', 'ip6tables'] : ['iptables'];
  return tools.flatMap((tool) =>
    protos.flatMap((p) => ['PREROUTING', 'OUTPUT'].map((chain) => argv(`${tool} -t raw -A ${chain} -p ${p} --dport ${port} -j CT --helper ${k.name}`))),
  );
}

function translate(c: Choice, k: Kind, port: number): Command[] {
  const protos = k.name === 'sip' ? ['udp', 'tcp'] : [k.proto];
  const source = c.one([
    '-o eth0 -j MASQUERADE',
    '-o eth0 -j MASQUERADE',
    '-o eth0 -j SNAT --to-source 10.0.0.1',
    '-o eth0 -s 192.168.1.0/24 -j SNAT --to-source 10.0.0.99',
    '-o eth1 -j MASQUERADE',
  ]);
  const target = c.one(['192.168.1.10', '192.168.1.20', '172.16.0.10', `192.168.1.10:${port + 100}`]);
  const rules: Command[] = [];
  if (!c.in(3)) rules.push(argv(`iptables -t nat -A POSTROUTING ${source}`));
  if (c.in(4) && rules.length) rules[0] = argv(`iptables -t nat -A POSTROUTING -o eth0 -p ${protos[0]} -j MASQUERADE --to-ports ${c.one(['4000', '40000'])}`);
  if (c.in(2)) for (const p of protos) rules.push(argv(`iptables -t nat -A PREROUTING -p ${p} -d 10.0.0.1 --dport ${port} -j DNAT --to-destination ${target}`));
  if (k.six && c.in(2)) rules.push(argv('ip6tables -t nat -A POSTROUTING -o eth0 -j MASQUERADE'));
  return c.in(3) ? [] : rules;
}

const WATCH: readonly string[] = [
  'iptables -A FORWARD -m state --state RELATED',
  'iptables -A FORWARD -m state --state ESTABLISHED -j ACCEPT',
  'iptables -A FORWARD -m state --state NEW,RELATED -j ACCEPT',
];

const CLIENTS: readonly (readonly [string | null, string])[] = [
  ['eth1', '192.168.1.10'],
  ['eth1', '192.168.1.20'],
  ['eth2', '172.16.0.10'],
  ['eth0', '10.0.0.2'],
  ['eth0', '8.8.8.8'],
  [null, '10.0.0.1'],
];
const CLIENTS6: typeof CLIENTS = [
  ['eth1', 'fd00:b::10'],
  ['eth0', 'fd00:a::2'],
  ['eth2', 'fd00:c::10'],
];
const SERVERS = ['8.8.8.8', '10.0.0.2', '10.0.0.3', '192.168.1.20', '10.0.0.1', '10.0.0.1', '172.16.0.20'];
const SERVERS6 = ['fd00:a::3', '2001:db8::8', 'fd00:b::20', 'fd00:c::20'];

function ends(c: Choice, k: Kind, port: number, n: number): End {
  const six = k.six && c.in(4);
  const [iface, src] = c.one(six ? CLIENTS6 : CLIENTS);
  const others = (six ? SERVERS6 : SERVERS).filter((a) => a !== src && (iface === null ? a !== '10.0.0.1' : true));
  return { iface, src, dst: c.one(others), sport: k.name === 'sip' && n === 0 && !c.in(4) ? 5060 : (k.name === 'sip' ? 2000 : 1000) + n, dport: port };
}

/** A random dialog or two of one helper, with rules that assign it, translations, and what comes of its expectations. */
export async function helperScenario(c: Choice, id: string, only: string): Promise<Scenario> {
  const kinds = KINDS.filter((k) => only === 'all' || k.name === only).flatMap((k) => Array<Kind>(k.weight).fill(k));
  const kind = c.one(kinds);
  const port = c.in(12) ? 2121 : kind.port;
  const setup = [
    ...(c.in(15) ? [] : assign(c, kind, port)),
    ...translate(c, kind, port),
    ...(c.in(2) ? WATCH.map(argv) : []),
    ...(c.in(6) ? [argv('sysctl -q -w net.netfilter.nf_conntrack_acct=1')] : []),
  ];
  const host = await createHost({ container: true, devices: ROUTER_DEVICES });
  try {
    await setUpRouter(host);
    for (const s of setup) await host.exec(s.argv, { stdin: s.stdin });
    const pairs = Array.from({ length: 1 + (c.in(3) ? 1 : 0) }, (_, n) => ends(c, kind, port, n));
    const stage = new Stage(c, host, [...new Set(pairs.map((e) => (e.src.includes(':') ? 'ipv6' : 'ipv4')))]);
    for (const e of pairs) {
      await kind.play(stage, e);
      if (c.in(12)) await stage.command(c.one(['conntrack -D -p tcp', 'conntrack -F expect', 'conntrack -D -p udp', 'conntrack -C']));
    }
    for (const line of ['conntrack -L expect', 'cat /proc/net/nf_conntrack_expect', 'iptables-save -c', 'conntrack -L', 'conntrack -L -f ipv6', 'cat /proc/net/nf_conntrack'])
      await stage.command(line);
    return { id, about: `random ${kind.name} dialogs`, setup, steps: stage.steps.slice(0, 120), normalise: { random_ports: true } };
  } finally {
    await host.close();
  }
}
