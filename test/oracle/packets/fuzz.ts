// npm run fuzz -- [--kind routed|wide] [--count N] [--seed N] [--jobs N] [--keep FILE] [--record FILE] [--shrink] [--helper NAME|all]
// Random scenarios go to the real kernel and to drywall; what differs is made small and printed in the format of
// shared/cases/packets, so that it can be kept; --record keeps all (test/kernel/conntrack/dialogs.jsonl is made so).
import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { whyNot } from '../real.ts';
import { differences } from './batch.ts';
import { describe } from './describe.ts';
import { kindNamed } from './generate/kinds.ts';

const { values } = parseArgs({
  options: {
    kind: { type: 'string', default: 'routed' },
    count: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
    keep: { type: 'string' },
    record: { type: 'string' },
    shrink: { type: 'boolean', default: false },
    helper: { type: 'string' },
  },
});
const reason = whyNot();
if (reason) {
  console.log(`packets cannot be compared here: ${reason}`);
  process.exit(1);
}
const count = Number(values.count);
let shown = 0;
const started = performance.now();
const total = await differences({
  kind: kindNamed(values.kind),
  seed: Number(values.seed),
  count,
  jobs: Number(values.jobs),
  shrink: values.shrink,
  helper: values.helper,
  recorded: (c) => {
    if (values.record) appendFileSync(values.record, `${JSON.stringify(c)}\n`);
  },
  each: (d) => {
    shown++;
    console.log(describe(d));
    if (values.keep) appendFileSync(values.keep, `${JSON.stringify(d.recorded)}\n`);
  },
});
const seconds = (performance.now() - started) / 1000;
console.log(`${count} ${values.kind} scenarios, ${total.steps} steps, seed ${values.seed}: ${shown} differ, ${total.failed} could not be played (${seconds.toFixed(0)} s)`);
process.exit(shown ? 1 : 0);
