import { icmpProtocol } from '../protocol-icmp.ts';

export const protocol = icmpProtocol('icmp', 1);
