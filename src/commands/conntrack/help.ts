import type { ProtoHandler } from './protocol.ts';
import { unknownProtocol } from './protocols.ts';
import { VERSION } from './error.ts';

const section = (title: string, rows: readonly string[]): string => `\n${title}\n${rows.map((r) => `  ${r}\n`).join('')}`;

const COMMANDS = [
  '-L [table] [options]\t\tList conntrack or expectation table',
  '-G [table] parameters\t\tGet conntrack or expectation',
  '-D [table] parameters\t\tDelete conntrack or expectation',
  '-I [table] parameters\t\tCreate a conntrack or expectation',
  '-U [table] parameters\t\tUpdate a conntrack',
  '-E [table] [options]\t\tShow events',
  '-F [table]\t\t\tFlush table',
  '-C [table]\t\t\tShow counter',
  '-S\t\t\t\tShow statistics',
];
const CONNTRACK = [
  '-n, --src-nat ip\t\t\tsource NAT ip',
  '-g, --dst-nat ip\t\t\tdestination NAT ip',
  '-j, --any-nat ip\t\t\tsource or destination NAT ip',
  '-m, --mark mark\t\t\tSet mark',
  '-c, --secmark secmark\t\t\tSet selinux secmark',
  '-e, --event-mask eventmask\t\tEvent mask, eg. NEW,DESTROY',
  '-z, --zero \t\t\t\tZero counters while listing',
  '-o, --output type[,...]\t\tOutput format, eg. xml',
  '-l, --label label[,...]\t\tconntrack labels',
];
const EXPECTATION = ['--tuple-src ip\tSource address in expect tuple', '--tuple-dst ip\tDestination address in expect tuple'];
const UPDATE = ['--label-add label\tAdd label', '--label-del label\tDelete label'];
const COMMON = [
  '-s, --src, --orig-src ip\t\tSource address from original direction',
  '-d, --dst, --orig-dst ip\t\tDestination address from original direction',
  '-r, --reply-src ip\t\tSource address from reply direction',
  '-q, --reply-dst ip\t\tDestination address from reply direction',
  "-p, --protonum proto\t\tLayer 4 Protocol, eg. 'tcp'",
  "-f, --family proto\t\tLayer 3 Protocol, eg. 'ipv6'",
  '-t, --timeout timeout\t\tSet timeout',
  '-u, --status status\t\tSet status, eg. ASSURED',
  '-w, --zone value\t\tSet conntrack zone',
  '--orig-zone value\t\tSet zone for original direction',
  '--reply-zone value\t\tSet zone for reply direction',
  '-b, --buffer-size\t\tNetlink socket buffer size',
  '--mask-src ip\t\t\tSource mask address',
  '--mask-dst ip\t\t\tDestination mask address',
];

export const usage = (program: string): string =>
  `Command line interface for the connection tracking system. Version ${VERSION}\nUsage: ${program} [commands] [options]\n` +
  `${section('Commands:', COMMANDS)}\nTables: conntrack, expect, dying, unconfirmed\n${section('Conntrack parameters and options:', CONNTRACK)}` +
  `${section('Expectation parameters and options:', EXPECTATION)}${section('Updating parameters and options:', UPDATE)}${section('Common parameters and options:', COMMON)}\n`;

export const protocolHelp = (handler: ProtoHandler, protonum: number, name: (n: number) => string | undefined): string =>
  `Proto \`${handler === unknownProtocol ? (name(protonum) ?? handler.name) : handler.name}' help:\n${handler.help.map((r) => `  ${r}\n`).join('')}`;
