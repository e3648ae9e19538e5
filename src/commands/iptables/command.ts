import type { XtFamily } from '../../kernel/xt/definition.ts';
import type { Call, Command } from '../command.ts';
import { listenMonitor, runMonitor } from './monitor.ts';
import { runRestore } from './restore.ts';
import { runCommand } from './run.ts';
import { runSave } from './save.ts';
import { runRestoreTranslate, runTranslate } from './translate.ts';
import { runXml } from './xml.ts';

type Runner = (call: Call, family: XtFamily, program: string, argv: readonly string[]) => number;

const FAMILIES: readonly (readonly [string, XtFamily])[] = [
  ['iptables', 'ip'],
  ['ip6tables', 'ip6'],
  ['arptables', 'arp'],
  ['ebtables', 'bridge'],
];
/** A runner's file is loaded when it is first called. */
const KINDS: readonly (readonly [string, Runner])[] = [
  ['', (...a) => runCommand(...a)],
  ['-save', (...a) => runSave(...a)],
  ['-restore', (...a) => runRestore(...a)],
  ['-translate', (...a) => runTranslate(...a)],
  ['-restore-translate', (...a) => runRestoreTranslate(...a)],
];

interface Applet {
  readonly family: XtFamily;
  readonly program: string;
  /** '', `-save`, `-restore` … */
  readonly suffix: string;
  readonly run: Runner;
}

/** Names of the tools, with and without `-nft`; messages carry the plain name, those of the save tools the name they were called by. */
const applets = new Map<string, Applet>();
for (const [base, family] of FAMILIES)
  for (const [suffix, run] of KINDS) {
    if (suffix === '-restore-translate' && family !== 'ip' && family !== 'ip6') continue;
    const applet: Applet = { family, program: `${base}${suffix}`, suffix, run };
    applets.set(`${base}${suffix}`, applet);
    if (suffix.endsWith('translate')) continue;
    applets.set(`${base}-nft${suffix}`, applet);
    if (family === 'ip' || family === 'ip6') applets.set(`${base}-legacy${suffix}`, applet);
  }

/** Other names of the same binary (iptables/xtables-nft-multi.c). */
const ALIASES: Readonly<Record<string, string>> = {
  main4: 'iptables',
  save4: 'iptables-save',
  restore4: 'iptables-restore',
  main6: 'ip6tables',
  save6: 'ip6tables-save',
  restore6: 'ip6tables-restore',
};

/** In the order in which the binary lists them. */
const SUBCOMMANDS = [
  'iptables-xml',
  'xml',
  'iptables',
  'iptables-nft',
  'main4',
  'save4',
  'restore4',
  'iptables-save',
  'iptables-restore',
  'iptables-nft-save',
  'iptables-nft-restore',
  'ip6tables',
  'ip6tables-nft',
  'main6',
  'save6',
  'restore6',
  'ip6tables-save',
  'ip6tables-restore',
  'ip6tables-nft-save',
  'ip6tables-nft-restore',
  'iptables-translate',
  'ip6tables-translate',
  'iptables-restore-translate',
  'ip6tables-restore-translate',
  'arptables-translate',
  'arptables',
  'arptables-nft',
  'arptables-restore',
  'arptables-nft-restore',
  'arptables-save',
  'arptables-nft-save',
  'ebtables-translate',
  'ebtables',
  'ebtables-restore',
  'ebtables-save',
  'ebtables-nft',
  'ebtables-nft-restore',
  'ebtables-nft-save',
  'xtables-monitor',
];

/** xtables-save.c and xtables-restore.c take their name from argv[0]; arptables-restore and ebtables-restore do not. */
const programOf = (a: Applet, name: string): string =>
  (a.suffix === '-save' || (a.suffix === '-restore' && (a.family === 'ip' || a.family === 'ip6'))) && !name.includes('-legacy') ? name : a.program;

const start = (call: Call, a: Applet, argv: readonly string[]): number => a.run(call, a.family, programOf(a, argv[0]), argv);

const run = (call: Call): number => start(call, applets.get(call.argv[0]) as Applet, call.argv);

/** The same call with other words. Not a copy: standard input is read when it is asked for. */
const called = (call: Call, argv: readonly string[]): Call => Object.create(call, { argv: { value: argv } });

function multi(call: Call): number {
  const name = call.argv[1] ?? '';
  if (name === 'iptables-xml' || name === 'xml') return runXml(called(call, ['iptables-xml', ...call.argv.slice(2)]));
  const a = applets.get(ALIASES[name] ?? name);
  if (a) return start(call, a, call.argv.slice(1));
  if (name === 'xtables-monitor') return runMonitor(called(call, call.argv.slice(1)));
  call.err(`ERROR: No valid subcommand given.\nValid subcommands:\n${SUBCOMMANDS.map((s) => ` * ${s}\n`).join('')}`);
  return 1;
}

export const commands: readonly Command[] = [
  { names: [...applets.keys()], rulesOnly: true, run },
  { names: ['xtables-nft-multi'], rulesOnly: true, run: multi, listen: (call) => (call.argv[1] === 'xtables-monitor' ? listenMonitor(called(call, call.argv.slice(1))) : null) },
  { names: ['iptables-xml'], bin: true, rulesOnly: true, run: (call) => runXml(call) },
  { names: ['xtables-monitor'], run: (call) => runMonitor(call), listen: (call) => listenMonitor(call) },
];
