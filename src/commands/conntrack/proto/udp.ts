import { portProtocol, REPLY_WORDS } from '../protocol-ports.ts';

export const protocol = portProtocol({ name: 'udp', protonum: 17, extra: [], after: [], rules: {}, replyWords: REPLY_WORDS, help: [] });
