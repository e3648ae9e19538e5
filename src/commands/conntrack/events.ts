import type { ConntrackEvent, EventGroup } from '../../kernel/conntrack/events.ts';
import type { Call, Running } from '../command.ts';
import { PROGRAM } from './error.ts';
import { Filter } from './filter.ts';
import type { CtCommand } from './parse.ts';
import { readConntrack } from './read.ts';
import { expLine } from './run.ts';
import type { Session } from './run.ts';

const ALL = ['new', 'update', 'destroy'] as const;
const typeOf = (group: EventGroup) => group.replace('exp-', '') as 'new' | 'update' | 'destroy';

/** `-E`: prints what happens until a signal ends it. */
export function listenEvents(call: Call, s: Session, cmd: CtCommand): Running {
  const expect = cmd.command === 'expEvent';
  if (cmd.bufferSize !== null && !expect) call.err(`NOTICE: Netlink socket buffer size has been set to ${Math.max(2304, cmd.bufferSize * 2)} bytes.\n`);
  const filter = expect ? null : new Filter(cmd);
  const wanted = ALL.filter((g) => cmd.events?.has(g) ?? true);
  const groups = new Set<EventGroup>(wanted.map((g): EventGroup => (expect ? `exp-${g}` : g)));
  const stop = s.net.conntrack.listen({ groups, event: (e) => (expect ? expectEvent(s, e) : filter && event(s, cmd, filter, e)) });
  return {
    get shown() {
      return s.counter;
    },
    set shown(n) {
      s.counter = n;
      // What was shown elsewhere for this listener has opened its document.
      s.continueXml(n > 0);
    },
    stop() {
      stop();
      s.closeXml(expect ? 'expect' : 'conntrack');
      call.err(`${PROGRAM}${s.counter} ${expect ? 'expectation' : 'flow'} events have been shown.\n`);
      return 0;
    },
  };
}

function event(s: Session, cmd: CtCommand, filter: Filter, e: ConntrackEvent): void {
  if (!('ct' in e) || (cmd.family !== 0 && e.ct.l3num !== cmd.family)) return;
  const o = readConntrack(s.net, e.ct, { events: e.events });
  if (!filter.passes(o)) return;
  const xml = s.output.has('xml'),
    stamped = s.output.has('timestamp');
  if (xml && !s.output.has('save')) s.openXml('conntrack');
  const text = s.text(o, typeOf(e.group), s.flags({ map: cmd.labelMap, when: xml && stamped ? s.net.clock.wall() : null }));
  const before = stamped && !xml && !s.output.has('save') ? s.stamp(true) : '';
  s.call.out(`${before}${text}${e.portid ? ` [USERSPACE] portid=${e.portid}` : ''}\n`);
  s.counter++;
}

function expectEvent(s: Session, e: ConntrackEvent): void {
  if (!('exp' in e)) return;
  s.openXml('expect');
  s.call.out(`${expLine(s, e.exp, typeOf(e.group))}\n`);
  s.counter++;
}
