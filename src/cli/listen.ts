import chalk from 'chalk';
import Table from 'cli-table3';
import { type Service, serviceOn } from '../kernel/net/tcp/application.ts';
import { ntop, ptonV4, ptonV6 } from '../kernel/xt/address.ts';
import { MANNERS, type Manner, parseNetwork, type Peer } from '../host/outside/peers.ts';
import { portOf } from '../host/outside/words.ts';
import { readPeers, writePeers } from '../host/outside/persist.ts';
import { StateHost } from '../host/state/state-host.ts';

const isProto = (s: string): s is 'tcp' | 'udp' => s === 'tcp' || s === 'udp';

const table = (...head: string[]): InstanceType<typeof Table> => new Table({ head: head.map((h) => chalk.bold(h)), style: { head: [], border: [] } });

export interface ListenOptions {
  readonly off?: boolean;
  readonly address?: string;
  readonly service?: Service;
  readonly transparent?: boolean;
}

/** `drywall listen [tcp|udp PORT…]`: services of the host that answer; without a port their list. */
export async function listen(state: string, words: readonly string[], o: ListenOptions): Promise<void> {
  const address = o.address === undefined ? null : (ptonV4(o.address) ?? ptonV6(o.address));
  if (o.address !== undefined && !address) throw new Error(`no address: ${o.address}`);
  const [proto, ...ports] = words;
  if (proto !== undefined && (!isProto(proto) || ports.length === 0)) throw new Error('wanted tcp or udp and a port');
  const wanted = proto === undefined ? [] : ports.map((p) => portOf(p, proto));
  const host = await StateHost.open(state);
  const { sockets } = host.host.net.stack;
  if (proto === undefined) {
    const t = table('protocol', 'address', 'port', 'service');
    for (const l of sockets.listening) t.push([l.proto, l.address ? ntop(l.address) : '*', l.port, l.service]);
    process.stdout.write(sockets.listening.length ? `${t.toString()}\n` : 'Nothing listens.\n');
    host.abandon();
    return;
  }
  for (const port of wanted) {
    if (!o.off)
      sockets.listen({
        proto,
        port,
        address,
        uid: 0,
        service: o.service ?? (proto === 'tcp' ? serviceOn(port) : 'echo'),
        once: false,
        ...(o.transparent && { transparent: true }),
      });
    else if (!sockets.unlisten(proto, port, address)) {
      host.abandon();
      throw new Error(`nothing listens on ${proto} port ${port}`);
    }
  }
  host.commit();
}

export interface PeerOptions {
  readonly off?: boolean;
  readonly tcp?: readonly string[];
  readonly udp?: readonly string[];
}

/** `drywall peer [ADDRESS[/LENGTH] MANNER]`: how hosts outside answer. */
export async function peer(state: string, network: string | undefined, manner: string | undefined, o: PeerOptions): Promise<void> {
  const net = network === undefined ? null : parseNetwork(network);
  if (network !== undefined && !net) throw new Error(`wanted ADDRESS[/LENGTH]: ${network}`);
  const isManner = (m: string): m is Manner => (MANNERS as readonly string[]).includes(m);
  if (manner !== undefined && !isManner(manner)) throw new Error(`wanted one of ${MANNERS.join(', ')}: ${manner}`);
  const ports = (['tcp', 'udp'] as const).flatMap((proto) => (o[proto] ?? []).map((p) => ({ proto, port: portOf(p, proto) })));
  const host = await StateHost.open(state);
  const all = readPeers(host.store);
  if (!net) {
    const t = table('hosts', 'answer', 'ports that are otherwise');
    for (const p of all) t.push([`${ntop(p.net)}/${p.len}`, p.manner, p.ports.map((x) => `${x.proto} ${x.port}`).join(', ')]);
    t.push(['all others', 'open', '']);
    process.stdout.write(`${t.toString()}\n`);
    host.abandon();
    return;
  }
  const others = all.filter((p) => p.len !== net.len || ntop(p.net) !== ntop(net.net));
  const made: Peer = { ...net, manner: manner ?? 'open', ports };
  writePeers(host.store, o.off ? others : [...others, made]);
  host.commit();
}
