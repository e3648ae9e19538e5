import type { Choice } from '../../../random.ts';
import { type End, farOf, Flow, type Stage } from './stage.ts';
import { mutate } from './mutate.ts';

const host = (a: string): string => (a.includes(':') ? `[${a}]` : a);

/** What the two ends of a dialog say: addresses as the speaker sees them. */
interface Speaker {
  readonly me: string;
  readonly myPort: number;
  readonly other: string;
  readonly otherPort: number;
  readonly tcp: boolean;
}
const speaker = (e: End, tcp: boolean): Speaker => ({ me: e.src, myPort: e.sport, other: e.dst, otherPort: e.dport, tcp });

function sdp(c: Choice, s: Speaker): string {
  const kind = s.me.includes(':') ? 'IN IP6' : 'IN IP4';
  const where = c.in(10) ? s.other : s.me;
  const session = !c.in(4);
  const lines = ['v=0', `o=- ${c.below(1000)} 1 ${kind} ${s.me}`, 's=-', ...(session ? [`c=${kind} ${where}`] : []), 't=0 0'];
  for (let i = c.in(10) ? 0 : 1 + c.below(3); i > 0; i--) {
    const port = c.in(8) ? c.one([0, 1, 80, 1023, 70000]) : c.one([4000, 4001, 4002, 4004, 4006, 65534, 65535, 10000]);
    lines.push(`m=${c.one(['audio', 'audio', 'video', 'image', 'application', 'Audio'])} ${port} RTP/AVP ${c.one(['0', '0 8 101'])}`);
    if (!session || c.in(4)) lines.push(`c=${kind} ${c.in(8) ? s.other : s.me}${c.in(10) ? '/127' : ''}`);
    if (c.in(2)) lines.push('a=rtpmap:0 PCMU/8000', 'a=sendrecv');
    if (c.in(8)) lines.push(`a=rtcp:${port + 1} ${kind} ${s.me}`);
  }
  return `${lines.join('\r\n')}\r\n`;
}

const HEADER_FORMS: readonly (readonly [string, string])[] = [
  ['Via', 'v'],
  ['From', 'f'],
  ['To', 't'],
  ['Contact', 'm'],
  ['Call-ID', 'i'],
  ['Content-Length', 'l'],
];

function assemble(c: Choice, first: string, headers: readonly (readonly [string, string])[], body: string): string {
  const compact = c.in(6);
  const colon = c.in(12) ? c.one([' : ', ':', ':  ', '\t: ', ':\r\n ']) : ': ';
  const named = headers.map(([n, v]) => `${(compact && HEADER_FORMS.find(([long]) => long === n)?.[1]) || n}${colon}${v}`);
  return `${[first, ...named].join('\r\n')}\r\n\r\n${body}`;
}

function via(c: Choice, s: Speaker): string {
  const parameters = [`branch=z9hG4bK${c.below(999)}`];
  if (c.in(4))
    parameters.push(c.one(['rport', `rport=${s.myPort}`, `rport=${s.otherPort}`, `received=${s.me}`, `received=${s.other}`, `maddr=${host(s.me)}`, `maddr=${host(s.other)}`]));
  return `SIP/2.0/${s.tcp ? 'TCP' : 'UDP'} ${host(s.me)}${c.in(4) ? '' : `:${c.in(8) ? 5060 : s.myPort}`};${c.some(parameters, 3).join(';')}`;
}
const contact = (c: Choice, s: Speaker): string => {
  const uri = `sip:${c.in(6) ? '' : 'alice@'}${c.in(12) ? 'phone.example' : host(c.in(12) ? s.other : s.me)}${c.in(4) ? '' : `:${c.in(6) ? c.one([0, 1, 80, 1023, 5061, 6000, 70000]) : s.myPort}`}`;
  const parameters = c.in(4) ? `;transport=${c.one(['udp', 'tcp', 'UDP', 'tls'])}` : '';
  return `${c.in(4) ? '"Alice" ' : ''}<${uri}${parameters}>${c.in(3) ? `;expires=${c.one([0, 60, 3600, 5])}` : ''}`;
};
const contacts = (c: Choice, s: Speaker): string => (c.in(6) ? `${contact(c, s)}${c.one([', ', ','])}${contact(c, s)}` : contact(c, s));

interface Call {
  readonly method: string;
  readonly cseq: number;
  readonly id: string;
}

