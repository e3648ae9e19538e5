import chalk from 'chalk';
import { ntop } from '../kernel/xt/address.ts';
import { type Conversation, converse, type Played, type Protocol, type Step } from '../host/outside/conversation.ts';
import { Peers } from '../host/outside/peers.ts';
import { readPeers } from '../host/outside/persist.ts';
import { conversationInWords } from '../host/outside/words.ts';
import { World } from '../host/outside/world.ts';
import { describePacket } from '../host/packet/describe.ts';
import { Reporter } from '../host/packet/report.ts';
import { StateHost } from '../host/state/state-host.ts';
import { decisionText } from './report.ts';

export interface ConnectOptions {
  readonly state: string;
  readonly udp?: boolean;
  readonly ping?: boolean;
  readonly ftp?: boolean;
  readonly active?: boolean;
  readonly json?: boolean;
}

/** Exit statuses: 1 when the conversation broke, 2 when it cannot be begun. */
export const CONNECT = { whole: 0, broken: 1, wrong: 2 } as const;

const protocolOf = (o: ConnectOptions): Protocol | undefined => (o.ftp ? (o.active ? 'ftp-active' : 'ftp') : o.udp ? 'udp' : o.ping ? 'ping' : undefined);

/** `drywall connect`: plays a whole conversation and says where it broke. */
export async function connect(words: readonly string[], o: ConnectOptions): Promise<number> {
  const host = await StateHost.open(o.state);
  const { net } = host.host;
  let c: Conversation;
  try {
    c = conversationInWords(net, words.join(' '), protocolOf(o));
  } catch (e) {
    host.abandon();
    process.stderr.write(`drywall connect: ${e instanceof Error ? e.message : String(e)}\n`);
    return CONNECT.wrong;
  }
  const world = new World(net.stack, new Peers(readPeers(host.store)), host.host.nextPid());
  const played = converse(net, world, c);
  const reporter = new Reporter(net, (path) => host.files.read(path));
  process.stdout.write(o.json ? `${JSON.stringify(asData(played, reporter), null, 2)}\n` : asText(played, c, reporter));
  host.commit();
  return played.ok ? CONNECT.whole : CONNECT.broken;
}

function asData(p: Played, r: Reporter): unknown {
  const step = (s: Step): unknown => ({
    way: s.way,
    packet: describePacket(s.packet, false),
    verdict: s.fate.verdict,
    decision: s.fate.decision && r.decision(s.fate.decision),
    reason: s.fate.reason,
    state: s.fate.state,
  });
  return { ok: p.ok, stage: p.stage, broke: p.broke && step(p.broke), steps: p.steps.map(step) };
}

const good = (v: string): boolean => v === 'forwarded' || v === 'sent' || v === 'delivered';

function stepText(s: Step, r: Reporter): string {
  const d = s.fate.decision && r.decision(s.fate.decision);
  const mark = good(s.fate.verdict) ? chalk.green(s.fate.verdict) : chalk.red(s.fate.verdict);
  const by = d ? ` by ${decisionText(d)}` : s.fate.reason ? `: ${s.fate.reason}` : '';
  return `  ${s.way === 'to' ? '->' : '<-'} ${describePacket(s.packet, false)}  ${mark}${good(s.fate.verdict) ? '' : by}`;
}

function asText(p: Played, c: Conversation, r: Reporter): string {
  const who = c.from.kind === 'host' ? 'the host' : `${ntop(c.from.address)} (${c.from.device})`;
  const lines = [`${c.protocol} from ${who} to ${ntop(c.to)}${c.port ? ` port ${c.port}` : ''}`, ...p.steps.map((s) => stepText(s, r))];
  if (p.ok) lines.push(chalk.green(`whole: ${p.stage}`));
  else if (p.broke) {
    const d = p.broke.fate.decision && r.decision(p.broke.fate.decision);
    const why = d ? `${decisionText(d)}: ${d.text}` : (p.broke.fate.reason ?? 'nobody took it');
    lines.push(chalk.red(`broke on the way ${p.broke.way === 'to' ? 'there' : 'back'}, ${p.broke.fate.verdict} by ${why}`), `reached before: ${p.stage}`);
  } else lines.push(chalk.red('no answer: every packet got through the host, the other side said nothing or refused'), `reached before: ${p.stage}`);
  return `${lines.join('\n')}\n`;
}
