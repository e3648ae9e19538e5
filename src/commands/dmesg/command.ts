import type { LogRecord } from '../../kernel/log/kernel-log.ts';
import type { Call, Command } from '../command.ts';
import { Getopt } from '../getopt.ts';
import type { LongOption } from '../getopt.ts';
import { HELP } from './help.ts';

const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug'];
const SHORT = 'CcDEkPrSTtuxhVl:';
const ROWS: readonly (readonly [string, string])[] = [
  ['clear', 'C'],
  ['read-clear', 'c'],
  ['console-off', 'D'],
  ['console-on', 'E'],
  ['kernel', 'k'],
  ['nopager', 'P'],
  ['raw', 'r'],
  ['syslog', 'S'],
  ['ctime', 'T'],
  ['notime', 't'],
  ['userspace', 'u'],
  ['decode', 'x'],
  ['help', 'h'],
  ['version', 'V'],
];
const LONG: readonly LongOption[] = [...ROWS.map(([name, val]) => ({ name, arg: 'no' as const, val })), { name: 'level', arg: 'required', val: 'l' }];
/** Options of which only one may stand (excl[] of sys-utils/dmesg.c), with the names in the order of the message. */
const ACTIONS = ['C', 'D', 'E', 'c', 'r'];
const EXCLUSIVE: readonly (readonly [readonly string[], string])[] = [
  [ACTIONS, '--clear --console-off --console-on --read-clear --console-level --raw'],
  [['T', 'r'], '--ctime --raw'],
  [['r', 'x'], '--raw --decode'],
];

class Usage extends Error {}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (n: number): string => String(n).padStart(2, '0');

/** "%a %b %e %H:%M:%S %Y", in UTC. */
function ctime(ms: number): string {
  const d = new Date(ms);
  return `${DAYS[d.getUTCDay()]} ${MONTHS[d.getUTCMonth()]} ${String(d.getUTCDate()).padStart(2)} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())} ${d.getUTCFullYear()}`;
}

/** Bytes that no terminal should get are written \xHH (safe_fwrite). */
function safe(text: string): string {
  let out = '';
  for (const byte of new TextEncoder().encode(text)) out += byte === 9 || (byte >= 32 && byte < 127) ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  return out;
}

const seconds = (ms: number): string => (Math.floor(ms * 1000) / 1e6).toFixed(6).padStart(12);

function show(call: Call, r: LogRecord, flags: ReadonlySet<string>): void {
  const { clock } = call.host.net;
  const text = safe(r.text);
  if (flags.has('r')) {
    call.out(`<${r.level}>[${seconds(r.at)}] ${text}\n`);
    return;
  }
  const decoded = flags.has('x') ? `kern  :${LEVELS[r.level].padEnd(6)}: ` : '';
  const time = flags.has('t') ? '' : flags.has('T') ? `[${ctime(clock.wall() - clock.now() + r.at)}] ` : `[${seconds(r.at)}] `;
  call.out(`${decoded}${time}${text}\n`);
}

/** parse_level: names with commas between; `+` before or after one takes what is above or below it. */
function levels(call: Call, list: string): Set<number> | null {
  const out = new Set<number>();
  for (const word of list.split(',')) {
    const name = word.replace(/^\+|\+$/g, '');
    const at = LEVELS.indexOf(name);
    if (at < 0) {
      call.err(`dmesg: unknown level '${name}'\n`);
      return null;
    }
    if (word.startsWith('+')) for (let i = at; i < 8; i++) out.add(i);
    else if (word.endsWith('+')) for (let i = 0; i <= at; i++) out.add(i);
    else out.add(at);
  }
  return out;
}

function run(call: Call): number {
  const g = new Getopt(call.argv, SHORT);
  const flags = new Set<string>();
  let wanted: Set<number> | null = null;
  for (let item = g.next(LONG); item; item = g.next(LONG)) {
    if (item.kind !== 'option') {
      call.err(`dmesg: ${item.message}
`);
      throw new Usage();
    }
    if (item.val === 'h') {
      call.out(HELP);
      return 0;
    }
    if (item.val === 'V') {
      call.out('dmesg from util-linux 2.41.5\n');
      return 0;
    }
    if (item.val === 'l') {
      wanted = levels(call, item.arg ?? '');
      if (!wanted) return 1;
      continue;
    }
    flags.add(item.val);
    for (const [group, names] of EXCLUSIVE)
      if (group.filter((x) => flags.has(x)).length > 1) {
        call.err(`dmesg: mutually exclusive arguments: ${names}\n`);
        return 1;
      }
  }
  if (g.optind < g.argv.length) {
    call.err('dmesg: bad usage\n');
    throw new Usage();
  }
  const { log } = call.host.net;
  if (flags.has('C')) {
    log.clear();
    return 0;
  }
  if (flags.has('D') || flags.has('E')) return 0;
  if (!flags.has('u') || flags.has('k')) for (const r of log.records()) if (!wanted || wanted.has(r.level)) show(call, r, flags);
  if (flags.has('c')) log.clear();
  return 0;
}

/** dmesg of util-linux 2.41.5: the kernel's log since it was last cleared. */
export const commands: readonly Command[] = [
  {
    names: ['dmesg'],
    bin: true,
    run(call) {
      try {
        return run(call);
      } catch (e) {
        if (!(e instanceof Usage)) throw e;
        call.err("Try 'dmesg --help' for more information.\n");
        return 1;
      }
    },
  },
];
