import { WRITES_COMPLETION } from '../host/run/prelude.ts';
import { toolsOfHost } from '../host/state/state-host.ts';
import { ScriptRun } from './run.ts';

/** An interactive bash whose firewall tools are the host's; what can be typed next is asked of the resident process. */
export async function runShell(state: string, isolate: boolean, confirm: (q: string) => Promise<boolean>): Promise<number> {
  const rc = `PS1='(drywall) \\w\\$ '
HISTFILE=$HOME/.drywall_history
${WRITES_COMPLETION}
complete -o default -F __dw_complete ${(await toolsOfHost()).map((t) => t.name).join(' ')}
`;
  return ScriptRun.run({ kind: 'interactive', rc }, { state, trace: false, explain: false, isolate, confirm: isolate ? confirm : async () => true });
}
