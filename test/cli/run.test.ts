import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { explain } from '../../src/cli/explain.ts';
import { whyNoSandbox } from '../../src/host/run/sandbox-run.ts';

const root = resolve(import.meta.dirname, '../..');
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'drywall-run-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const drywall = (...args: string[]): Promise<Ran> =>
  new Promise((done) => {
    execFile(process.execPath, [join(root, 'bin/drywall'), '--state', join(dir, 'state.db'), ...args], (e, stdout, stderr) => {
      done({ status: e === null ? 0 : typeof e.code === 'number' ? e.code : -1, stdout, stderr });
    });
  });

const script = (text: string, name = 'script.sh'): string => {
  const file = join(dir, name);
  writeFileSync(file, text, { mode: 0o755 });
  return file;
};

const reason = whyNoSandbox();
if (reason) console.log(`sandbox tests not run: ${reason}`);

describe.skipIf(reason !== null)('drywall run', () => {
  test('the tools answer by name, by path, in pipes, substitutions, jobs, child shells and from other programs', async () => {
    const child = script('#!/bin/sh\niptables -N FROM_SH\n', 'child.sh');
    const r = await drywall(
      'run',
      script(`#!/bin/bash
iptables -N BY_NAME
/sbin/iptables -N BY_PATH; /usr/sbin/iptables -N BY_LONG_PATH
n=$(iptables -S | grep -c BY_); echo "chains: $n"
iptables -N JOB & wait
( iptables -N SUBSHELL )
bash -c 'iptables -N CHILD_BASH'
sh -c 'iptables -N CHILD_SH'
${child}
echo XARGS | xargs -n 1 iptables -N
timeout 5 iptables -N TIMEOUT
sudo iptables -N SUDO
sudo -n -u root env iptables -N SUDO_ENV
printf 'table ip x {}\\n' | nft -f -
nft -f - <<EOF
table ip y {}
EOF
nft list tables
exit 7
`),
    );
    expect(r.stderr).toBe('');
    expect(r.stdout).toBe('chains: 3\ntable ip filter\ntable ip x\ntable ip y\n');
    expect(r.status).toBe(7);
    const chains = (await drywall('run', '--', 'iptables', '-S')).stdout
      .split('\n')
      .filter((l) => l.startsWith('-N'))
      .map((l) => l.slice(3));
    expect(chains.sort()).toEqual(['BY_LONG_PATH', 'BY_NAME', 'BY_PATH', 'CHILD_BASH', 'CHILD_SH', 'FROM_SH', 'JOB', 'SUBSHELL', 'SUDO', 'SUDO_ENV', 'TIMEOUT', 'XARGS']);
  });

  test('programs that ask at once wait for one another', async () => {
    const r = await drywall('run', script("seq 40 | xargs -P 8 -I{} sh -c 'iptables -N P{} || echo {}'\niptables -S | grep -c -e '-N P'\n"));
    expect(r).toEqual({ status: 0, stdout: '40\n', stderr: '' });
  });

  test("the kernel's files read and write the host", async () => {
    const r = await drywall(
      'run',
      script(`#!/bin/bash
cat /proc/sys/net/ipv4/ip_forward
echo 1 > /proc/sys/net/ipv4/ip_forward
sysctl net.ipv4.ip_forward
sysctl -q -w net.netfilter.nf_conntrack_acct=1
cat /proc/sys/net/netfilter/nf_conntrack_acct
conntrack -I -p udp -s 192.0.2.1 -d 192.0.2.2 --sport 1 --dport 2 -t 100 2>/dev/null
cat /proc/net/nf_conntrack | wc -l
`),
    );
    expect(r).toEqual({ status: 0, stdout: '0\nnet.ipv4.ip_forward = 1\n1\n1\n', stderr: '' });
  });

  test('lists of recent come, take addresses and go with their rules', async () => {
    const file = script(`#!/bin/bash
iptables -A INPUT -m recent --name SSH --set -j ACCEPT
echo +10.1.2.3 > /proc/net/xt_recent/SSH; cut -d' ' -f1 /proc/net/xt_recent/SSH
echo xyz > /proc/net/xt_recent/SSH; echo $?
echo -10.1.2.3 > /proc/net/xt_recent/SSH; cat /proc/net/xt_recent/SSH
iptables -F; ls /proc/net/xt_recent
`);
    const r = await drywall('run', file);
    expect(r).toEqual({ status: 0, stdout: 'src=10.1.2.3\n1\n', stderr: `${file}: line 4: echo: write error: Invalid argument\n` });
  });

  test('tools read descriptors of the shell, also what other tools print there', async () => {
    const r = await drywall(
      'run',
      script(`#!/bin/bash
nft -f <(echo 'table ip x { }')
nft -f <(nft list ruleset | sed 's/ x / y /')
exec 7< <(echo 'add table ip w'); nft -f /dev/fd/7
timeout 2 nft -f <(echo 'delete table ip y')
iptables -P FORWARD DROP
iptables-restore <(iptables-save | sed 's/OUTPUT ACCEPT/OUTPUT DROP/')
sh -c 'echo "add table ip z" | nft -f /dev/fd/0'
nft list tables; iptables -S OUTPUT
`),
    );
    expect(r).toEqual({ status: 0, stdout: 'table ip x\ntable ip w\ntable ip filter\ntable ip z\n-P OUTPUT DROP\n', stderr: '' });
  });

  test('a write that the kernel refuses fails where it stands', async () => {
    const file = script(`#!/bin/bash
echo 5x > /proc/sys/net/ipv4/ip_forward; echo "status $?"
printf abc > /proc/sys/net/netfilter/nf_conntrack_acct || echo refused
echo no | tee /proc/sys/net/ipv4/ip_forward >/dev/null; echo "tee \${PIPESTATUS[1]}"
for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 2 > "$f"; done
sysctl net.ipv4.conf.eth0.rp_filter
cat /proc/sys/net/ipv4/ip_forward
`);
    const r = await drywall('run', file);
    expect(r.stdout).toBe('status 1\nrefused\ntee 1\nnet.ipv4.conf.eth0.rp_filter = 2\n0\n');
    expect(r.stderr).toBe(
      `${file}: line 2: echo: write error: Invalid argument\n${file}: line 3: printf: write error: Invalid argument\ntee: /proc/sys/net/ipv4/ip_forward: Invalid argument\n`,
    );
  });

  test('a failing tool meets set -e and the traps of the script, and speaks before it prints', async () => {
    const r = await drywall(
      'run',
      script(`#!/bin/bash
set -e
trap 'echo "line $LINENO, status $?"' ERR
trap 'echo bye' EXIT
f() { iptables -X NOPE; echo "not stopped here"; }
if f; then echo tested; fi
iptables -X NOPE || true
! iptables -C INPUT -j DROP 2>/dev/null
x=$(iptables -X NOPE 2>&1) || echo "caught: $x"
conntrack -I -p udp -s 192.0.2.1 -d 192.0.2.2 --sport 1 --dport 2 -t 100 2>/dev/null
conntrack -D 2>&1 | cut -c 1-20
iptables -X NOPE
echo unreachable
`),
    );
    expect(r.status).toBe(1);
    expect(r.stdout).toBe('not stopped here\ntested\ncaught: iptables: No chain/target/match by that name.\nconntrack v1.4.8 (co\nudp      17 99 src=1\nline 12, status 1\nbye\n');
  });

  test('set -x shows commands as it shows programs', async () => {
    const r = await drywall('run', script('set -x\niptables -N A\necho done\n'));
    expect(r).toEqual({ status: 0, stdout: 'done\n', stderr: '+ iptables -N A\n+ echo done\n' });
  });

  test("the machine's own network is not seen", async () => {
    const r = await drywall('run', script('ls /proc/net/nf_conntrack /proc/net/rt_acct 2>/dev/null; wc -l < /proc/net/nf_conntrack\n'));
    expect(r.stdout).toBe('/proc/net/nf_conntrack\n0\n');
  });

  test('nothing of the machine changes, and what a script wrote is there for the next', async () => {
    const mark = `drywall-test-${process.pid}`;
    const r = await drywall('run', script(`echo "net.ipv4.ip_forward=1" | sudo tee -a /etc/sysctl.d/${mark}.conf; echo here > ${dir}/written; rm -f ${join(root, 'LICENSE')}\n`));
    expect(r).toEqual({ status: 0, stdout: 'net.ipv4.ip_forward=1\n', stderr: '' });
    expect(existsSync(`/etc/sysctl.d/${mark}.conf`)).toBe(false);
    expect(existsSync(join(dir, 'written'))).toBe(false);
    expect(existsSync(join(root, 'LICENSE'))).toBe(true);
    expect((await drywall('run', '--', 'cat', `/etc/sysctl.d/${mark}.conf`)).stdout).toBe('net.ipv4.ip_forward=1\n');
    expect((await drywall('run', '--', 'sysctl', '-p', `/etc/sysctl.d/${mark}.conf`)).stdout).toBe('net.ipv4.ip_forward = 1\n');
  });

  test('tools read what the script wrote, and the script what tools wrote', async () => {
    const r = await drywall(
      'run',
      script(`#!/bin/bash
cat > /etc/nftables-test.conf <<'EOF'
table inet written {
	chain c { tcp dport 22 accept; }
}
EOF
nft -f /etc/nftables-test.conf && nft list tables
iptables -A INPUT -s 192.0.2.1 -j DROP
iptables-save > /tmp/rules.$$ && iptables -F && iptables-restore /tmp/rules.$$ && iptables -S INPUT
netfilter-persistent save >/dev/null; grep -c 192.0.2.1 /etc/iptables/rules.v4
cd /tmp && echo 'table ip relative { }' > here.nft && nft -f here.nft && nft list tables ip
`),
    );
    expect(r).toEqual({ status: 0, stderr: '', stdout: 'table inet written\n-P INPUT ACCEPT\n-A INPUT -s 192.0.2.1/32 -j DROP\n1\ntable ip filter\ntable ip relative\n' });
    expect(existsSync('/etc/nftables-test.conf')).toBe(false);
    expect((await drywall('run', '--', 'cat', '/etc/iptables/rules.v4')).stdout).toContain('-A INPUT -s 192.0.2.1/32 -j DROP');
  });

  test.skipIf(!existsSync('/usr/bin/ps'))('ps finds the processes of the script, other programs the files of the host', async () => {
    const r = await drywall('run', script('#!/bin/bash\nps -o comm= -p $$\ncat /proc/sys/net/ipv4/ip_forward\n'));
    expect(r).toEqual({ status: 0, stdout: 'bash\n0\n', stderr: '' });
  });

  test("sleep moves the host's clock", async () => {
    const r = await drywall('run', script('conntrack -I -p udp -s 192.0.2.1 -d 192.0.2.2 --sport 1 --dport 2 -t 100 2>/dev/null\nsleep 101\nconntrack -C\n'));
    expect(r.stdout).toBe('0\n');
  });

  test('install lines find the packages, services save and load', async () => {
    const r = await drywall(
      'run',
      script(`#!/bin/bash
sudo apt install nftables >/dev/null && sudo dnf install conntrack-tools conntrack-tools-lib >/dev/null && sudo pacman -S iptables 2>/dev/null >/dev/null && apk add --no-cache conntrack-tools >/dev/null && echo installed
iptables -A INPUT -p tcp --dport 22 -j ACCEPT
netfilter-persistent save >/dev/null
iptables -F
systemctl restart netfilter-persistent
iptables -S INPUT
`),
    );
    expect(r).toEqual({ status: 0, stdout: 'installed\n-P INPUT ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n', stderr: '' });
  });

  test('--trace says each command and its status', async () => {
    const r = await drywall('run', '--trace', script('iptables -N A\niptables -N A\n'));
    expect(r.stderr.split('\n').filter((l) => l.startsWith('+'))).toEqual(['+ iptables -N A → 0', '+ iptables -N A → 1']);
  });
});

