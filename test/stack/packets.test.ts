import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { play } from '../conformance/play.ts';
import type { RecordedCase } from '../conformance/play.ts';

/** What Linux 6.18 answered to questions that the shared cases do not ask: martians, broadcasts, options, fragments, NAT ranges, TEE, synproxy … */
const cases = readFileSync(new URL('./packets.golden.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((l) => JSON.parse(l) as RecordedCase);

describe('the packet path agrees with a recorded kernel', () => {
  for (const c of cases)
    it(c.id, async () => {
      expect(await play(c)).toBeNull();
    });
});
