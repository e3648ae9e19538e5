import { createLine } from './conntrack-lines.ts';
import type { Choice } from './random.ts';
import type { Step } from './real.ts';

const V4 = ['1.1.1.1', '2.2.2.2', '10.0.0.5'];
const V6 = ['2001:db8::1', 'fd00::3'];

/** A command about expectations, most of them with what it needs. */
function line(c: Choice): string[] {
  const six = c.in(6);
  const address = (): string => c.one(six ? V6 : V4);
  const protocol = c.one(['tcp', 'udp', 'udp', 'tcp', 'sctp', 'dccp', 'gre', 'icmp', 'udplite', '255']);
  const key = protocol === 'gre';
  const port = (): string => c.one(['10', '20', '80', '0', '65535', '65536', 'x']);
  const ports = (what: string): string[] =>
    key
      ? [`--${what === 'orig' ? 'orig-key' : `${what}-key`}-src`, port(), `--${what === 'orig' ? 'orig-key' : `${what}-key`}-dst`, port()]
      : [`--${what === 'orig' ? 'orig-port' : `${what}-port`}-src`, port(), `--${what === 'orig' ? 'orig-port' : `${what}-port`}-dst`, port()];
  const command = c.one(['-I', '-I', '-I', '-D', '-G', '-L', '-F', '-C', '-U', '-S', '-A', '--create', '--delete', '--dump']);
  const parts: string[][] = [];
  const making = command === '-I' || command === '--create' || command === '-A' || command === '-U';
  if (command !== '-L' && command !== '-F' && command !== '-C' && command !== '-S' && command !== '--dump')
    parts.push(['-s', address()], ['-d', address()], ['-p', protocol], ports('orig'));
  if (making)
    parts.push(
      ['-t', c.one(['10', '0', 'x', '1000'])],
      ['--tuple-src', address()],
      ['--tuple-dst', address()],
      ['--mask-src', c.one(['255.255.255.255', '255.0.0.0', 'ffff::'])],
      ['--mask-dst', '255.255.255.255'],
      ports('tuple'),
      ports('mask'),
    );
  if (c.in(4))
    parts.push(
      c.one([
        ['-f', 'ipv6'],
        ['-f', 'ipv4'],
        ['-o', 'xml'],
        ['-o', 'timestamp'],
        ['-o', 'id'],
        ['-m', '1'],
        ['-w', '1'],
        ['-z'],
        ['-r', '1.1.1.1'],
        ['-u', 'ASSURED'],
        ['-e', 'NEW'],
        ['-a', '1'],
        ['-n', '1.1.1.1'],
        ['--label-add', 'x'],
      ]),
    );
  if (c.in(3) && parts.length > 1) parts.splice(c.below(parts.length), 1);
  const at = c.in(6) ? parts.length : 0;
  parts.splice(at, 0, [command, c.one(['expect', 'expect', 'expect', 'exp', 'e'])]);
  return ['conntrack', ...parts.flat()];
}

/** A session about expectations, among connections that have no helper. */
export function expectSession(c: Choice): Step[] {
  const steps: Step[] = Array.from({ length: 1 + c.below(2) }, () => ({ argv: createLine(c, 40) }));
  if (c.in(2)) steps.push({ argv: ['conntrack', '-I', '-s', '1.1.1.1', '-d', '2.2.2.2', '-p', 'tcp', '--sport', '10', '--dport', '20', '--state', 'ESTABLISHED', '-t', '100'] });
  for (let n = 3 + c.below(5); n > 0; n--) steps.push({ argv: line(c) });
  steps.push({ argv: ['conntrack', '-L', 'expect'] }, { argv: ['conntrack', '-S', 'expect'] }, { argv: ['cat', '/proc/net/nf_conntrack_expect'] });
  return steps;
}
