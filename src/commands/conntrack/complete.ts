import type { Completer } from '../completer.ts';
import { LONG, TABLES } from './options.ts';

const VALUES: readonly (readonly [options: RegExp, values: readonly string[]])[] = [
  [/^(?:-[LGDIUEFCSA]|--(?:dump|get|delete|create|update|event|flush|counter|stats|add))$/, TABLES],
  [/^(?:-p|--protonum)$/, ['tcp', 'udp', 'udplite', 'icmp', 'icmpv6', 'sctp', 'dccp', 'gre']],
  [/^(?:-f|--family)$/, ['ipv4', 'ipv6']],
  [/^(?:-o|--output)$/, ['extended', 'id', 'xml', 'save', 'timestamp', 'ktimestamp', 'labels', 'userspace']],
  [/^(?:-e|--event-mask)$/, ['ALL', 'NEW', 'UPDATES', 'DESTROY']],
  [/^--state$/, ['SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT', 'CLOSE_WAIT', 'LAST_ACK', 'TIME_WAIT', 'CLOSE']],
];

export const completer: Completer = {
  knows: (name) => name === 'conntrack',
  *complete(before) {
    const last = before.at(-1) ?? '';
    for (const [options, values] of VALUES) if (options.test(last)) yield* values;
    yield* LONG.map((o) => `--${o.name}`);
    if (before.includes('tcp')) yield '--state';
    yield* ['--sport', '--dport', '--reply-port-src', '--reply-port-dst'];
  },
};
