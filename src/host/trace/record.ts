import { printConntrack } from '../../commands/conntrack/print.ts';
import { readConntrack } from '../../commands/conntrack/read.ts';
import { RuleTexts } from '../../commands/rules/text.ts';
import { xtActual } from '../../commands/rules/xt-actual.ts';
import type { Conntrack } from '../../kernel/conntrack/entry.ts';
import type { Skb } from '../../kernel/net/skb.ts';
import type { Netns } from '../../kernel/netns.ts';
import type { Endpoints, RuleVerdict, TraceEvent, TraceEventOf, Tracer } from '../../kernel/trace/event.ts';
import { ntop } from '../../kernel/xt/address.ts';
import { describePacket } from '../packet/describe.ts';
import type { ChainStep, EndpointsText, HookPart, HookStep, LookupStep, RuleStep, Step } from './steps.ts';

const hex = (b: Uint8Array): string => Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('');
const TERMINAL: ReadonlySet<RuleVerdict['code']> = new Set<RuleVerdict['code']>(['accept', 'drop', 'stolen', 'queue']);

function verdictWords(v: RuleVerdict): string | null {
  switch (v.code) {
    case 'continue':
      return null;
    case 'jump':
    case 'goto':
      return `${v.code} ${v.chain}`;
    case 'queue':
      return `queue to ${v.num}${v.bypass ? ' bypass' : ''}`;
    default:
      return v.code;
  }
}

function endpointsText(e: Endpoints): EndpointsText {
  const one = (a: Uint8Array, port: number | null): string => (port === null ? ntop(a) : a.length === 4 ? `${ntop(a)}:${port}` : `[${ntop(a)}]:${port}`);
  return { src: one(e.src, e.sport), dst: one(e.dst, e.dport) };
}

/** Of one packet: its steps, and where the next ones belong. */
interface Way {
  readonly parent: number;
  readonly steps: Step[];
  /** Hooks entered and not left: one inside the other where a rule makes the packet meet another. */
  readonly hooks: HookStep[];
}

/** A run of a base chain: who has jumped where. */
interface Run {
  readonly step: ChainStep;
  readonly back: string[];
  lookups: LookupStep[];
}

/** Writes down the way of every packet, in words. */
export class TraceRecorder implements Tracer {
  readonly #net: Netns;
  readonly #texts: RuleTexts;
  readonly #ways = new Map<number, Way>();
  readonly #runs = new WeakMap<object, Run>();

  /** `file` reads a file of the host, for its name databases. */
  constructor(net: Netns, file: (path: string) => string | undefined) {
    this.#net = net;
    this.#texts = new RuleTexts(net, file);
  }

  /** The steps of a packet by its number. */
  steps(id: number): readonly Step[] {
    return this.#ways.get(id)?.steps ?? [];
  }

