import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { check } from './check.ts';

/** Recorded by test/oracle/capture.ts: real programs through a real kernel, caught by the real tcpdump. */
describe('a capture of a real router', () => {
  test('every packet fares as it did in the kernel: the same bytes left, the same rules counted', async () => {
    const c = await check(join(import.meta.dirname, 'golden'));
    expect(c.played).toBeGreaterThan(40);
    expect(c.model).toEqual(c.kernel);
    expect(c.rulesModel).toBe(c.rulesKernel);
  });
});
