import type { Expectation } from '../../kernel/conntrack/expectation.ts';
import { EXPECT } from '../../kernel/conntrack/expectation.ts';
import type { Tuple } from '../../kernel/conntrack/entry.ts';
import type { Netns } from '../../kernel/netns.ts';
import { formatIp } from './address.ts';
import type { Side } from './object.ts';
import { l3Name, l4Name, protoText, typePrefix } from './print.ts';
import type { MessageType } from './print.ts';
import { addresses, protoXml, whenXml } from './xml.ts';

/** ctnetlink_exp_dump_expect: the master's helper. */
const helperOf = (exp: Expectation): string | null => exp.master.helper ?? exp.helper;

const sideOf = (t: Tuple): Side => ({
  l3: t.l3num,
  l4: t.protonum,
  ...(t.l3num === 2 ? { src4: t.src, dst4: t.dst } : { src6: t.src, dst6: t.dst }),
  sport: t.sport,
  dport: t.dport,
});

/** ctnetlink_exp_dump_mask: everything but the source is all ones. */
function maskOf(exp: Expectation): Side {
  const ones = new Uint8Array(exp.tuple.src.length).fill(255);
  return sideOf({ l3num: exp.tuple.l3num, protonum: exp.tuple.protonum, src: exp.mask.src, dst: ones, sport: exp.mask.sport & 0xffff, dport: 0xffff });
}

const secondsLeft = (net: Netns, exp: Expectation): number => Math.max(0, Math.floor((exp.expiresAt - net.clock.now()) / 1000));
const flagWords = (exp: Expectation): string[] => (['PERMANENT', 'INACTIVE', 'USERSPACE'] as const).filter((w) => exp.flags & EXPECT[w]);

/** __snprintf_expect_default */
export function printExpect(net: Netns, exp: Expectation, type: MessageType): string {
  const tuple = sideOf(exp.tuple),
    mask = maskOf(exp),
    master = sideOf(exp.master.original);
  const icmp = { type: exp.tuple.icmp?.type, code: exp.tuple.icmp?.code, id: exp.tuple.sport };
  let t = `${typePrefix(type)}${secondsLeft(net, exp)} proto=${exp.tuple.protonum} src=${formatIp(exp.tuple.src)} dst=${formatIp(exp.tuple.dst)} ${protoText(tuple, icmp)}`;
  t += `mask-src=${formatIp(exp.mask.src)} mask-dst=${formatIp(new Uint8Array(exp.tuple.src.length).fill(255))} ${protoText(mask, { type: 255, code: 255, id: exp.mask.sport & 0xffff })}`;
  t += `master-src=${formatIp(exp.master.original.src)} master-dst=${formatIp(exp.master.original.dst)} ${protoText(master, { ...exp.master.original.icmp, id: exp.master.original.sport })}`;
  if (exp.zone.id !== 0) t += `zone=${exp.zone.id} `;
  const words = flagWords(exp);
  if (words.length > 0) t += `${words.join(',')} `;
  t += `class=${exp.class} `;
  if (helperOf(exp) !== null) t += `helper=${helperOf(exp)} `;
  return t.slice(0, -1);
}

/** __snprintf_expect_xml */
export function xmlExpect(net: Netns, exp: Expectation, type: MessageType, when: number | null): string {
  const sides = [
    ['expected', sideOf(exp.tuple)],
    ['mask', maskOf(exp)],
    ['master', sideOf(exp.master.original)],
  ] as const;
  const l3 = sides.map(([n, s]) => `<${n}>${addresses(s)}</${n}>`).join(''),
    l4 = sides.map(([n, s]) => `<${n}>${protoXml(s)}</${n}>`).join('');
  const meta =
    `${helperOf(exp) === null ? '' : `<helper-name>${helperOf(exp)}</helper-name>`}<timeout>${secondsLeft(net, exp)}</timeout><class>${exp.class}</class>` +
    `${exp.zone.id === 0 ? '' : `<zone>${exp.zone.id}</zone>`}${when === null ? '' : whenXml(when)}${flagWords(exp)
      .map((w) => `<${w.toLowerCase()}/>`)
      .join('')}`;
  return (
    `<flow${type ? ` type="${type}"` : ''}><layer3 protonum="${exp.tuple.l3num}" protoname="${l3Name(exp.tuple.l3num)}">${l3}</layer3>` +
    `<layer4 protonum="${exp.tuple.protonum}" protoname="${l4Name(exp.tuple.protonum)}">${l4}</layer4><meta>${meta}</meta></flow>`
  );
}
