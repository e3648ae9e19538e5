import type { Command } from '../../commands/command.ts';
import type { Netns } from '../../kernel/netns.ts';
import { execute } from '../execute.ts';
import type { Host } from '../host.ts';
import { MemoryFiles } from '../memory-files.ts';

/** A ruleset file in text: what `nft list ruleset`, `iptables-save` or `ip6tables-save` wrote. */
export interface RulesetFile {
  readonly path: string;
  readonly text: string;
}

/** A format that can be told from the text. */
function loader(f: RulesetFile): readonly string[] {
  if (/^\*[a-z]+\s*$/m.test(f.text)) {
    const six = /^-A .*(?:-[sd] [0-9a-f]*:[0-9a-f:]*|icmpv6|icmp6-)/m.test(f.text) || /(?:v6|ip6tables)[^/]*$/.test(f.path);
    return [six ? 'ip6tables-restore' : 'iptables-restore'];
  }
  if (/^#!.*\b(?:ba|da)?sh\b/.test(f.text)) throw new Error(`${f.path}: a script: run it on a state of its own (drywall --state FILE run ${f.path}) and name that state file here`);
  return ['nft', '-f', f.path];
}

/** Puts other rules in place of a namespace's own; nothing is left of those. Throws with the words of the tool that refuses them. */
export async function loadRuleset(net: Netns, files: readonly RulesetFile[], find: (program: string) => Promise<Command | undefined>): Promise<void> {
  const memory = new MemoryFiles(Object.fromEntries(files.map((f) => [f.path, f.text])), net);
  let pid = 1000;
  const host: Host = {
    net,
    files: memory,
    nextPid: () => ++pid,
    run: async (argv, o) => execute(host, await find(argv[0]), argv, o),
    advance: async () => {},
  };
  const must = async (argv: readonly string[], stdin?: string): Promise<void> => {
    const r = await host.run(argv, { stdin });
    if (r.status !== 0) throw new Error(r.stderr.trimEnd() || `${argv[0]} failed`);
  };
  await must(['nft', 'flush', 'ruleset']);
  for (const f of files) {
    const argv = loader(f);
    await must(argv, argv[0] === 'nft' ? undefined : f.text);
  }
}
