import { describe, expect, test } from 'vitest';
import type { Conntrack, Tuple, Zone } from '../../../src/kernel/conntrack/entry.ts';
import { DEFAULT_ZONE, IPS, newProtoState } from '../../../src/kernel/conntrack/entry.ts';
import { invertTuple } from '../../../src/kernel/conntrack/l4.ts';
import { decodeRecord, encodeRecord } from '../../../src/kernel/conntrack/record.ts';
import type { ConntrackTable } from '../../../src/kernel/conntrack/table.ts';
import { Netns } from '../../../src/kernel/netns.ts';
import { fromText, toLine } from '../../../src/kernel/net/plain-text.ts';
import { Choice } from '../../oracle/random.ts';

interface World {
  now: number;
}
const EMPTY = new Uint8Array();
const ZONES: readonly Zone[] = [DEFAULT_ZONE, DEFAULT_ZONE, { id: 5, dir: 'both' }, { id: 5, dir: 'original' }, { id: 7, dir: 'reply' }];

const made = (w: World, fill?: (t: ConntrackTable) => void): ConntrackTable =>
  new Netns({
    clock: { now: () => w.now, wall: () => w.now },
    random: { u32: () => 1, below: () => 0 },
    container: false,
    made: (name, n) => name === 'conntrack' && fill?.(n.conntrack),
  }).conntrack;

function tupleOf(c: Choice): Tuple {
  const protonum = c.one([1, 6, 17, 17, 47, 50, 58, 132]);
  const six = protonum === 58 || (protonum !== 1 && c.in(3));
  const address = (): Uint8Array => (six ? Uint8Array.from({ length: 16 }, (_, i) => (i === 15 ? c.below(4) : 0xfd)) : Uint8Array.of(10, 0, 0, c.below(4)));
  const base = { l3num: six ? 10 : 2, protonum, src: address(), dst: address() } as const;
  if (protonum === 1 || protonum === 58) return { ...base, sport: c.below(9), dport: 0, icmp: { type: protonum === 1 ? 8 : 128, code: 0 } };
  return protonum === 50 ? { ...base, sport: 0, dport: 0 } : { ...base, sport: c.below(9), dport: c.below(3) };
}

/** A connection with whatever it may have. */
function fill(c: Choice, ct: Conntrack): void {
  ct.mark = c.below(3);
  ct.status |= c.one([0, IPS.SEEN_REPLY, IPS.SEEN_REPLY | IPS.ASSURED]);
  if (c.in(3)) ct.acct = { packets: [BigInt(c.below(9)), 2n ** 63n], bytes: [5n, 0n] };
  if (c.in(4)) ct.labels = Uint8Array.from({ length: 16 }, (_, i) => i);
  if (c.in(4)) ct.timestamp = { start: 1.5, stop: 0 };
  if (c.in(2)) ct.events = c.in(2) ? { ctmask: 0xffff, expmask: 0xffff } : { ctmask: 5, expmask: 1 };
  if (c.in(5)) ct.natInfo = { masqIndex: c.below(4) };
  const p = ct.proto;
  if (p.kind === 'tcp') {
    p.state = c.below(10);
    p.lastSeq = 0xfffffff0;
    p.seen[1].tdMaxack = 0x80000001;
    p.seen[0].flags = 0xff;
  } else if (p.kind === 'sctp') Object.assign(p, { state: 3, vtag: [0xffffffff, 7], init: [true, false] });
  else if (p.kind === 'udp') p.streamTs = c.in(2) ? -1 : 123456789.25;
}

const shown = (ct: Conntrack): string => toLine({ ...ct, met: 0, place: 0, hashed: 0, pendingEvents: 0, master: null });

