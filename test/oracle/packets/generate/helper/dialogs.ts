import { be16, be32, bytes } from '../../frames.ts';
import { type End, farOf, Flow, type Stage } from './stage.ts';
import { mutate, mutateBytes } from './mutate.ts';
import { call, registration } from './h323.ts';
import { sipDialog } from './sip.ts';

const comma = (a: string, port: number): string => `${a.split('.').join(',')},${port >> 8},${port & 255}`;
const dotted = (a: string): number => a.split('.').reduce((n, x) => n * 256 + Number(x), 0);

async function ftp(s: Stage, near: End): Promise<void> {
  const { c } = s;
  const flow = new Flow(s, near);
  if (!(await flow.open()) || !flow.far) return;
  const far = flow.far;
  if (!c.in(4)) await flow.say(1, '220 ready\r\n');
  for (let i = 1 + c.below(4); i > 0; i--) {
    const port = c.one([2000 + c.below(4), 2000 + c.below(4), 5001, 1023, 21, 0]);
    const kind = near.src.includes(':') ? 10 : 4;
    const me = c.in(8) ? c.one([near.dst, '10.0.0.3', 'fd00:a::3']) : near.src;
    const server = c.in(8) ? '10.0.0.3' : far.src;
    const lines: (readonly [0 | 1, string])[] = [
      [0, 'USER anonymous\r\n'],
      [1, '331 go on\r\n'],
      [0, `EPRT |${kind === 4 ? 1 : 2}|${me}|${port}|\r\n`],
      [0, `eprt !${kind === 4 ? 1 : 2}!${me}!${port}!\r\n`],
      [0, `PORT ${comma(kind === 4 ? me : '1.2.3.4', port)}\r\n`],
      [0, `PORT  ${comma(kind === 4 ? me : '1.2.3.4', port)} \r\n`],
      [0, `port ${comma(kind === 4 ? me : '1.2.3.4', port)}\r\n`],
      [1, `227 Entering Passive Mode (${comma(server.includes(':') ? '1.2.3.4' : server, port)}).\r\n`],
      [1, `227 =${comma(server.includes(':') ? '1.2.3.4' : server, port)}\r\n`],
      [1, `229 Entering Extended Passive Mode (|||${port}|)\r\n`],
      [1, `229 (!!!${port}!)\r\n`],
      [0, `PORT ${comma(kind === 4 ? me : '1.2.3.4', port)}\r\nLIST\r\n`],
      [0, `NOOP\r\nPORT ${comma(kind === 4 ? me : '1.2.3.4', port)}\r\n`],
      [1, `150 a\r\n227 (${comma(kind === 4 ? server : '1.2.3.4', port)})\r\n`],
    ];
    const [side, text] = c.one(lines);
    await flow.say(side, mutate(c, text, 5));
    if (c.in(2)) await s.follow();
    if (c.in(3)) await flow.say(c.below(2) as 0 | 1, c.one(['200 ok\r\n', 'LIST\r\n', 'x']));
  }
  if (c.in(3)) await flow.close();
}

async function irc(s: Stage, near: End): Promise<void> {
  const { c } = s;
  const flow = new Flow(s, near);
  if (!(await flow.open())) return;
  for (let i = 1 + c.below(4); i > 0; i--) {
    const ip = c.in(8) ? c.one([dotted('10.0.0.3'), 0, 4294967296]) : c.in(5) ? dotted(near.dst) : dotted(near.src);
    const port = c.one([4000, 4001, 1024, 80, 0, 70000]);
    const text = c.one([
      `PRIVMSG bob :\x01DCC SEND file.txt ${ip} ${port} 1234\x01\r\n`,
      `PRIVMSG bob :\x01DCC CHAT chat ${ip} ${port}\x01\r\n`,
      `PRIVMSG bob :\x01DCC MOVE x ${ip} ${port}\x01\n`,
      `PRIVMSG bob :\x01DCC TSEND x ${ip} ${port}\x01\r\n`,
      `PRIVMSG bob :\x01DCC SCHAT x ${ip}  ${port}\x01\r\n`,
      `privmsg bob :\x01DCC SEND file.txt ${ip} ${port} 1234\x01\r\n`,
      `\r\n PRIVMSG bob :\x01DCC SEND file.txt ${ip} ${port} 1234\x01\r\n`,
      `NICK a\r\nPRIVMSG bob :\x01DCC SEND file.txt ${ip} ${port} 1234\x01\r\n`,
      `NOTICE bob :\x01DCC SEND f ${ip} ${port} 1234567890\x01\r\n`,
      `PRIVMSG bob :hello\r\n`,
      `PRIVMSG bob :\x01DCC SEND "a b" ${ip} ${port} 1\x01 and \x01DCC SEND b ${ip} ${port + 1} 1\x01\r\n`,
    ]);
    await flow.say(c.in(6) ? 1 : 0, mutate(c, text, 5));
    if (c.in(2)) await s.follow();
  }
}