function request(c: Choice, s: Speaker, k: Call): string {
  const body = k.method === 'REGISTER' || k.method === 'BYE' || c.in(6) ? '' : sdp(c, s);
  const target = k.method === 'REGISTER' ? `sip:${host(s.other)}` : `sip:bob@${host(s.other)}${c.in(3) ? '' : `:${s.otherPort}`}`;
  const headers: [string, string][] = [
    ['Via', via(c, s)],
    ...(c.in(5) ? ([['Via', `SIP/2.0/UDP ${host(s.other)}:5060`]] as [string, string][]) : []),
    ['From', `<sip:alice@${host(s.me)}${c.in(3) ? `:${s.myPort}` : ''}>;tag=1`],
    ['To', `${c.in(4) ? 'Bob ' : ''}<sip:bob@${host(s.other)}${c.in(3) ? `:${s.otherPort}` : ''}>`],
    ['Call-ID', k.id],
    ['CSeq', `${k.cseq} ${k.method}`],
    ...(c.in(8) ? [] : ([['Contact', contacts(c, s)]] as [string, string][])),
    ...(k.method === 'REGISTER' && !c.in(3) ? ([['Expires', String(c.one([3600, 60, 0]))]] as [string, string][]) : []),
    ...(c.in(12) ? [] : ([['Content-Length', String(body.length)]] as [string, string][])),
  ];
  return assemble(c, `${k.method} ${target} SIP/2.0`, headers, body);
}

/** An answer to a request that reached `s`; `asked` is that text. */
function response(c: Choice, s: Speaker, k: Call, asked: string): string {
  const header = (name: string): string => new RegExp(`^${name}: (.*?)\\r?$`, 'im').exec(asked)?.[1] ?? '';
  const code = c.one(['200 OK', '200 OK', '200 OK', '100 Trying', '180 Ringing', '183 Progress', '401 Unauthorized', '486 Busy', '302 Moved', '999 x']);
  const body = k.method === 'REGISTER' || k.method === 'BYE' || c.in(4) ? '' : sdp(c, s);
  const theirs = header('Contact');
  const headers: [string, string][] = [
    ['Via', header('Via') || via(c, s)],
    ['From', header('From')],
    ['To', header('To')],
    ['Call-ID', k.id],
    ['CSeq', `${c.in(12) ? k.cseq + 1 : k.cseq} ${k.method}`],
    ['Contact', k.method === 'REGISTER' && theirs ? theirs : contacts(c, s)],
    ...(k.method === 'REGISTER' && c.in(2) ? ([['Expires', String(c.one([3600, 60, 0]))]] as [string, string][]) : []),
    ...(c.in(12) ? [] : ([['Content-Length', String(body.length)]] as [string, string][])),
  ];
  return assemble(c, `SIP/2.0 ${code}`, headers, body);
}

const METHODS = ['REGISTER', 'REGISTER', 'INVITE', 'INVITE', 'INVITE', 'UPDATE', 'PRACK', 'ACK', 'BYE', 'OPTIONS', 'CANCEL'];

export async function sipDialog(s: Stage, near: End): Promise<void> {
  const { c } = s;
  const tcp = c.in(3);
  const flow = tcp ? new Flow(s, near) : null;
  let far: End | null = null;
  if (flow && !(await flow.open())) return;
  if (flow) far = flow.far;
  let said = '';
  const say = async (side: 0 | 1, text: string): Promise<void> => {
    said = text;
    if (flow) await flow.say(side, text);
    else {
      const e = side === 0 ? near : far;
      if (!e) return;
      const outs = await s.udp(e, text);
      if (side === 0) far ??= farOf(outs, near);
      const there = outs.find((o) => o.iface !== e.iface)?.packet;
      if (there && there.length > 48) said = there.toString('latin1', e.src.includes(':') ? 48 : 28);
    }
  };
  let cseq = 1 + c.below(5);
  for (let turn = 1 + c.below(4); turn > 0; turn--) {
    const k: Call = { method: c.one(METHODS), cseq: cseq++, id: `${c.below(999)}@${near.src}` };
    const side = far && c.in(4) ? 1 : 0;
    const asker = (side === 0 ? near : far) ?? near;
    const text = mutate(c, request(c, speaker(asker, tcp), k), 5);
    await say(side, tcp && c.in(5) ? text + request(c, speaker(asker, tcp), { ...k, method: 'OPTIONS' }) : text);
    if (c.in(2)) await s.expectations();
    const answerer: End | null = side === 0 ? far : near;
    if (answerer && k.method !== 'ACK' && !c.in(4)) {
      await say(side === 0 ? 1 : 0, mutate(c, response(c, speaker(answerer, tcp), k, said), 6));
      if (c.in(8) && flow) await flow.again();
    }
    if (c.in(2)) await s.follow();
  }
}
