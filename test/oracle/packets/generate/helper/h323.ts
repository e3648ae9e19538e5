import { RAS_MESSAGE, USER_INFORMATION } from '../../../../../src/kernel/conntrack/h323/h225.ts';
import { H245_MESSAGE } from '../../../../../src/kernel/conntrack/h323/h245.ts';
import type { Type } from '../../../../../src/kernel/conntrack/h323/schema.ts';
import { address, be16, bytes } from '../../frames.ts';
import { mutateBytes } from './mutate.ts';
import { type Names, PerWriter } from './per.ts';
import { type End, farOf, Flow, type Stage } from './stage.ts';

const PORTS = [5000, 5000, 5001, 5002, 5003, 5004, 1720, 2001, 65534, 65535, 0];
const OTHERS = ['10.0.0.1', '10.0.0.3', '192.168.1.20', '172.16.0.10', '127.0.0.1', '8.8.8.8'];
const OTHERS6 = ['fd00:a::2', 'fd00:b::20', '2001:db8::8', '::1'];

/** Addresses that an end may name: its own, mostly. */
const naming = (s: Stage, e: End): Names => ({
  length: e.src.includes(':') ? 16 : 4,
  name(length) {
    const { c } = s,
      six = length === 16;
    const known = [e.src, e.src, e.src, e.dst].filter((a) => a.includes(':') === six);
    const addr = known.length && !c.in(6) ? c.one(known) : c.one(six ? OTHERS6 : OTHERS);
    return { addr: address(addr), port: c.in(5) ? c.one([e.sport, e.dport]) : c.one(PORTS) };
  },
});
/** One that fits into a packet. */
function message(s: Stage, e: End, t: Type): Buffer {
  for (;;) {
    const data = new PerWriter(s.c, naming(s, e)).write(t);
    if (data.length < 640) return mutateBytes(s.c, data, 12);
  }
}
const tpkt = (data: Buffer): Buffer => bytes(3, 0, be16(data.length + 4), data);

/** A message of Q.931 with its information elements. */
function q931(s: Stage, e: End): Buffer {
  const { c } = s,
    user = message(s, e, USER_INFORMATION);
  const before = c.in(3) ? bytes(0x28, 3, 'abc') : Buffer.alloc(0);
  return bytes(c.in(40) ? 9 : 8, 2, be16(0x1234), c.one([5, 1, 7, 2, 0x62]), before, c.in(30) ? bytes(0x1c, 2, be16(7)) : '', 0x7e, be16(user.length + 1), 5, user);
}

/** Says messages of H.245 or Q.931, one or two in a segment, now and then the header in a segment of its own. */
async function speak(s: Stage, flow: Flow, side: 0 | 1, make: (e: End) => Buffer): Promise<void> {
  const e = flow.ends[side];
  if (!e) return;
  const data = make(e),
    whole = tpkt(data);
  if (s.c.in(12)) {
    await flow.say(side, whole.subarray(0, 4).toString('latin1'));
    await flow.say(side, data.toString('latin1'));
  } else await flow.say(side, (s.c.in(6) ? Buffer.concat([whole, tpkt(make(e))]) : mutateBytes(s.c, whole, 20)).toString('latin1'));
}

async function control(s: Stage, flow: Flow): Promise<void> {
  for (let i = 1 + s.c.below(3); i > 0; i--) await speak(s, flow, s.c.below(2) as 0 | 1, (e) => message(s, e, H245_MESSAGE));
}

export async function call(s: Stage, near: End): Promise<void> {
  const { c } = s;
  const flow = new Flow(s, near);
  if (!(await flow.open())) return;
  for (let i = 1 + c.below(4); i > 0; i--) {
    await speak(s, flow, c.in(3) ? 1 : 0, (e) => q931(s, e));
    if (!c.in(3)) await s.follow(control);
  }
}

export async function registration(s: Stage, near: End): Promise<void> {
  const { c } = s;
  let far: End | null = null;
  for (let i = 2 + c.below(4); i > 0; i--) {
    const e: End = far && c.in(2) ? far : near;
    const out = await s.udp(e, message(s, e, RAS_MESSAGE));
    far ??= farOf(out, near);
    if (c.in(3)) await s.follow(async (t, flow) => speak(t, flow, c.below(2) as 0 | 1, (x) => q931(t, x)));
  }
}
