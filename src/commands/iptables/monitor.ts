import { type Family, NFPROTO } from '../../kernel/net/hook.ts';
import type { NftEvent } from '../../kernel/nf_tables/message.ts';
import type { Chain, Rule } from '../../kernel/nf_tables/objects.ts';
import type { RuleVerdict } from '../../kernel/trace/event.ts';
import type { NftTraceMessage } from '../../kernel/trace/nftrace.ts';
import type { XtFamily } from '../../kernel/xt/definition.ts';
import type { Call, Running } from '../command.ts';
import { Getopt, type LongOption } from '../getopt.ts';
import { packetText } from './monitor-packet.ts';
import { fail, printEnvironment, raised, type Tool, toolOf, VERSION } from './run.ts';
import { isPolicyRule } from './view.ts';
import { writerOf } from './writer.ts';

const NAME = 'xtables-monitor';
const HELP = `${NAME} ${VERSION} (nf_tables)
Usage: ${NAME} [ -t | -e ]
        --trace    -t    trace ruleset traversal of packets tagged via -j TRACE rule
        --event    -e    show events that modify the ruleset
Optional arguments:
        --ipv4     -4    only monitor IPv4
        --ipv6     -6    only monitor IPv6
	--counters -c    show counters in rules
`;
const LONG: readonly LongOption[] = [
  { name: 'counters', arg: 'no', val: 'c' },
  { name: 'trace', arg: 'no', val: 't' },
  { name: 'event', arg: 'no', val: 'e' },
  { name: 'ipv4', arg: 'no', val: '4' },
  { name: 'ipv6', arg: 'no', val: '6' },
  { name: 'version', arg: 'no', val: 'V' },
  { name: 'help', arg: 'no', val: 'h' },
];
const TOOLS: Readonly<Record<XtFamily, string>> = { ip: 'iptables', ip6: 'ip6tables', arp: 'arptables', bridge: 'ebtables' };
const xtFamily = (f: Family): XtFamily | null => (f in TOOLS ? (f as XtFamily) : null);

interface Options {
  readonly trace: boolean;
  readonly events: boolean;
  readonly counters: boolean;
  /** NFPROTO_* to show alone; 0: all. */
  readonly only: number;
}

/** What the words ask for; a status when that is an answer at once. */
function optionsOf(call: Call): Options | number {
  const getopt = new Getopt(call.argv, 'ceh46tV');
  const o = { trace: false, events: false, counters: false, only: 0 };
  for (let item = getopt.next(LONG); item; item = getopt.next(LONG)) {
    if (item.kind !== 'option') {
      call.err(`${NAME} ${VERSION}: Bad argument.\nTry \`${NAME} -h' for more information.\n`);
      return 2;
    }
    if (item.val === 'c') o.counters = true;
    else if (item.val === 't') o.trace = true;
    else if (item.val === 'e') o.events = true;
    else if (item.val === '4') o.only = NFPROTO.ip;
    else if (item.val === '6') o.only = NFPROTO.ip6;
    else if (item.val === 'V') {
      call.out(`${NAME} ${VERSION}\n`);
      return 0;
    } else return help(call);
  }
  return o.trace || o.events ? o : help(call);
}

function help(call: Call): number {
  call.out(HELP);
  return 1;
}

const VERDICTS: Readonly<Partial<Record<RuleVerdict['code'], string>>> = { accept: 'ACCEPT', drop: 'DROP', stolen: 'STOLEN', continue: 'CONTINUE' };
const NFT_RETURN = 0xfffffffb,
  NF_QUEUE = 3;
const BYPASS = 0x8000;

function verdictText(v: RuleVerdict): string {
  if (v.code === 'jump' || v.code === 'goto') return `${v.code.toUpperCase()}:${v.chain}`;
  if (v.code === 'queue') return `0x${(((v.num << 16) | (v.bypass ? BYPASS : 0) | NF_QUEUE) >>> 0).toString(16)}`;
  return VERDICTS[v.code] ?? `0x${NFT_RETURN.toString(16)}`;
}

/** xtables-monitor (iptables/xtables-monitor.c). */
class Monitor implements Running {
  shown = 0;
  readonly #call: Call;
  readonly #o: Options;
  readonly #tools = new Map<XtFamily, Tool>();
  #stop: (() => void)[] = [];
  #status = 0;

