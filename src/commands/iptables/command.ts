import type { XtFamily } from '../../kernel/xt/definition.ts';
import type { Call, Command } from '../command.ts';
import { runRestore } from './restore.ts';
import { runCommand } from './run.ts';
import { runSave } from './save.ts';

type Runner = (call: Call, family: XtFamily, program: string, argv: readonly string[]) => number;

const FAMILIES: readonly (readonly [string, XtFamily])[] = [['iptables', 'ip'], ['ip6tables', 'ip6'], ['arptables', 'arp'], ['ebtables', 'bridge']];
const KINDS: readonly (readonly [string, Runner])[] = [['', runCommand], ['-save', runSave], ['-restore', runRestore]];

interface Applet { readonly family: XtFamily; readonly program: string; readonly run: Runner }

/** Names of the tools, with and without `-nft`; messages carry the plain name. */
const applets = new Map<string, Applet>();
for (const [base, family] of FAMILIES) for (const [suffix, run] of KINDS) {
  const applet: Applet = { family, program: `${base}${suffix}`, run };
  applets.set(`${base}${suffix}`, applet);
  applets.set(`${base}-nft${suffix}`, applet);
}

const run = (call: Call): number => {
  const a = applets.get(call.argv[0]) as Applet;
  return a.run(call, a.family, a.program, [a.program, ...call.argv.slice(1)]);
};

export const commands: readonly Command[] = [{ names: [...applets.keys()], run }];