async function tftp(s: Stage, near: End): Promise<void> {
  const { c } = s;
  for (let i = 1 + c.below(3); i > 0; i--) {
    const data = bytes(be16(c.one([1, 1, 2, 3, 5])), 'file.bin', 0, 'octet', 0);
    const out = await s.udp(near, mutateBytes(c, data, 6));
    const far = farOf(out, near);
    if (c.in(2)) await s.follow();
    if (far && c.in(3)) await s.udp(far, bytes(be16(c.one([1, 5])), 'file.bin', 0));
  }
}

async function amanda(s: Stage, near: End): Promise<void> {
  const { c } = s;
  const far = farOf(await s.udp(near, 'Amanda 2.4 REQ HANDLE 000-65637373 SEQ 954568800\nSERVICE sendbackup\n'), near);
  if (!far) return;
  for (let i = 1 + c.below(2); i > 0; i--) {
    const words = c.some(['DATA', 'MESG', 'INDEX', 'STATE', 'X'], 4).map((w) => `${w} ${c.one([5001, 5002, 50000, 80, 0, 123456])}`);
    const text = c.one([
      `Amanda 2.4 REP HANDLE 000-1 SEQ 9\nCONNECT ${words.join(' ')}\nOPTIONS ;\n`,
      `CONNECT ${words.join(' ')} \n`,
      `x CONNECT ${words.join(' ')}`,
      `CONNECT\nDATA 5001\n`,
    ]);
    await s.udp(c.in(6) ? near : far, mutate(c, text, 5));
    if (c.in(2)) await s.follow();
  }
}

function pptpMessage(type: number, body: Uint8Array): Buffer {
  return bytes(be16(12 + body.length, 1), be32(0x1a2b3c4d), be16(type, 0), body);
}

async function pptp(s: Stage, near: End): Promise<void> {
  const { c } = s;
  const flow = new Flow(s, near);
  if (!(await flow.open())) return;
  const mine = c.one([1, 2, 100, 0]);
  const theirs = c.one([1, 7, 300]);
  const say = (side: 0 | 1, type: number, body: Uint8Array): Promise<void> => flow.say(side, mutateBytes(c, pptpMessage(type, body), 12).toString('latin1'));
  const start = (): Buffer => bytes(be16(0x100), c.in(8) ? 2 : 1, 0, be32(3, 3), be16(0, 1), Buffer.alloc(128));
  const plan: (() => Promise<void>)[] = [
    () => say(0, 1, start()),
    () => say(1, 2, start()),
    ...(c.in(4)
      ? [
          () => say(1, 9, bytes(be16(theirs, 1), be32(0, 0), be16(0, 0), Buffer.alloc(196))),
          () => say(0, 10, bytes(be16(mine, theirs), c.in(6) ? 2 : 1, 0, be16(64, 0), be32(0))),
          () => say(1, 11, bytes(be16(mine, 0), be32(56000), be16(64, 0), be32(0))),
        ]
      : [
          () => say(0, 7, bytes(be16(mine, 1), be32(300, 100000, 3, 3), be16(64, 0, 0, 0), Buffer.alloc(128))),
          () => say(1, 8, bytes(be16(theirs, c.in(8) ? mine + 1 : mine), c.in(6) ? 2 : 1, 0, be16(0), be32(56000), be16(64, 0), be32(0))),
        ]),
  ];
  for (const step of plan) if (!c.in(12)) await step();
  if (!c.in(4)) await s.follow();
  if (c.in(2)) await say(c.in(2) ? 1 : 0, 15, bytes(be16(theirs, 0), be32(0xffffffff, 0xffffffff)));
  if (c.in(3)) await s.follow();
  if (c.in(3)) await say(0, 12, be16(mine, 0));
  if (c.in(3)) await say(1, 13, bytes(be16(theirs), 1, 0, be16(0, 0), Buffer.alloc(128)));
  if (c.in(4)) await say(0, 3, bytes(1, 0, be16(0)));
  if (c.in(4)) await flow.close();
  if (c.in(4)) await s.command('conntrack -D -p tcp');
}

async function sane(s: Stage, near: End): Promise<void> {
  const { c } = s;
  const flow = new Flow(s, near);
  if (!(await flow.open())) return;
  for (let i = 1 + c.below(3); i > 0; i--) {
    await flow.say(0, mutateBytes(c, bytes(be32(c.in(5) ? 3 : 7, 0)), 10).toString('latin1'));
    await flow.say(1, mutateBytes(c, bytes(be32(c.in(8) ? 1 : 0), be16(c.in(8) ? 1 : 0, c.one([6000, 6001, 80])), c.in(3) ? Buffer.alloc(8) : ''), 10).toString('latin1'));
    if (c.in(2)) await s.follow();
  }
}

