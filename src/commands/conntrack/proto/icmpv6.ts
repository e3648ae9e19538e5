import { icmpProtocol } from '../protocol-icmp.ts';

export const protocol = icmpProtocol('icmpv6', 58);
