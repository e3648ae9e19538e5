import { parameter } from '../error.ts';
import { portProtocol, REPLY_WORDS } from '../protocol-ports.ts';

export const TCP_STATES = ['NONE', 'SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT', 'CLOSE_WAIT', 'LAST_ACK', 'TIME_WAIT', 'CLOSE', 'SYN_SENT2'];

export const protocol = portProtocol({
  name: 'tcp',
  protonum: 6,
  extra: ['state'],
  after: [],
  replyWords: REPLY_WORDS,
  rules: { list: ['?', ''], create: ['!', ''], add: ['!', ''], update: ['?', ''], delete: ['?', ''], get: ['?', ''], event: ['?', ''] },
  help: ['--state\t\t\tTCP state, fe. ESTABLISHED'],
  parse(_name, value, { ct }) {
    // LISTEN is the old word of the same number.
    const state = value === 'LISTEN' ? 9 : TCP_STATES.indexOf(value);
    if (state < 0) throw parameter(`unknown TCP state \`${value}'`);
    ct.tcpState = state;
  },
  save: (ct) => [['--state', ct.tcpState === undefined ? undefined : TCP_STATES[ct.tcpState]]],
});
