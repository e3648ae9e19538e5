import { createHost } from 'drywall';
import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/host/random.ts';

type Random = ReturnType<typeof seededRandom>;
const pick = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)];

const address = (n: number): string => `10.0.${(n >> 8) & 255}.${n & 255}`;
const KINDS = {
  ipv4_addr: {
    plain: (n: number) => address(n),
    wide: (n: number, size: number, r: Random) => (r.below(2) ? `${address(n)}-${address(n + size)}` : `${address(n & ~3)}/30`),
    odd: ['10.0.0.300', '10.0.1', '010.0.0.1', '10.0.0.9-10.0.0.3', '10.0.0.0/33', '10.0.0.1/30', '0.0.0.0/0', '10.0.0.7/32', 'localhost', '1000', '10.0.0.4-10.0.0.4', '*', '@x'],
  },
  inet_service: {
    plain: (n: number) => String(n),
    wide: (n: number, size: number) => `${n}-${n + size}`,
    odd: ['65536', '080', '0x50', 'ssh', '80/8', '9-3', '5-5', '65535', '0-1', 'nosuch'],
  },
} as const;

/** A document of a set with many elements, mostly as they should be. */
function document(random: Random): string {
  const type = pick(random, ['ipv4_addr', 'inet_service'] as const),
    kind = KINDS[type];
  const interval = random.below(3) > 0,
    spoilt = random.below(3) === 0;
  const list = (from: number, count: number): string => {
    const items: string[] = [];
    for (let i = 0, at = from; i < count; i++) {
      const size = 1 + random.below(3);
      items.push(interval && random.below(2) ? kind.wide(at, size, random) : kind.plain(at));
      at += spoilt && random.below(60) === 0 ? 0 : 4 + random.below(3);
    }
    if (spoilt && random.below(2)) items[random.below(count)] = pick(random, kind.odd);
    if (random.below(4) === 0) items.reverse();
    return items.map((i) => i + pick(random, [', ', ',', ' ,\n\t', ',  '])).join('');
  };
  const head = `table ip t {\n set s {\n type ${type};${interval ? ' flags interval;' : ''}${interval && random.below(4) === 0 ? ' auto-merge;' : ''}${random.below(8) === 0 ? ' size 60;' : ''}${random.below(8) === 0 ? ' counter;' : ''}`;
  const declared = random.below(3) ? ` elements = { ${list(4, 70 + random.below(40))} }\n` : '';
  const more = random.below(2) ? `${pick(random, ['add', 'create', 'add', 'delete'])} element ip t s { ${list(pick(random, [4, 1200]), 70 + random.below(20))} }\n` : '';
  return `${head}\n${declared} }\n}\n${more}${random.below(3) ? '' : `add element ip t s { ${list(2400, 66)} }\n`}`;
}

// -o reads each element as a tree; on documents without rules it does nothing else
test('many plain elements at once mean what they mean one by one', async () => {
  const random = seededRandom(5);
  let accepted = 0;
  for (let round = 0; round < 250; round++) {
    const text = document(random);
    const seen = await Promise.all(
      [['-f'], ['-o', '-f']].map(async (options) => {
        const host = await createHost({ files: { 'x.nft': text } });
        const ran = await host.exec(['nft', ...options, 'x.nft']);
        const after = await Promise.all([['list ruleset'], ['-j', 'list ruleset'], ['get element ip t s { 80 }']].map((args) => host.exec(['nft', ...args])));
        // with -o a table's number is taken twice
        const shown = after.map((r) => ({ ...r, stdout: r.stdout.replace(/"handle": \d+/g, '') }));
        await host.close();
        return { text, ran, shown };
      }),
    );
    if (seen[0].ran.status === 0) accepted++;
    expect(seen[0]).toEqual(seen[1]);
  }
  expect(accepted).toBeGreaterThan(100);
  expect(accepted).toBeLessThan(245);
}, 120_000);