async function broadcast(s: Stage, near: End): Promise<void> {
  const { c } = s;
  const e: End = c.in(4)
    ? near
    : { iface: null, src: '192.168.1.1', dst: c.one(['192.168.1.255', '192.168.1.255', '255.255.255.255', '192.168.1.10']), sport: c.one([near.dport, 3000]), dport: near.dport };
  await s.udp(e, 'who');
  if (c.in(2)) await s.expectations();
  for (const who of ['192.168.1.10', '192.168.1.20', '172.16.0.10'])
    if (c.in(2)) await s.udp({ iface: who.startsWith('172') ? 'eth2' : 'eth1', src: who, dst: '192.168.1.1', sport: near.dport, dport: e.sport }, 'me');
}

/** BER, lengths below 128 in the short form, now and then in the long one. */
const ber = (c: Stage['c'], tag: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  return body.length > 127 || c.in(30) ? bytes(tag, 0x82, be16(body.length), body) : bytes(tag, body.length, body);
};

async function snmp(s: Stage, near: End): Promise<void> {
  const { c } = s;
  const ip = (a: string): Buffer => Buffer.from(a.includes('.') ? a.split('.').map(Number) : [1, 2, 3, 4]);
  const oid = ber(c, 6, Buffer.from([0x2b, 6, 1, 2, 1, 1]));
  const address = (e: End): Buffer => ber(c, 0x40, ip(c.one([e.src, e.src, e.dst, '192.168.1.10', '10.0.0.1', '10.0.0.3'])));
  const value = (e: End): Buffer =>
    c.one([
      () => address(e),
      () => address(e),
      () => ber(c, 2, Buffer.from([5])),
      () => ber(c, 4, Buffer.from('text')),
      () => ber(c, 6, Buffer.from([0x2b, 1])),
      () => ber(c, 0x41, Buffer.from([1])),
      () => ber(c, 0x43, Buffer.from([1])),
      () => ber(c, 0x46, Buffer.from([1])),
      () => ber(c, 0x44, Buffer.from([1])),
      () => ber(c, 5),
      () => ber(c, 0x80),
      () => ber(c, 0x42, Buffer.from([1])),
    ])();
  const binds = (e: End): Buffer => ber(c, 0x30, ...Array.from({ length: c.below(4) }, () => ber(c, 0x30, oid, value(e))));
  const int = (n: number): Buffer => ber(c, 2, Buffer.from([n]));
  const pdu = (e: End, tag: number): Buffer =>
    tag === 0xa4 ? ber(c, tag, oid, address(e), int(0), int(0), ber(c, 0x43, Buffer.from([9])), binds(e)) : ber(c, tag, int(1), int(0), int(0), binds(e));
  const message = (e: End, tag: number): Buffer => ber(c, 0x30, int(c.in(10) ? 3 : c.below(2)), ber(c, 4, Buffer.from('public')), pdu(e, tag));
  let far: End | null = null;
  for (let i = 1 + c.below(3); i > 0; i--) {
    const e = far && c.in(2) ? far : near;
    const out = await s.udp(e, mutateBytes(c, message(e, c.one(e === near ? [0xa0, 0xa1, 0xa4, 0xa7, 0xa6, 0xa5, 0xa3] : [0xa2, 0xa2, 0xa2, 0xa8])), 6));
    far ??= farOf(out, near);
  }
}

export interface Kind {
  /** The helper's name in rules. */
  readonly name: string;
  readonly proto: 'tcp' | 'udp';
  readonly port: number;
  readonly six: boolean;
  readonly weight: number;
  readonly play: (s: Stage, near: End) => Promise<void>;
}

/** Dialogs of a helper; SIP's chooses its own protocol. */
export const KINDS: readonly Kind[] = [
  { name: 'ftp', proto: 'tcp', port: 21, six: true, weight: 5, play: ftp },
  { name: 'irc', proto: 'tcp', port: 6667, six: false, weight: 3, play: irc },
  { name: 'tftp', proto: 'udp', port: 69, six: true, weight: 2, play: tftp },
  { name: 'amanda', proto: 'udp', port: 10080, six: true, weight: 2, play: amanda },
  { name: 'pptp', proto: 'tcp', port: 1723, six: false, weight: 3, play: pptp },
  { name: 'sane', proto: 'tcp', port: 6566, six: true, weight: 1, play: sane },
  { name: 'netbios-ns', proto: 'udp', port: 137, six: false, weight: 1, play: broadcast },
  { name: 'snmp', proto: 'udp', port: 161, six: false, weight: 2, play: (s, e) => (s.c.in(3) ? broadcast(s, e) : snmp(s, e)) },
  { name: 'snmp_trap', proto: 'udp', port: 162, six: false, weight: 1, play: snmp },
  { name: 'sip', proto: 'udp', port: 5060, six: true, weight: 8, play: sipDialog },
  { name: 'Q.931', proto: 'tcp', port: 1720, six: true, weight: 4, play: call },
  { name: 'RAS', proto: 'udp', port: 1719, six: true, weight: 4, play: registration },
];