  constructor(call: Call, o: Options) {
    this.#call = call;
    this.#o = o;
    const { nft } = call.host.net;
    if (o.trace) this.#stop.push(nft.net.traces.listen((m) => this.#guarded(() => this.#trace(m))));
    if (o.events)
      this.#stop.push(
        nft.listen((events) => {
          for (const e of events) this.#guarded(() => this.#event(e));
        }),
      );
  }

  stop(): number {
    for (const end of this.#stop) end();
    this.#stop = [];
    return this.#status;
  }

  /** A rule that cannot be read ends the real tool. */
  #guarded(f: () => void): void {
    if (this.#status !== 0) return;
    try {
      f();
    } catch (e) {
      this.#status = fail(this.#tool('ip'), e, -1);
      this.stop();
    }
  }

  #tool(family: XtFamily): Tool {
    let t = this.#tools.get(family);
    if (!t) this.#tools.set(family, (t = toolOf(this.#call, family, NAME)));
    return t;
  }

  #wanted(family: Family): boolean {
    return this.#o.only === 0 || this.#o.only === NFPROTO[family];
  }

  /** `iptables -t TABLE -A CHAIN RULE`; nothing at all of families that have no such tool. */
  #rule(family: Family, table: string, chain: string, rule: Rule, action: 'A' | 'D'): void {
    const xt = xtFamily(family);
    if (!xt) {
      this.#call.err('libxtables: unhandled NFPROTO in xtables_set_nfproto\n');
      return;
    }
    const t = this.#tool(xt);
    this.#call.out(`${TOOLS[xt]} -t ${table} `);
    const r = raised(t, rule);
    const counters = this.#o.counters ? `[${r.packets}:${r.bytes}] ` : '';
    this.#call.out(`${counters}-${action} ${chain}${writerOf(xt).save(r, false, printEnvironment(t))}\n`);
  }

  #trace(m: NftTraceMessage): void {
    const { table, chain, base } = m.place,
      family = NFPROTO[table.family];
    if (!this.#wanted(table.family)) return;
    const id = `${family} ${m.id.toString(16).padStart(8, '0')}`;
    if (m.packet) this.#call.out(`PACKET: ${id} ${packetText(m.packet, family, m.mark)}\n`);
    if (m.what.kind === 'policy') {
      this.#call.out(` TRACE: ${id} ${table.name}:${base.name}:policy:${m.what.verdict.toUpperCase()} \n`);
      return;
    }
    const { rule, verdict } = m.what;
    this.#call.out(` TRACE: ${id} ${table.name}:${chain.name}:rule:0x${rule.handle.toString(16)}:${verdictText(verdict)}  `);
    this.#rule(table.family, table.name, chain.name, this.#call.host.net.nft.live.rule(rule), 'A');
  }

  #event(e: NftEvent): void {
    if (e.event === 'newgen') {
      this.#call.out(`NEWGEN: GENID=${e.generation} PID=${e.pid} NAME=${e.name}\n`);
      return;
    }
    if (!this.#wanted(e.family)) return;
    const { out } = this.#call;
    switch (e.event) {
      case 'newtable':
      case 'deltable': {
        const now = this.#call.host.net.nft.table(e.family, e.table);
        const use = e.event === 'deltable' || !now ? 0 : now.chains.length + now.sets.length + now.objects.length + now.flowtables.length;
        out(
          ` EVENT: nft: ${e.event === 'newtable' ? 'NEW' : 'DEL'} table: table ${e.table} ${e.family} flags ${e.payload.flags.dormant ? 1 : 0} use ${use} handle ${e.payload.handle}\n`,
        );
        return;
      }
      case 'newchain':
      case 'delchain':
        this.#chain(e);
        return;
      case 'newrule':
      case 'delrule':
        if (e.family === 'bridge' && isPolicyRule(e.payload.rule)) return;
        if (xtFamily(e.family)) out(' EVENT: ');
        this.#rule(e.family, e.table, e.payload.chain, e.payload.rule, e.event === 'newrule' ? 'A' : 'D');
        return;
      default:
    }
  }

  #chain(e: Extract<NftEvent, { event: 'newchain' | 'delchain' }>): void {
    const { chain } = e.payload,
      { out } = this.#call,
      added = e.event === 'newchain',
      xt = xtFamily(e.family);
    const h = chain.hook;
    if (xt && (!added || !h)) {
      out(` EVENT: ${TOOLS[xt]} -t ${e.table} -${added ? 'N' : 'X'} ${chain.name}\n`);
      return;
    }
    const { packets, bytes } = this.#call.host.net.nft.live.chain(chain);
    const base = h ? ` type ${h.type} hook ${h.name} prio ${h.priority} policy ${chain.policy} packets ${packets} bytes ${bytes} flags 1` : '';
    out(` EVENT: nft: ${added ? 'NEW' : 'DEL'} chain: ${e.family} ${e.table} ${chain.name} use ${this.#use(e.family, e.table, chain)}${base}\n`);
  }

  /** chain->use: its rules and who jumps there. */
  #use(family: Family, table: string, chain: Pick<Chain, 'id' | 'name'>): number {
    const { nft } = this.#call.host.net;
    const now = nft.table(family, table)?.chains.find((c) => c.name === chain.name);
    return (now?.rules.length ?? 0) + (nft.refs.get(chain.id) ?? 0);
  }
}

/** Without `listen` there is nothing to wait for: the answers that come at once. */
export function runMonitor(call: Call): number {
  const o = optionsOf(call);
  return typeof o === 'number' ? o : 0;
}

export function listenMonitor(call: Call): Running {
  const o = optionsOf(call);
  return typeof o === 'number' ? { shown: 0, ended: true, stop: () => o } : new Monitor(call, o);
}
