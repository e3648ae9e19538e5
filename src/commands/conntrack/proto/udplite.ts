import { portProtocol, REPLY_WORDS } from '../protocol-ports.ts';

export const protocol = portProtocol({ name: 'udplite', protonum: 136, extra: [], after: [], rules: {}, replyWords: REPLY_WORDS, help: [] });
