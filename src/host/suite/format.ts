import { z } from 'zod';

/** What a suite file may say. The JSON schema for editors is made from this, so every field carries its words. */

const Duration = z.union([z.number().nonnegative(), z.string().regex(/^(?:\d+(?:ms|[smhd]))+$/, 'not a time: 500ms, 30s, 5m, 1h30m, or a number of seconds')]);
const Words = z.union([z.string(), z.array(z.string())]);
const Status = z.int().min(0).max(255);

export const Expect = z
  .strictObject({
    verdict: z
      .enum(['accept', 'drop', 'reject', 'forwarded', 'sent', 'delivered', 'dropped', 'rejected', 'waiting', 'queued', 'ignored'])
      .describe('What became of the packet; accept: it got where it was going, drop and reject: a rule or policy stopped it.')
      .optional(),
    rule: z.string().describe('Part of the text of the rule or policy that decided: `--dport 22`, `tcp dport 22 accept`, `policy drop`.').optional(),
    chain: z.string().describe('Chain of the rule that decided.').optional(),
    state: z.enum(['new', 'established', 'related', 'invalid', 'untracked']).describe('State that connection tracking gave the packet.').optional(),
    reason: z.string().describe("Why the stack dropped it where no rule did: the kernel's drop reason, or part of it (`IP_RPFILTER`).").optional(),
    left: Words.describe(
      'What left the host, in order: a device and words of its description, `*` for anything (`lan tcp * > 192.168.1.10:80 SYN`). An empty list: nothing.',
    ).optional(),
    conntrack: Words.describe('Words of lines that `conntrack -L` must show, each in order (`tcp ESTABLISHED dport=22 ASSURED`). An empty list: no entries.').optional(),
    counters: z
      .record(z.string(), z.union([z.int().nonnegative(), z.strictObject({ packets: z.int().nonnegative().optional(), bytes: z.int().nonnegative().optional() })]))
      .describe('Packets that rules have counted, by part of their text.')
      .optional(),
    log: Words.describe("Words of lines that the host's kernel log must have gained since the step began.").optional(),
    connects: z.boolean().describe('Did the conversation go through, both ways? `rule`, `chain`, `verdict` and so on are about the packet at which it broke.').optional(),
    status: Status.describe('Exit status of the command.').optional(),
    stdout: z.string().describe('What the command printed; /…/ is a regular expression.').optional(),
    stderr: z.string().describe('What the command said on standard error; /…/ is a regular expression.').optional(),
  })
  .describe('What must hold after the step.');

const step = {
  send: Words.describe('Packets in words (`ip saddr 203.0.113.7 tcp dport 22 flags syn`); several are sent in order, `expect` is about the last.').optional(),
  in: z.string().describe('Device on which the packets arrive; without one the host sends them.').optional(),
  connect: z
    .string()
    .describe('A whole conversation, `FROM -> TO`: addresses outside (with `@DEVICE` where routes do not say), `host`, a device for a neighbour there; TO with a port.')
    .optional(),
  by: z.enum(['tcp', 'udp', 'ping', 'ftp', 'ftp-active']).describe('How it is spoken; TCP, or a ping where TO has no port.').optional(),
  advance: Duration.describe("Moves the host's clock: 30s, 5m, 1h.").optional(),
  run: z.string().describe('Commands on the host; without `expect` they must succeed.').optional(),
  expect: Expect.optional(),
} as const;

const action = (
  s: {
    readonly send?: unknown;
    readonly connect?: unknown;
    readonly by?: unknown;
    readonly advance?: unknown;
    readonly run?: unknown;
    readonly in?: unknown;
    readonly expect?: unknown;
  },
  c: z.core.$RefinementCtx,
): void => {
  const actions = (['send', 'connect', 'advance', 'run'] as const).filter((k) => s[k] !== undefined);
  if (actions.length > 1) c.addIssue({ code: 'custom', message: `one of ${actions.join(' and ')} is too many`, path: [actions[1]] });
  if (s.by !== undefined && s.connect === undefined) c.addIssue({ code: 'custom', message: '`by` says how a conversation is spoken, and nothing connects', path: ['by'] });
  if (s.in !== undefined && s.send === undefined) c.addIssue({ code: 'custom', message: '`in` says where packets arrive, and nothing is sent', path: ['in'] });
};

export const Step = z.strictObject(step).superRefine(action);

export const Test = z
  .strictObject({
    name: z.string().optional(),
    ...step,
    steps: z.array(Step).describe('Several steps on one host.').optional(),
    table: z
      .strictObject({
        in: z.string().describe('Device for rows that name none.').optional(),
        rows: z.string().describe('A head line of columns (packet, in, verdict, rule, chain, state, left, conntrack) and a line a flow, cells parted by |.'),
      })
      .describe('Many flows in a few lines; each meets a fresh host.')
      .optional(),
  })
  .superRefine((t, c) => {
    action(t, c);
    const own = t.send !== undefined || t.connect !== undefined || t.advance !== undefined || t.run !== undefined || t.expect !== undefined;
    if (Number(own) + Number(t.steps !== undefined) + Number(t.table !== undefined) !== 1)
      c.addIssue({ code: 'custom', message: 'a test is one step, or has `steps`, or has a `table`', path: [] });
  });

const Device = z.strictObject({
  name: z.string().regex(/^[^\s/]{1,15}$/),
  type: z.enum(['ethernet', 'tun']).default('ethernet'),
  addresses: z.array(z.string()).default([]),
});

export const Suite = z
  .strictObject({
    $schema: z.string().optional(),
    host: z
      .union([z.enum(['single', 'router']), z.strictObject({ devices: z.array(Device), gateways: z.array(z.string()).default([]), forward: z.boolean().default(false) })])
      .default('single')
      .describe('single: eth0 with 192.0.2.10/24; router: wan, lan and dmz, forwarding; or devices of your own.'),
    files: z.record(z.string(), z.string()).default({}).describe('Files of the host: path and text. A text that begins with `@` names a file beside the suite.'),
    load: Words.default([]).describe('Rule files and scripts to run before each test, beside the suite: nft, iptables-save, ipset save format, or a shell script.'),
    run: z.string().optional().describe('Commands to run on the host after that.'),
    listen: Words.default([]).describe('Services of the host that answer: `tcp 22`, `udp 53`.'),
    peers: z
      .record(z.string(), z.enum(['open', 'closed', 'silent', 'absent']))
      .default({})
      .describe('How hosts outside answer, by address or network; all others are open.'),
    tests: z.array(Test).min(1),
  })
  .describe('Tests of a firewall, for `drywall test`.');

export type ExpectSpec = z.infer<typeof Expect>;
export type StepSpec = z.infer<typeof Step>;
export type TestSpec = z.infer<typeof Test>;
export type SuiteSpec = z.infer<typeof Suite>;

/** The JSON schema of suite files, for editors. */
export const jsonSchema = (): object => ({ ...z.toJSONSchema(Suite, { io: 'input' }), title: 'drywall test suite' });

const UNIT: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds of a time as suites write it. */
export function seconds(d: z.infer<typeof Duration>): number {
  if (typeof d === 'number') return d;
  return [...d.matchAll(/(\d+)(ms|[smhd])/g)].reduce((sum, [, n, unit]) => sum + Number(n) * UNIT[unit], 0);
}

export const list = (w: string | readonly string[] | undefined): readonly string[] => (w === undefined ? [] : typeof w === 'string' ? [w] : w);
