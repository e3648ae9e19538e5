import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandNamed, StateHost } from '../../../src/host/state/state-host.ts';
import { unlink } from '../../../src/host/pcap/frame.ts';
import { CaptureReader, capturePieces } from '../../../src/host/pcap/read.ts';
import { dissect } from '../../../src/host/packet/describe.ts';
import { CaptureClock, Player } from '../../../src/host/replay/player.ts';
import { replay } from '../../../src/host/replay/replay.ts';
import { Entrances } from '../../../src/host/replay/route.ts';
import { loadRuleset } from '../../../src/host/replay/ruleset.ts';
import { Session } from '../../../src/host/state/session.ts';
import { Store } from '../../../src/host/state/store.ts';
import { ip4Check } from '../../../src/kernel/net/wire/ip.ts';

export interface Checked {
  /** Packets that left, as `device hex`, by the kernel and by the model, in the order of each device. */
  readonly kernel: readonly string[];
  readonly model: readonly string[];
  /** The rules with their counters afterwards. */
  readonly rulesKernel: string;
  readonly rulesModel: string;
  readonly played: number;
}

/** Packets that the kernel makes itself have an identification that it picks. */
function masked(packet: Uint8Array): string {
  const b = Buffer.from(packet);
  const d = dissect(b, false);
  const error = d.proto === 1 && d.l4 >= 0 && [3, 11, 12].includes(b[d.l4]);
  if (error || (d.proto === 6 && d.l4 >= 0 && b[d.l4 + 13] & 4)) {
    b.fill(0, 4, 6);
    ip4Check(b, 0);
  }
  return b.toString('hex');
}

/** Plays a folder of capture.sh through the model and puts both side by side. */
export async function check(folder: string): Promise<Checked> {
  const dir = mkdtempSync(join(tmpdir(), 'drywall-replay-'));
  try {
    const capture = ['capture.pcap', 'capture.pcap.gz'].map((f) => join(folder, f)).find((f) => existsSync(f)) as string;
    const store = Store.open(join(dir, 'state.db'));
    store.begin();
    const addresses = { wan: '198.51.100.2/24', lan: '192.168.1.1/24' };
    const host = await StateHost.make(store, {
      name: 'router',
      devices: Object.entries(addresses).map(([name, a]) => ({ name, type: 'ethernet', addresses: [a] })),
      gateways: [],
      forward: true,
    });
    await host.exec(['sysctl', '-qw', 'net.ipv4.icmp_ratelimit=0']);
    host.commit();
    let clock = new CaptureClock(0);
    const net = Session.copy(store, (now) => (clock = new CaptureClock(now)));
    if (!net) throw new Error('no host');
    const find = (p: string) => commandNamed(p, []);
    await loadRuleset(net, [{ path: 'rules.nft', text: readFileSync(join(folder, 'rules.nft'), 'utf8') }], find);
    const player = new Player(net, clock);
    net.stack.local.silent = true;
    const map = new Map(
      readFileSync(join(folder, 'devices'), 'utf8')
        .split('\n')
        .filter((l) => /=(wan|lan)$/.test(l))
        .map((l) => [l.split('=')[0], net.stack.deviceByName(l.split('=')[1])!] as const),
    );
    const left: { wan: string[]; lan: string[] } = { wan: [], lan: [] };
    let played = 0;
    await replay({
      path: capture,
      player,
      entrances: new Entrances(net, map, null),
      left: (_, f) => left[f.iface as 'wan' | 'lan'].push(`${f.iface} ${masked(f.frame.subarray(14))}`),
      played: () => played++,
    });
    const kernel: { wan: string[]; lan: string[] } = { wan: [], lan: [] };
    const reader = new CaptureReader();
    for await (const piece of capturePieces(capture)) {
      reader.push(piece);
      for (let p = reader.next(); p; p = reader.next()) {
        const u = unlink(p.iface.linkType, p.data);
        const dev = u?.direction === 'out' ? map.get(String(u.ifindex))?.name : undefined;
        if (u && dev) kernel[dev as 'wan' | 'lan'].push(`${dev} ${masked(u.packet)}`);
      }
    }
    const rulesModel = await listing(net, find);
    store.rollback();
    return { kernel: [...kernel.wan, ...kernel.lan], model: [...left.wan, ...left.lan], rulesKernel: readFileSync(join(folder, 'after.nft'), 'utf8'), rulesModel, played };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

async function listing(net: Player['net'], find: (p: string) => ReturnType<typeof commandNamed>): Promise<string> {
  const { execute } = await import('../../../src/host/execute.ts');
  const { MemoryFiles } = await import('../../../src/host/memory-files.ts');
  let pid = 2000;
  const host = {
    net,
    files: new MemoryFiles({}, net),
    nextPid: () => ++pid,
    run: async () => ({ status: 0, stdout: '', stderr: '' }),
    advance: async () => {},
  };
  return (await execute(host, await find('nft'), ['nft', 'list', 'ruleset'])).stdout;
}
