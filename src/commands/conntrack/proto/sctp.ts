import { parameter } from '../error.ts';
import { atoi } from '../protocol.ts';
import { portProtocol, REPLY_WORDS } from '../protocol-ports.ts';

export const SCTP_STATES = ['NONE', 'CLOSED', 'COOKIE_WAIT', 'COOKIE_ECHOED', 'ESTABLISHED', 'SHUTDOWN_SENT', 'SHUTDOWN_RECD', 'SHUTDOWN_ACK_SENT', 'HEARTBEAT_SENT'];

export const protocol = portProtocol({
  name: 'sctp',
  protonum: 132,
  extra: ['state'],
  after: ['orig-vtag', 'reply-vtag'],
  replyWords: REPLY_WORDS,
  rules: { list: ['?', '..'], create: ['!', '!!'], add: ['!', '!!'], update: ['?', '??'], delete: ['?', '..'], get: ['?', '??'], event: ['?', '..'], expCreate: ['.', '!!'] },
  help: ['--state\t\t\tSCTP state, fe. ESTABLISHED', '--orig-vtag\t\toriginal verification tag', '--reply-vtag\t\treply verification tag'],
  parse(name, value, { ct }) {
    if (name === 'orig-vtag') ct.vtagOrig = atoi(value) >>> 0;
    else if (name === 'reply-vtag') ct.vtagRepl = atoi(value) >>> 0;
    else {
      const state = SCTP_STATES.indexOf(value);
      if (state < 0) throw parameter(`Unknown SCTP state \`${value}'`);
      ct.sctpState = state;
    }
  },
  save: (ct) => [
    ['--state', ct.sctpState === undefined ? undefined : SCTP_STATES[ct.sctpState]],
    ['--orig-vtag', ct.vtagOrig],
    ['--reply-vtag', ct.vtagRepl],
  ],
});
