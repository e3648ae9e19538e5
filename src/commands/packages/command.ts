import type { Call, Command } from '../command.ts';

/** Packages whose programs the host has: installing them finds them there. Names of Debian, Fedora, Arch and Alpine. */
const INSTALLED = new Map<string, string>(
  Object.entries({
    iptables: '1.8.11-2',
    'iptables-persistent': '1.0.23',
    'netfilter-persistent': '1.0.23',
    'iptables-services': '1.8.11',
    'iptables-nft': '1.8.11',
    ip6tables: '1.8.11',
    nftables: '1.1.3-1',
    conntrack: '1:1.4.8-2',
    conntrackd: '1:1.4.8-2',
    'conntrack-tools': '1.4.8',
    'conntrack-tools-lib': '1.4.8',
    ipset: '7.22-1',
    arptables: '0.0.5-8',
    ebtables: '2.0.11-6',
    iproute2: '6.15.0-1',
    procps: '2:4.0.4-9',
    kmod: '34.2-2',
    sudo: '1.9.16p2-3',
  }),
);

/** How each manager says that there is nothing to do. */
const MANAGERS: Readonly<
  Record<
    string,
    {
      readonly install: readonly string[];
      readonly found: (name: string, version: string) => string;
      readonly end: string;
      readonly unknown: (name: string) => string;
      readonly status: number;
    }
  >
> = {
  apt: {
    install: ['install', 'reinstall'],
    found: (n, v) => `${n} is already the newest version (${v}).\n`,
    end: 'Summary:\n  Upgrading: 0, Installing: 0, Removing: 0, Not Upgrading: 0\n',
    unknown: (n) => `Error: Unable to locate package ${n}\n`,
    status: 100,
  },
  'apt-get': {
    install: ['install'],
    found: (n, v) => `${n} is already the newest version (${v}).\n`,
    end: '0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n',
    unknown: (n) => `E: Unable to locate package ${n}\n`,
    status: 100,
  },
  dnf: {
    install: ['install'],
    found: (n, v) => `Package "${n}-${v}" is already installed.\n`,
    end: '\nNothing to do.\n',
    unknown: (n) => `No match for argument: ${n}\n`,
    status: 1,
  },
  yum: { install: ['install'], found: (n, v) => `Package ${n}-${v} is already installed.\n`, end: 'Nothing to do.\n', unknown: (n) => `No match for argument: ${n}\n`, status: 1 },
  pacman: {
    install: ['-S', '-Sy', '-Syu'],
    found: (n, v) => `warning: ${n}-${v} is up to date -- reinstalling\n`,
    end: ' there is nothing to do\n',
    unknown: (n) => `error: target not found: ${n}\n`,
    status: 1,
  },
  apk: {
    install: ['add'],
    found: () => '',
    end: 'OK: 8 MiB in 17 packages\n',
    unknown: (n) => `ERROR: unable to select packages:\n  ${n} (no such package):\n    required by: world[${n}]\n`,
    status: 1,
  },
};

function manage({ argv, out, err }: Call): number {
  const m = MANAGERS[argv[0]];
  const words = argv.slice(1);
  const verb = words.find((w) => m.install.includes(w));
  if (!verb) {
    if (words.some((w) => ['update', 'upgrade', 'makecache', 'check-update'].includes(w))) return 0;
    err(`drywall: ${argv.join(' ')}: the simulated host has its packages; only installing them is understood\n`);
    return 1;
  }
  const wanted = words.filter((w) => w !== verb && !w.startsWith('-'));
  const missing = wanted.filter((w) => !INSTALLED.has(w));
  for (const name of missing) err(m.unknown(name));
  if (missing.length) return m.status;
  for (const name of wanted) out(m.found(name, INSTALLED.get(name) ?? ''));
  out(m.end);
  return 0;
}

export const commands: readonly Command[] = [{ names: Object.keys(MANAGERS), bin: true, run: manage }];
