import { ScriptRun } from './run.ts';
import { StateHost, toolNames } from './host.ts';

/** Words that complete after a tool's name, asked once when the shell starts: tables, chains, sets of the host and the tools' long options. */
async function completions(state: string): Promise<string> {
  const host = await StateHost.open(state);
  const words = new Set<string>();
  for (const t of host.host.net.nft.ruleset.tables) {
    words.add(t.name);
    for (const c of t.chains) words.add(c.name);
    for (const s of t.sets) if (!s.flags.anonymous) words.add(s.name);
  }
  const help = await Promise.all(
    [
      ['iptables', '-h'],
      ['conntrack', '-h'],
      ['nft', '-h'],
    ].map((argv) => host.exec(argv)),
  );
  for (const h of help) for (const m of h.stdout.matchAll(/--[a-z][a-z-]+/g)) words.add(m[0]);
  for (const w of ['filter', 'nat', 'mangle', 'raw', 'security', 'ACCEPT', 'DROP', 'REJECT', 'add', 'list', 'ruleset', 'table', 'chain', 'rule', 'set', 'delete', 'flush'])
    words.add(w);
  host.abandon();
  return [...words].filter((w) => /^[\w.-]+$/.test(w)).join(' ');
}

/** An interactive bash whose firewall tools are the host's. */
export async function runShell(state: string, isolate: boolean, confirm: (q: string) => Promise<boolean>): Promise<number> {
  const words = await completions(state);
  const rc = `PS1='(drywall) \\w\\$ '
HISTFILE=$HOME/.drywall_history
complete -o default -W '${words}' ${(await toolNames()).join(' ')}
`;
  return ScriptRun.run({ kind: 'interactive', rc }, { state, trace: false, explain: false, isolate, confirm: isolate ? confirm : async () => true });
}