describe('drywall run --no-isolation', () => {
  test("the kernel's files and the tools' paths are rewritten, other files are the machine's", async () => {
    const file = script(`#!/bin/bash
echo 1 > /proc/sys/net/ipv4/ip_forward; cat /proc/sys/net/ipv4/ip_forward
/sbin/iptables -A INPUT -p tcp --dport 22 -j ACCEPT
echo XARGS | xargs -n 1 /usr/sbin/iptables -N
sh -c 'iptables -N SH'
iptables -S | grep -v -e -P
echo here > ${dir}/written
echo bad > /proc/sys/net/ipv4/ip_forward || echo refused
`);
    const r = await drywall('run', '--no-isolation', file);
    expect(r).toEqual({
      status: 0,
      stdout: '1\n-N SH\n-N XARGS\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\nrefused\n',
      stderr: `${file}: line 8: echo: write error: Invalid argument\n`,
    });
    expect(existsSync(join(dir, 'written'))).toBe(true);
  });
});

describe('drywall run --explain', () => {
  test('a long option with one dash', () => expect(explain(['iptables', '-A', 'FORWARD', '-m', 'conntrack', '-ctstate', 'NEW'], '')).toContain('"--ctstate"'));
  test('an option that swallowed the next', () => expect(explain(['iptables', '-A', 'INPUT', '-s', '-m', 'state'], '')).toContain('"-s" takes an argument'));
  test('a helper object that is not there', () =>
    expect(
      explain(
        ['nft', 'add', 'rule', 'inet', 'firewall', 'forward', 'tcp', 'dport', '21', 'ct', 'helper', 'set', 'ftp'],
        'Error: Could not process rule: No such file or directory',
      ),
    ).toContain('add ct helper inet firewall ftp'));
  test('nothing to add', () => expect(explain(['iptables', '-D', 'INPUT', '1'], 'iptables: Index of deletion too big.')).toBeNull());
});
