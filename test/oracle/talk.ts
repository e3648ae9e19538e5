import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { askedRoot, whyNot } from './real.ts';

/** Folder with Debian's tcpdump, ping, nc, curl and traceroute beside the firewall tools. */
const talkRoot = process.env.DRYWALL_TALK_ROOT ?? '/var/cache/drywall-oracle/talk';

/** Why real programs cannot talk through a real router here, or null. */
export function whyNoTalk(): string | null {
  const why = whyNot();
  if (why !== null || existsSync(join(talkRoot, 'usr/bin/tcpdump'))) return why;
  const made = spawnSync('sh', [resolve(import.meta.dirname, 'talk-setup.sh'), talkRoot, askedRoot], { encoding: 'utf8' });
  return made.status === 0 ? null : made.stdout.trim() || made.stderr.trim() || 'the programs could not be installed';
}

/** Runs a script of this folder among the programs, in fresh namespaces; its standard output. */
export function runInside(script: string, stdin: string): string {
  mkdirSync(join(talkRoot, 'tmp'), { recursive: true });
  const dir = mkdtempSync(join(talkRoot, 'tmp/inside-'));
  try {
    cpSync(resolve(import.meta.dirname, script), join(dir, script));
    const ran = spawnSync('unshare', ['-nm', '--fork', '--pid', '--kill-child', 'sh', '-c', entering(`${dir.slice(talkRoot.length)}/${script}`)], {
      encoding: 'utf8',
      input: stdin,
      timeout: 120_000,
    });
    if (ran.status !== 0) throw new Error(ran.stderr);
    return ran.stdout;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** `ip netns exec` wants the root to be a mount of its own. */
function entering(command: string): string {
  const r = talkRoot;
  return `mount --bind ${r} ${r}; mount -t proc proc ${r}/proc; mount -t sysfs sysfs ${r}/sys; mount --bind /dev ${r}/dev; exec chroot ${r} sh ${command}`;
}

/** Runs capture.sh with these rules; the files that it wrote lie in `into` afterwards. */
export function capture(rules: string, into: string): void {
  mkdirSync(join(talkRoot, 'tmp'), { recursive: true });
  const dir = mkdtempSync(join(talkRoot, 'tmp/capture-'));
  try {
    writeFileSync(join(dir, 'rules.nft'), rules);
    cpSync(resolve(import.meta.dirname, 'capture.sh'), join(dir, 'capture.sh'));
    const inside = dir.slice(talkRoot.length);
    const ran = spawnSync('unshare', ['-nm', 'sh', '-c', entering(`${inside}/capture.sh ${inside}`)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
    if (ran.status !== 0) throw new Error(ran.stderr);
    mkdirSync(into, { recursive: true });
    for (const f of ['rules.nft', 'after.nft', 'devices', 'capture.pcap']) cpSync(join(dir, f), join(into, f));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** What tcpdump says of a capture file. */
export function tcpdump(file: string): string {
  mkdirSync(join(talkRoot, 'tmp'), { recursive: true });
  const dir = mkdtempSync(join(talkRoot, 'tmp/read-'));
  try {
    cpSync(file, join(dir, 'file'));
    const ran = spawnSync('chroot', [talkRoot, 'tcpdump', '-nn', '-vvv', '-r', `${dir.slice(talkRoot.length)}/file`], { encoding: 'utf8' });
    if (ran.status !== 0) throw new Error(ran.stderr);
    return ran.stdout;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
