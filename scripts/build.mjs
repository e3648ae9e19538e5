// npm run build: generated files, then the bundles of dist/. `npm ci` runs it, so it may need nothing but dependencies.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { linked } from './link.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
execFileSync(process.execPath, [join(root, 'scripts/generate.mjs')], { stdio: 'inherit' });

rmSync(join(root, 'dist'), { recursive: true, force: true });

const common = { platform: 'node', resolve: { mainFields: ['module', 'main'] }, logLevel: 'warn' };
const output = { format: 'esm', minify: true, sourcemap: true };
const bundle = async (options, out) => {
  const made = await rolldown({ ...common, ...options });
  await made.write({ ...output, ...out });
  await made.close();
};

// The library and drywall's own command line share chunks; each tool family is one file for its
// launchers, whose time goes into loading code (docs/decisions/0006-cold-start.md).
const programs = join(root, 'src/commands/generated/programs.ts');
const families = readdirSync(join(root, 'src/cli/generated')).map((f) => f.replace(/\.ts$/, ''));
const tools = join(root, 'dist/tools');
mkdirSync(tools, { recursive: true });
await Promise.all([
  bundle(
    { input: { index: join(root, 'src/index.ts'), drywall: join(root, 'src/cli/drywall.ts'), programs }, external: [/^node:/] },
    { dir: join(root, 'dist'), entryFileNames: '[name].js', chunkFileNames: 'chunk-[hash].js' },
  ),
  ...families.map(async (f) => {
    writeFileSync(join(tools, `${f}.js`), await linked(join(root, `src/cli/generated/${f}.ts`), common, { [programs]: 'programs' }));
  }),
]);

// A family's usual commands: functions that they run are compiled already when it starts, others when they are first called.
const USUAL = {
  iptables: ['iptables -P INPUT ACCEPT', 'iptables -A INPUT -s 192.0.2.1 -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT', 'iptables -S', 'iptables -D INPUT 1'],
  nft: [
    'nft add table ip t',
    'nft add chain ip t c { type filter hook input priority 0; }',
    'nft add rule ip t c ip saddr 192.0.2.1 tcp dport 22 ct state new counter accept',
    'nft list ruleset',
  ],
  conntrack: ['conntrack -L', 'conntrack -I -s 192.0.2.1 -d 192.0.2.2 -p tcp --sport 1 --dport 2 --state ESTABLISHED -t 9', 'conntrack -L'],
  ip: ['ip addr', 'ip route'],
  ipset: ['ipset create s hash:ip', 'ipset add s 192.0.2.1', 'ipset list'],
  sysctl: ['sysctl net.ipv4.ip_forward', 'sysctl -w net.ipv4.ip_forward=1'],
};
for (const [family, commands] of Object.entries(USUAL))
  execFileSync(process.execPath, [join(root, 'scripts/warm.mjs'), family, ...commands], { stdio: ['ignore', 'pipe', 'pipe'] });
