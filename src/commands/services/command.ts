import type { Call, Command } from '../command.ts';

const sub = (call: Call, argv: readonly string[], stdin?: string) => call.host.run(argv, { stdin, cwd: call.cwd });

const RULES = { iptables: '/etc/iptables/rules.v4', ip6tables: '/etc/iptables/rules.v6' } as const;

/** netfilter-persistent's plugins 15-ip4tables and 25-ip6tables. */
async function persistent(call: Call, verb: string): Promise<number> {
  for (const [tool, path] of Object.entries(RULES)) {
    if (verb === 'save') call.host.files.write(path, (await sub(call, [`${tool}-save`])).stdout);
    else if (verb === 'flush') {
      for (const chain of ['INPUT', 'FORWARD', 'OUTPUT']) await sub(call, [tool, '-P', chain, 'ACCEPT']);
      for (const what of ['-F', '-X', '-Z']) await sub(call, [tool, what]);
    } else {
      const text = call.host.files.read(path);
      if (text === undefined) {
        call.err(`Warning: skipping ${tool === 'iptables' ? 'IPv4' : 'IPv6'} (no rules to load)\n`);
        continue;
      }
      const { status } = await sub(call, [`${tool}-restore`], text);
      if (status !== 0) return status;
    }
  }
  return 0;
}

async function netfilterPersistent(call: Call): Promise<number> {
  const verb = call.argv[1] ?? '';
  if (!['save', 'start', 'restart', 'reload', 'force-reload', 'flush', 'stop'].includes(verb)) {
    call.err('Usage: /usr/sbin/netfilter-persistent (start|stop|restart|reload|flush|save)\n');
    return 1;
  }
  if (verb === 'stop') {
    call.out("Automatic flush disabled; use '/usr/sbin/netfilter-persistent flush'\n");
    return 0;
  }
  const plugins = ['15-ip4tables', '25-ip6tables'].map(
    (p) => `run-parts: executing /usr/share/netfilter-persistent/plugins.d/${p} ${verb === 'restart' || verb === 'reload' || verb === 'force-reload' ? 'start' : verb}\n`,
  );
  call.out(plugins.join(''));
  return persistent(call, verb);
}

type Act = (call: Call) => Promise<number>;
const NFT_CONF = '/etc/nftables.conf';
const loadNft: Act = async (call) => {
  const text = call.host.files.read(NFT_CONF);
  return text === undefined ? 1 : (await sub(call, ['nft', '-f', NFT_CONF])).status;
};

/** What starting and stopping a firewall unit does (Debian's unit files). */
const UNITS: Readonly<Record<string, { readonly start: Act; readonly stop: Act }>> = {
  nftables: { start: loadNft, stop: async (call) => (await sub(call, ['nft', 'flush', 'ruleset'])).status },
  'netfilter-persistent': { start: (call) => persistent(call, 'start'), stop: async () => 0 },
  iptables: { start: (call) => persistent(call, 'start'), stop: (call) => persistent(call, 'flush') },
  ip6tables: { start: (call) => persistent(call, 'start'), stop: (call) => persistent(call, 'flush') },
  conntrackd: { start: async () => 0, stop: async () => 0 },
};

async function control(call: Call, verb: string, unit: string): Promise<number> {
  const known = UNITS[unit.replace(/\.service$/, '')];
  if (['daemon-reload', 'daemon-reexec'].includes(verb)) return 0;
  if (!known) {
    call.err(
      verb === 'status'
        ? `Unit ${unit.replace(/(\.service)?$/, '.service')} could not be found.\n`
        : `Failed to ${verb} ${unit.replace(/(\.service)?$/, '.service')}: Unit ${unit.replace(/(\.service)?$/, '.service')} not found.\n`,
    );
    return verb === 'status' ? 4 : 5;
  }
  switch (verb) {
    case 'start':
    case 'restart':
    case 'reload':
    case 'reload-or-restart':
    case 'try-restart':
    case 'force-reload': {
      const status = await known.start(call);
      if (status !== 0)
        call.err(
          `Job for ${unit.replace(/(\.service)?$/, '.service')} failed because the control process exited with error code.\nSee "systemctl status ${unit}" and "journalctl -xeu ${unit}" for details.\n`,
        );
      return status === 0 ? 0 : 1;
    }
    case 'stop':
      return known.stop(call);
    case 'enable':
    case 'disable':
    case 'mask':
    case 'unmask':
      return 0;
    case 'is-active':
      call.out('active\n');
      return 0;
    case 'is-enabled':
      call.out('enabled\n');
      return 0;
    case 'status':
      call.out(`● ${unit.replace(/(\.service)?$/, '.service')}\n     Loaded: loaded\n     Active: active (exited)\n`);
      return 0;
    default:
      call.err(`Unknown command verb '${verb}'.\n`);
      return 1;
  }
}

async function systemctl(call: Call): Promise<number> {
  const words = call.argv.slice(1).filter((w) => !w.startsWith('-'));
  const [verb, ...units] = words;
  if (verb === undefined) {
    call.out('0 loaded units listed.\n');
    return 0;
  }
  if (verb === 'enable' && call.argv.includes('--now')) for (const u of units) await control(call, 'start', u);
  let status = 0;
  for (const u of units.length ? units : ['']) status = (await control(call, verb, u)) || status;
  return status;
}

export const commands: readonly Command[] = [
  { names: ['systemctl'], bin: true, run: systemctl },
  { names: ['service'], run: (call) => control(call, call.argv[2] ?? 'status', call.argv[1] ?? '') },
  { names: ['netfilter-persistent'], run: netfilterPersistent },
];