describe('a connection as bytes', () => {
  test('is the same again', () => {
    const c = new Choice(7);
    const table = made({ now: 0 });
    for (let i = 0; i < 500; i++) {
      const original = tupleOf(c);
      const reply = c.in(2) ? (invertTuple(original) as Tuple) : ({ ...(invertTuple(original) as Tuple), sport: 1, src: original.src } as Tuple);
      const ct = table.alloc(c.one(ZONES), original, reply);
      ct.expiresAt = c.below(1e6) + 0.125;
      fill(c, ct);
      expect(ct.proto.kind).toBe(newProtoState(original.protonum).kind);
      const bytes = encodeRecord(ct).slice();
      expect(bytes.length).toBeLessThanOrEqual(256);
      expect(shown(decodeRecord(bytes, 0, () => undefined))).toBe(shown(ct));
    }
  });
});

/**
 * The same changes on a table that keeps objects only, on one that freezes what it can, and on one that is written to rows and read
 * anew all the time: what can be seen of them is the same.
 */
describe.each([
  ['records in memory', { many: 0, warm: 4, lately: 3, kept: 4096, crowd: 256 }, 0],
  ['rows of a state, one session', { many: 1e9, warm: 1e9, lately: 3, kept: 0, crowd: 2 }, 0],
  ['rows of a state, many sessions', { many: 20, warm: 4, lately: 3, kept: 10, crowd: 2 }, 9],
] as const)('%s', (name, limits, reopen) => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])('seed %i', (seed) => {
    const c = new Choice(seed);
    const world = { now: 0 };
    const plain = made(world);
    const rows = new Map<string, Uint8Array>();
    let text = '';
    const open = (): ConntrackTable => {
      return made(world, (x) => {
        Object.assign(x.limits, limits);
        if (text !== '') x.import(fromText(text) as never, { get: (key) => rows.get(key) ?? EMPTY, stays: true });
      });
    };
    const close = (t: ConntrackTable): void => {
      for (const [key, bytes] of t.changes())
        if (bytes) rows.set(key, bytes);
        else rows.delete(key);
      text = toLine(t.export());
    };
    let tested = open();
    if (name.startsWith('rows') && seed % 2) {
      close(tested);
      tested = open();
    }
    const both = [(): ConntrackTable => plain, (): ConntrackTable => tested] as const;
    const picture = (t: ConntrackTable): string[] => [...t.scan()].map(shown).sort();
    for (let step = 0; step < 600; step++) {
      const tuple = tupleOf(c),
        zone = c.one(ZONES);
      switch (c.below(8)) {
        case 0:
        case 1:
        case 2: {
          const reply = c.in(3) ? { ...(invertTuple(tuple) as Tuple), dst: tuple.dst } : (invertTuple(tuple) as Tuple);
          const seconds = c.one([1, 5, 100, 1000]);
          const salt = c.below(1e6);
          const [a, b] = both.map((t) => {
            const ct = t().alloc(zone, tuple, reply);
            fill(new Choice(salt), ct);
            t().refresh(ct, seconds);
            return t().insert(ct);
          });
          expect(b).toBe(a);
          break;
        }
        case 3: {
          const [a, b] = both.map((t) => {
            const found = t().find(zone, tuple);
            if (found) found.ct.mark += 7;
            return found && shown(found.ct) + found.dir;
          });
          expect(b).toBe(a);
          break;
        }
        case 4: {
          const [a, b] = both.map((t) => {
            const found = t().find(zone, tuple);
            return found ? t().kill(found.ct) : null;
          });
          expect(b).toBe(a);
          break;
        }
        case 5:
          world.now += c.one([10, 700, 20_000]);
          break;
        case 6:
          expect(picture(tested)).toEqual(picture(plain));
          expect(tested.count).toBe(plain.count);
          break;
        default: {
          const [a, b] = both.map((t) => t().taken(tuple, zone, t().alloc(zone, tuple, tuple)));
          expect(b).toBe(a);
          if (name.startsWith('rows') && c.in(3)) {
            close(tested);
            if (reopen > 0) tested = open();
          }
          if (c.in(60)) for (const t of both) t().flush(0);
        }
      }
    }
    close(tested);
    for (const t of [open(), tested]) expect(t.entries().map(shown).sort()).toEqual(plain.entries().map(shown).sort());
    expect(tested.stats).toEqual(plain.stats);
  });
});
