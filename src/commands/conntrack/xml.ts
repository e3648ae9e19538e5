import { IPS } from '../../kernel/conntrack/entry.ts';
import { formatIp } from './address.ts';
import type { CtObject, Side } from './object.ts';
import { deltaTime, destination, l3Name, l4Name, labelNames, source } from './print.ts';
import type { MessageType, PrintFlags } from './print.ts';
import { TCP_STATES } from './proto/tcp.ts';

export const XML_HEADER = '<?xml version="1.0" encoding="utf-8"?>\n';

const tag = (name: string, value: string | number | bigint | undefined): string => (value === undefined ? '' : `<${name}>${value}</${name}>`);
export const addresses = (s: Side): string => tag('src', formatIp(source(s))) + tag('dst', formatIp(destination(s)));

export function protoXml(s: Side): string {
  switch (s.l4) {
    case 6:
    case 17:
    case 33:
    case 132:
    case 136:
      return tag('sport', s.sport ?? 0) + tag('dport', s.dport ?? 0);
    case 47:
      return tag('srckey', `0x${(s.sport ?? 0).toString(16)}`) + tag('dstkey', `0x${(s.dport ?? 0).toString(16)}`);
    default:
      return '';
  }
}

function meta(name: string, s: Side): string {
  const counters = s.packets === undefined ? '' : tag('counters', tag('packets', s.packets) + tag('bytes', s.bytes));
  return (
    `<meta direction="${name}"><layer3 protonum="${s.l3 ?? 0}" protoname="${l3Name(s.l3 ?? 0)}">${addresses(s)}</layer3>` +
    `<layer4 protonum="${s.l4 ?? 0}" protoname="${l4Name(s.l4 ?? 0)}">${protoXml(s)}</layer4>${tag('zone', s.zone)}${counters}</meta>`
  );
}

/** <when>: broken down local time (UTC here). */
export function whenXml(ms: number): string {
  const d = new Date(ms);
  const two = (n: number): string => String(n).padStart(2, '0');
  return tag(
    'when',
    tag('hour', d.getUTCHours()) +
      tag('min', two(d.getUTCMinutes())) +
      tag('sec', two(d.getUTCSeconds())) +
      tag('wday', d.getUTCDay() + 1) +
      tag('day', d.getUTCDate()) +
      tag('month', d.getUTCMonth() + 1) +
      tag('year', d.getUTCFullYear()),
  );
}

const nanoseconds = (ms: number): bigint => BigInt(Math.round(ms * 1000)) * 1000n;

/** __snprintf_conntrack_xml */
export function xmlConntrack(o: CtObject, type: MessageType, flags: PrintFlags): string {
  const status = o.status ?? 0;
  const state = o.tcpState ?? o.sctpState ?? o.dccpState;
  // The library names every protocol's states by TCP's table here.
  let inner = tag('state', state === undefined ? undefined : TCP_STATES[state]) + tag('timeout', o.timeout) + tag('mark', o.mark) + tag('secmark', o.secmark) + tag('zone', o.zone);
  const names = flags.map && o.labels ? labelNames(o.labels, flags.map) : [];
  if (names.length > 0) inner += tag('labels', names.map((n) => tag('label', n)).join(''));
  inner += tag('use', o.use) + tag('id', o.id);
  if (status & IPS.ASSURED) inner += '<assured/>';
  if (o.status !== undefined && !(status & IPS.SEEN_REPLY)) inner += '<unreplied/>';
  if (o.start !== undefined) {
    if (flags.ktimestamp) inner += tag('timestamp', tag('start', nanoseconds(o.start)) + (o.stop === undefined ? '' : tag('stop', nanoseconds(o.stop))));
    inner += tag('deltatime', deltaTime(o, flags.now));
  }
  return (
    `<flow${type ? ` type="${type}"` : ''}>${meta('original', o.orig)}${meta('reply', o.repl)}<meta direction="independent">${inner}</meta>` +
    `${tag('helper', o.helper)}${flags.when === null ? '' : whenXml(flags.when)}</flow>`
  );
}
