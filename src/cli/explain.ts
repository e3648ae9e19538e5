/** Words beyond the real tool's own, for `drywall run --explain`: what a failed command line says to the tool, and what would work. */
interface Explainer {
  readonly when: (argv: readonly string[], stderr: string) => string | null;
}

const LONG_WITH_ONE_DASH = /^-([a-z][a-z-]{2,})$/;

const EXPLAINERS: readonly Explainer[] = [
  {
    when: (argv) => {
      const word = /tables/.test(argv[0]) ? argv.find((a) => LONG_WITH_ONE_DASH.test(a)) : undefined;
      if (!word) return null;
      return `"${word}" with one dash is read as the short option "-${word[1]}"${word.length > 2 ? ` with "${word.slice(2)}" as its argument or as further options` : ''}. Options with long names take two dashes: "-${word}".`;
    },
  },
  {
    when: (argv) => {
      const at = /tables/.test(argv[0]) ? argv.findIndex((a, i) => /^-([sdiopjtm]|-[a-z-]+)$/.test(a) && /^-[a-zA-Z]$/.test(argv[i + 1] ?? '')) : -1;
      if (at < 0) return null;
      return `"${argv[at]}" takes an argument and so took "${argv[at + 1]}"; what follows then stands alone. Give "${argv[at]}" its value (as in "-s 192.0.2.0/24") or leave it out.`;
    },
  },
  {
    when: (argv, stderr) => {
      const m = /ct helper set "?([\w-]+)"?/.exec(argv.join(' '));
      if (argv[0] !== 'nft' || !m || !/No such file or directory/.test(stderr)) return null;
      const table = /add rule (?:(ip|ip6|inet|arp|bridge|netdev) )?(\S+)/.exec(argv.join(' '));
      const where = table ? `${table[1] ? `${table[1]} ` : ''}${table[2]}` : 'TABLE';
      return `"${m[1]}" names a ct helper object of the table, and there is none. Make it first:\n  nft 'add ct helper ${where} ${m[1]} { type "${m[1]}" protocol tcp; }'\nand set it where new connections pass before confirmation (a prerouting or output chain is the usual place).`;
    },
  },
  {
    when: (argv, stderr) =>
      argv[0] === 'nft' && /No such file or directory/.test(stderr)
        ? 'A table, chain, set or object named here does not exist yet; nft needs it to be added first ("nft list ruleset" shows what there is).'
        : null,
  },
];

/** A sentence for a failed command, or null where there is nothing to add. */
export function explain(argv: readonly string[], stderr: string): string | null {
  for (const e of EXPLAINERS) {
    const words = e.when(argv, stderr);
    if (words !== null) return `drywall: ${words}\n`;
  }
  return null;
}
