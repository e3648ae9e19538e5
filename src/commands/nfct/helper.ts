import { fail, netlink, NfctError } from './error.ts';

/** Helpers that the tool can set up, by protocol. */
const KNOWN: readonly (readonly [string, 'tcp' | 'udp'])[] = [
  ['amanda', 'udp'],
  ['dhcpv6', 'udp'],
  ['ftp', 'tcp'],
  ['mdns', 'udp'],
  ['rpc', 'tcp'],
  ['rpc', 'udp'],
  ['sane', 'tcp'],
  ['slp', 'udp'],
  ['ssdp', 'udp'],
  ['ssdp', 'tcp'],
  ['tftp', 'udp'],
  ['tns', 'tcp'],
];

/** The subsystem `helper`: this kernel has no user-space helpers, so whatever is well said ends in EINVAL. `word`: the second on the command line. */
export function helper(command: string, word: string, args: readonly string[]): never {
  const layers = (l3: string, l4: string | undefined): void => {
    if (l3 !== 'inet' && l3 !== 'inet6') fail('unknown layer 3 protocol');
    if (l4 !== undefined && l4 !== 'tcp' && l4 !== 'udp') fail('unsupported layer 4 protocol');
  };
  switch (command) {
    case 'add':
    case 'disable':
      if (args.length < 3) throw new NfctError('missing parameters', `syntax: nfct ${command} helper name family protocol`);
      layers(args[1], args[2]);
      if (!KNOWN.some(([n, l4]) => n === args[0] && l4 === args[2])) fail('that helper is not supported');
      return netlink('EINVAL');
    case 'get':
    case 'delete':
      if (args.length < 1) fail('missing helper policy name');
      if (args.length > 3) fail('too many arguments');
      if (args.length > 1) layers(args[1], args[2]);
      return netlink('EINVAL');
    case 'list':
    case 'flush':
      if (args.length > 0) fail('too many arguments');
      return netlink('EINVAL');
    default:
      throw new NfctError(`Unknown command: ${word}`, 'nfct v1.4.8: Missing command\nnfct helper list|add|delete|disable|get|flush [parameters...]');
  }
}
