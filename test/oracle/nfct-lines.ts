import type { Choice } from './random.ts';
import type { Step } from './real.ts';

const COMMANDS = ['list', 'add', 'delete', 'get', 'flush', 'disable', 'default-set', 'default-get', 'add', 'add', 'get', 'default-get', 'default-set'];
const ODD_COMMANDS = ['li', 'd', 'de', 'a', 'foo', '', 'default', 'ADD', 'update', 'default-', 'g', 'f', 'lists'];
const SUBSYSTEMS = ['timeout', 'timeout', 'timeout', 'timeout', 'helper'];
const ODD_SUBSYSTEMS = ['t', 'time', 'foo', '', 'h', 'Timeout', 'timeouts'];
const NAMES = ['a', 'b', 'policy-1', 'x'.repeat(31), 'x'.repeat(32), 'y'.repeat(40), '', 'ftp'];
const FAMILIES = ['inet', 'inet', 'inet6'];
const ODD_FAMILIES = ['ip', 'ipv4', 'inet4', '', 'INET'];
const STATES: Readonly<Record<string, readonly string[]>> = {
  tcp: [
    'SYN_SENT',
    'syn_recv',
    'ESTABLISHED',
    'established',
    'FIN_WAIT',
    'CLOSE_WAIT',
    'LAST_ACK',
    'TIME_WAIT',
    'CLOSE',
    'SYN_SENT2',
    'RETRANS',
    'UNACKNOWLEDGED',
    'UNACK',
    'LISTEN',
  ],
  udp: ['UNREPLIED', 'REPLIED', 'replied', 'unreplied'],
  udplite: ['UNREPLIED', 'REPLIED'],
  sctp: ['CLOSED', 'COOKIE_WAIT', 'COOKIE_ECHOED', 'ESTABLISHED', 'SHUTDOWN_SENT', 'SHUTDOWN_RECD', 'SHUTDOWN_ACK_SENT', 'HEARTBEAT_SENT', 'HEARTBEAT_ACKED'],
  dccp: ['REQUEST', 'RESPOND', 'PARTOPEN', 'OPEN', 'CLOSEREQ', 'CLOSING', 'TIMEWAIT'],
  icmp: ['TIMEOUT', 'timeout'],
  icmpv6: ['TIMEOUT'],
  gre: ['UNREPLIED', 'REPLIED'],
  generic: ['TIMEOUT'],
};
const ODD_PROTOCOLS = ['TCP', 'foo', '', '6', 'icmp6', 'Generic', 'esp', 'UDP'];
const VALUES = ['1', '10', '100', '600', '432000', '0', '-1', 'x', '4294967295', '4294967296', '17179869', '17179870', '0x10', '', ' 5', '5s', '99999999999999999999'];
const HELPERS = ['ftp', 'tftp', 'rpc', 'dhcpv6', 'mdns', 'sane', 'amanda', 'foo', '', 'tns', 'slp', 'ssdp'];

const pick = (c: Choice, usual: readonly string[], odd: readonly string[], rare: number): string => (c.in(rare) ? c.one(odd) : c.one(usual));

function line(c: Choice): string[] {
  const rare = c.one([8, 25]);
  const command = pick(c, COMMANDS, ODD_COMMANDS, rare),
    subsystem = pick(c, SUBSYSTEMS, ODD_SUBSYSTEMS, rare);
  const words = c.in(6) ? [subsystem, command] : [command, subsystem];
  const family = pick(c, FAMILIES, ODD_FAMILIES, rare),
    protocol = pick(c, Object.keys(STATES), ODD_PROTOCOLS, rare);
  const values: string[] = [];
  const states = STATES[protocol.toLowerCase()] ?? ['TIMEOUT'];
  for (let n = c.below(4); n > 0; n--) values.push(pick(c, states, ['foo', '', 'REPLIED', 'ESTABLISHED'], rare), c.in(2) ? c.one(['10', '100', '600']) : c.one(VALUES));
  if (c.in(rare)) values.pop();
  if (subsystem === 'helper')
    words.push(...[c.one(HELPERS), family, c.one(['tcp', 'udp', 'tcp', 'udp', 'sctp', '']), ...(c.in(9) ? ['extra'] : [])].slice(0, c.in(3) ? c.below(5) : 3));
  else if (command === 'add') words.push(c.one(NAMES), family, protocol, ...values);
  else if (command === 'get' || command === 'delete') words.push(c.one(NAMES));
  else if (command === 'default-set') words.push(family, protocol, ...values);
  else if (command === 'default-get') words.push(family, protocol);
  if (c.in(rare)) words.push('extra');
  if (c.in(rare)) words.length = Math.max(0, words.length - 1 - c.below(2));
  return ['nfct', ...words];
}

/** A session of nfct: policies and defaults, then what they have become. */
export function nfctSession(c: Choice): Step[] {
  const steps: Step[] = Array.from({ length: 3 + c.below(5) }, () => ({ argv: line(c) }));
  steps.push({ argv: ['nfct', 'list', 'timeout'] }, { argv: ['nfct', 'default-get', 'timeout', 'inet', c.one(Object.keys(STATES))] });
  steps.push({ argv: ['sysctl', '-a', '-r', 'nf_conntrack_.*_timeout'] });
  return steps;
}
