import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commands } from '../../../src/commands/generated/index.ts';
import type { Command } from '../../../src/commands/command.ts';
import { execute } from '../../../src/host/execute.ts';
import type { Host } from '../../../src/host/host.ts';
import { MemoryFiles } from '../../../src/host/memory-files.ts';
import { seededRandom } from '../../../src/host/random.ts';
import { Netns } from '../../../src/kernel/netns.ts';
import type { TraceEvent } from '../../../src/kernel/trace/event.ts';
import type { RecordedCase } from '../../conformance/play.ts';
import { ROUTER_DEVICES, setUpRouter } from '../../conformance/topology.ts';

const byName = new Map((commands as readonly Command[]).flatMap((c) => c.names.map((n) => [n, c] as const)));
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

/** Plays a scenario; what left, and what the tools then say of rules and connections. */
async function play(c: RecordedCase, tracer: ((e: TraceEvent) => void) | null): Promise<string[]> {
  let elapsed = 0;
  const net = new Netns({ clock: { now: () => elapsed, wall: () => 1_800_000_000_000 + elapsed }, random: seededRandom(1), container: true });
  for (const d of ROUTER_DEVICES) net.stack.addDevice(d.name, d.type, { mac: Uint8Array.from(d.mac.split(':'), (x) => Number.parseInt(x, 16)) });
  const host: Host = { net, files: new MemoryFiles({}, net), nextPid: () => 1001, run: (argv) => exec(argv), advance: async () => {} };
  const exec = (argv: readonly string[], o?: { stdin?: string }) => execute(host, byName.get(argv[0]), argv, o);
  await setUpRouter({ exec } as never);
  if (tracer) net.tracer = { event: tracer };
  const out: string[] = [];
  const left = (): void => {
    for (const f of net.stack.take()) out.push(`${f.iface} ${Buffer.from(f.frame).toString('hex')}`);
  };
  for (const s of [...(c.setup ?? []), ...c.steps]) {
    if (s.argv) await exec([...s.argv], { stdin: s.stdin ?? undefined });
    else if (s.inject) net.stack.inject(s.inject.iface, bytes(s.inject.frame));
    else if (s.local) net.stack.send(bytes(s.local.packet));
    else if (s.wait ?? s.sleep)
      net.stack.advance(elapsed + (s.wait ?? s.sleep ?? 0) * 1000, (now) => {
        elapsed = now;
      });
    left();
  }
  net.tracer = null;
  for (const words of ['nft list ruleset', 'iptables-save -c', 'ip6tables-save -c', 'conntrack -L', 'conntrack -S', 'ipset list']) out.push((await exec(words.split(' '))).stdout);
  return out;
}

const cases = readFileSync(new URL('../../stack/packets.golden.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((l) => JSON.parse(l) as RecordedCase);

const ENDS: ReadonlySet<TraceEvent['kind']> = new Set<TraceEvent['kind']>(['drop', 'delivered', 'unwanted', 'cut', 'waiting', 'emitted']);

describe('a tracer changes nothing: the reference loop and the fast one agree', () => {
  for (const c of cases)
    it(c.id, async () => {
      const inside = new Map<number, number>(),
        alive = new Set<number>();
      const traced = await play(c, (e) => {
        const { id } = e.skb;
        if (e.kind === 'hook') inside.set(id, (inside.get(id) ?? 0) + 1);
        if (e.kind === 'hook-end') inside.set(id, (inside.get(id) ?? 0) - 1);
        if (e.kind === 'received' || e.kind === 'made') alive.add(id);
        if (ENDS.has(e.kind) || (e.kind === 'hook-end' && e.verdict !== 'accept') || (e.kind === 'defrag' && !e.complete)) alive.delete(id);
      });
      expect(traced).toEqual(await play(c, null));
      // Every hook that a packet enters it also leaves, and no packet is lost from sight.
      expect([...inside.values()].filter((n) => n !== 0)).toEqual([]);
      expect([...alive]).toEqual([]);
    });
});
