import { describe, expect, test } from 'vitest';
import { MemoryHost } from '../../src/host/create.ts';
import { graphOf } from '../../src/host/graph/model.ts';
import { graphSvg } from '../../src/host/graph/svg.ts';
import { graphText } from '../../src/host/graph/text.ts';

async function host(...lines: string[]): Promise<MemoryHost> {
  const h = new MemoryHost({});
  for (const line of lines) {
    const r = await h.exec(['sh', '-c', line]);
    if (r.status !== 0) throw new Error(`${line}: ${r.stderr}`);
  }
  return h;
}

describe('a picture of a firewall', () => {
  test('hooks in the way of packets, base chains by priority, jumps below their rules', async () => {
    const h = await host(
      'iptables -N SSH; iptables -N IDLE; iptables -P INPUT DROP; iptables -A INPUT -p tcp --dport 22 -j SSH; iptables -A SSH -j ACCEPT; iptables -t raw -A PREROUTING -j NOTRACK',
      "nft 'table inet x { chain early { type filter hook input priority -10; }; }'",
    );
    expect(graphText(graphOf(h.machine))).toBe(`prerouting
└─ -300 ip raw PREROUTING (1 rule) policy accept 0 packets
input
├─ -10 inet x early (0 rules) policy accept
└─ 0 ip filter INPUT (1 rule) policy drop 0 packets
   └─ -A INPUT -p tcp -m tcp --dport 22 -j SSH 0 packets
      └─ ip filter SSH (1 rule)
nothing leads to ip filter IDLE
`);
  });

  test('nothing to draw is said', async () => expect(graphText(graphOf((await host('true')).machine))).toBe('no chains: every packet is accepted\n'));

  test('SVG holds what rules say as text', async () => {
    const h = await host('nft \'table ip t { chain c { type filter hook input priority 0; counter comment "<&>"; }; }\'');
    const svg = graphSvg(graphOf(h.machine));
    expect(svg).toContain('comment &quot;&lt;&amp;&gt;&quot;');
    expect(svg.match(/<rect class="hook"/g)).toHaveLength(6);
  });
});
