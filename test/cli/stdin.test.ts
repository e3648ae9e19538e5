import { describe, expect, test } from 'vitest';
import { prelude, core } from '../../src/host/run/prelude.ts';

/** The expression that bash is given, as a JavaScript one: both read these the same way. */
const reads = new RegExp(/__dw_reads='(.*)'/.exec(core())?.[1] ?? 'nothing');

describe('who is given standard input', () => {
  test.each([
    'iptables-restore',
    'iptables-restore -n',
    'ip6tables-restore -w 5 -T nat',
    'iptables-nft-restore --noflush',
    'ebtables-restore',
    'nft -f -',
    'nft -c -f /dev/stdin',
    'nft -cf -',
    'nft -i',
    'ipset restore',
    'ipset restore -!',
    'sysctl -p -',
    'conntrack -R -',
  ])('%s', (line) => expect(reads.test(line)).toBe(true));
  test.each([
    'iptables-restore /etc/rules',
    'iptables -A INPUT -p tcp',
    'iptables-save',
    'nft -f /etc/nftables.conf',
    'nft list ruleset',
    'nft add rule ip t c iif lo',
    'ipset restore -f file',
    'ipset list',
    'sysctl -p',
    'sysctl -p /etc/sysctl.conf',
    'conntrack -L',
  ])('not %s', (line) => expect(reads.test(line)).toBe(false));
  test('each tool is a function under each folder', () => expect(prelude(['nft'], ['/sbin'])).toMatch(/^function \/sbin\/nft \{ .*__dw_call 'nft' "\$@" \|\| return; \}$/m));
});
