import { parameter } from '../error.ts';
import { portProtocol } from '../protocol-ports.ts';

export const DCCP_STATES = ['NONE', 'REQUEST', 'RESPOND', 'PARTOPEN', 'OPEN', 'CLOSEREQ', 'CLOSING', 'TIMEWAIT', 'IGNORE', 'INVALID'];
const ROLES = ['client', 'server'];

export const protocol = portProtocol({
  name: 'dccp',
  protonum: 33,
  extra: ['state'],
  after: ['role'],
  replyWords: "`--reply-port-src' and `--report-port-dst'",
  rules: { list: ['?', '.'], create: ['!', '!'], add: ['!', '!'], update: ['?', '.'], delete: ['?', '.'], get: ['?', '.'], event: ['?', '.'], expCreate: ['.', '!'] },
  help: ['--state\t\t\tDCCP state, fe. RESPOND'],
  parse(name, value, { ct }) {
    if (name === 'role') {
      const role = ROLES.findIndex((r) => r.startsWith(value.toLowerCase()));
      if (role < 0) throw parameter(`Unknown DCCP role \`${value}'`);
      ct.dccpRole = role;
      return;
    }
    const state = DCCP_STATES.indexOf(value);
    if (state < 0) throw parameter(`Unknown DCCP state \`${value}'`);
    ct.dccpState = state;
  },
  save: (ct) => [
    ['--state', ct.dccpState === undefined ? undefined : DCCP_STATES[ct.dccpState]],
    ['--role', ct.dccpRole === undefined ? undefined : ROLES[ct.dccpRole]],
  ],
});