  event(e: TraceEvent): void {
    const way = this.#way(e.skb);
    switch (e.kind) {
      case 'received':
        way.steps.push({ step: 'received', device: e.dev.name, packet: this.#describe(e.skb) });
        return;
      case 'made':
        way.steps.push({ step: 'made', origin: e.origin, packet: this.#describe(e.skb) });
        return;
      case 'hook': {
        const step: HookStep = { step: 'hook', family: e.state.pf, hook: e.state.hook, in: e.state.in?.name ?? null, out: e.state.out?.name ?? null, parts: [], verdict: 'accept' };
        way.steps.push(step);
        way.hooks.push(step);
        return;
      }
      case 'hook-end': {
        const step = way.hooks.pop();
        if (step) step.verdict = e.verdict;
        return;
      }
      case 'chain':
      case 'lookup':
      case 'rule':
      case 'chain-end':
      case 'policy':
        this.#chain(way, e);
        return;
      case 'conntrack':
      case 'confirm':
      case 'nat':
      case 'defrag':
        this.#part(way, this.#connection(e));
        return;
      default:
        this.#end(way, e);
    }
  }

  #way(skb: Skb): Way {
    let way = this.#ways.get(skb.id);
    if (!way) this.#ways.set(skb.id, (way = { parent: skb.parent, steps: [], hooks: [] }));
    return way;
  }

  #part(way: Way, part: HookPart): void {
    const hook = way.hooks.at(-1);
    if (hook) hook.parts.push(part);
    else way.steps.push(part);
  }

  #describe(skb: Skb): string {
    return skb.mac >= 0 ? describePacket(skb.data.subarray(skb.mac), true) : describePacket(skb.data.subarray(skb.network), false);
  }

  #entry(ct: Conntrack): string {
    return printConntrack(readConntrack(this.#net, ct, {}), null, { layer3: false, id: false, ktimestamp: false, when: null, now: this.#net.clock.wall(), map: null });
  }

  #connection(e: TraceEventOf<'conntrack' | 'confirm' | 'nat' | 'defrag'>): HookPart {
    switch (e.kind) {
      case 'conntrack':
        return {
          step: 'conntrack',
          state: e.result,
          direction: e.dir === 0 ? 'original' : 'reply',
          created: e.created,
          why: e.why,
          entry: e.ct && this.#entry(e.ct),
          dropped: e.dropped,
        };
      case 'confirm':
        return { step: 'confirm', ok: e.ok, entry: this.#entry(e.ct) };
      case 'nat':
        return { step: 'nat', what: e.manip === 'src' ? 'source' : 'destination', before: endpointsText(e.before), after: endpointsText(e.after) };
      case 'defrag':
        return { step: 'defrag', complete: e.complete };
    }
  }

  #chain(way: Way, e: TraceEventOf<'chain' | 'lookup' | 'rule' | 'chain-end' | 'policy'>): void {
    const { place } = e;
    let run = this.#runs.get(place.run);
    if (!run) {
      const step: ChainStep = {
        step: 'chain',
        tool: this.#texts.toolOf(place.table, place.legacy),
        family: place.table.family,
        table: place.table.name,
        chain: place.base.name,
        type: place.base.hook?.type ?? '',
        priority: place.base.hook?.priority ?? 0,
        rules: [],
        verdict: place.base.policy,
        by: 'policy',
      };
      run = { step, back: [], lookups: [] };
      this.#runs.set(place.run, run);
      this.#part(way, step);
    }
    if (e.kind === 'lookup') run.lookups.push(this.#lookup(e));
    else if (e.kind === 'rule') this.#rule(run, e);
    else if (e.kind === 'chain-end') run.back.pop();
    else if (e.kind === 'policy') run.step.verdict = e.verdict;
  }

  #lookup(e: TraceEventOf<'lookup'>): LookupStep {
    const key = this.#texts.actual(e.place.table, e.rule, { index: e.index, actual: e.key, loaded: null }, e.skb) ?? hex(e.key);
    const { element } = e;
    return { set: e.set.flags.anonymous ? '' : e.set.name, key, element: element && (element.flags.catchall ? '*' : element.comment ? `"${element.comment}"` : 'there') };
  }

  #rule(run: Run, e: TraceEventOf<'rule'>): void {
    const { place, rule, failed } = e;
    const { table, chain, legacy } = place;
    let explained: RuleStep['failed'] = null,
      held = 0;
    if (failed) {
      const at = RuleTexts.asking(rule, failed.index),
        x = rule.exprs[failed.index];
      explained = {
        test: this.#texts.test(table, chain, rule, legacy, at),
        actual: x.kind === 'match' ? xtActual(x.name, e.skb, e.state) : this.#texts.actual(table, rule, failed, e.skb),
        missing: at !== failed.index || (x.kind !== 'match' && failed.actual === null && x.kind === 'exthdr'),
      };
      held = rule.exprs.slice(0, failed.index).filter((y, i) => RuleTexts.asking(rule, i) === i && y.kind !== 'dynset').length;
    }
    run.step.rules.push({
      chain: chain.name,
      depth: run.back.length,
      position: e.position,
      handle: Number(rule.handle),
      text: this.#texts.rule(table, chain, rule, legacy),
      matched: failed === null,
      failed: explained,
      held,
      verdict: failed ? null : verdictWords(e.verdict),
      lookups: run.lookups,
    });
    run.lookups = [];
    if (failed) return;
    if (e.verdict.code === 'jump') run.back.push(e.verdict.chain);
    else if (e.verdict.code === 'return') run.back.pop();
    else if (TERMINAL.has(e.verdict.code)) {
      run.step.verdict = verdictWords(e.verdict) ?? '';
      run.step.by = 'rule';
    }
  }

  #end(way: Way, e: TraceEventOf<'route' | 'drop' | 'delivered' | 'unwanted' | 'cut' | 'waiting' | 'transmit' | 'emitted'>): void {
    switch (e.kind) {
      case 'route':
        way.steps.push({
          step: 'route',
          when: e.when,
          decision: !e.dst ? 'refused' : e.dst.input === 'error' ? 'unreachable' : e.dst.input,
          device: e.dst && e.dst.input !== 'error' ? e.dst.dev.name : null,
          gateway: e.dst?.gateway ? ntop(e.dst.gateway) : null,
          reason: e.reason,
        });
        return;
      case 'drop':
        way.steps.push({ step: 'drop', reason: e.reason, why: e.why });
        return;
      case 'delivered':
        way.steps.push({ step: 'delivered', protocol: e.proto });
        return;
      case 'unwanted':
        way.steps.push({ step: 'unwanted', reason: e.reason });
        return;
      case 'cut':
        way.steps.push({ step: 'cut', pieces: e.pieces });
        return;
      case 'waiting':
        way.steps.push({ step: 'waiting', device: e.dev.name, nexthop: ntop(e.nexthop) });
        return;
      case 'emitted':
        way.steps.push({ step: 'left', device: e.dev.name, packet: describePacket(e.frame, e.dev.mac.length === 6), frame: hex(e.frame) });
        return;
      case 'transmit':
        return;
    }
  }
}
