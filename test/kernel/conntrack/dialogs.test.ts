import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { play, type RecordedCase } from '../../conformance/play.ts';

const cases = readFileSync(new URL('./dialogs.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): RecordedCase => JSON.parse(line));

// Dialogs of each connection tracking helper as the kernel played them (test/oracle/packets/fuzz.ts --helper … --record …).
describe('conntrack helpers', () => {
  test.each(cases.map((c) => [c.id, c] as const))('%s', async (_, c) => expect(await play(c)).toBeNull());
});
