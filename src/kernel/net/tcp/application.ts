/** What a server on a port does: simple programs that give a conversation something to say. */
export type Service = 'echo' | 'http' | 'ftp' | 'ftp-data' | 'discard';

/** What the program does next. */
export interface Action {
  readonly send?: Uint8Array;
  /** It closes its side. */
  readonly close?: boolean;
  /** It waits for a data connection on this port. */
  readonly listen?: number;
  /** It opens a data connection from port 20. */
  readonly connect?: { readonly address: Uint8Array; readonly port: number };
}

const text = (s: string): Uint8Array => Uint8Array.from(s, (c) => c.charCodeAt(0));
export const toText = (b: Uint8Array): string => String.fromCharCode(...b);
const FILE = text('one file\r\n');

export const serviceOn = (port: number): Service => (port === 21 ? 'ftp' : [80, 8000, 8080].includes(port) ? 'http' : 'echo');

/** A connection stands: what the server says first. */
export function onOpen(service: Service): Action {
  if (service === 'ftp') return { send: text('220 Ready\r\n') };
  if (service === 'ftp-data') return { send: FILE, close: true };
  return {};
}

/** Address and port of PORT (RFC 959) or EPRT (RFC 2428). */
export function portArgument(line: string): { readonly address: Uint8Array; readonly port: number } | null {
  const m = /(\d+),(\d+),(\d+),(\d+),(\d+),(\d+)/.exec(line);
  if (m) return { address: Uint8Array.from(m.slice(1, 5), Number), port: Number(m[5]) * 256 + Number(m[6]) };
  const e = /\|1\|(\d+)\.(\d+)\.(\d+)\.(\d+)\|(\d+)\|/.exec(line);
  return e ? { address: Uint8Array.from(e.slice(1, 5), Number), port: Number(e[5]) } : null;
}

/** Data came. `memory` is the connection's own; `local` the address at which the client reached the server. */
export function onData(service: Service, data: Uint8Array, local: Uint8Array, dataPort: number, memory: Map<string, unknown>): Action {
  if (service === 'http') return /\r\n\r\n$/.test(toText(data)) ? { send: httpAnswer(toText(data)), close: true } : {};
  if (service === 'ftp') return ftpAnswer(toText(data), local, dataPort, memory);
  return service === 'echo' ? { send: data.slice() } : {};
}

function httpAnswer(request: string): Uint8Array {
  const body = request.startsWith('HEAD') ? '' : 'It works\n';
  return text(`HTTP/1.1 200 OK\r\nServer: drywall\r\nContent-Type: text/plain\r\nContent-Length: 9\r\nConnection: close\r\n\r\n${body}`);
}

function ftpAnswer(line: string, local: Uint8Array, dataPort: number, memory: Map<string, unknown>): Action {
  const [verb] = line.trim().split(' ');
  switch (verb.toUpperCase()) {
    case 'USER':
      return { send: text('331 Password?\r\n') };
    case 'PASS':
      return { send: text('230 Welcome\r\n') };
    case 'PASV':
      return { send: text(`227 Entering Passive Mode (${[...local.slice(-4), dataPort >> 8, dataPort & 255].join(',')}).\r\n`), listen: dataPort };
    case 'EPSV':
      return { send: text(`229 Entering Extended Passive Mode (|||${dataPort}|)\r\n`), listen: dataPort };
    case 'PORT':
    case 'EPRT': {
      const to = portArgument(line);
      if (!to) return { send: text('501 Wrong address\r\n') };
      memory.set('port', to);
      return { send: text('200 Fine\r\n') };
    }
    case 'RETR': {
      const to = memory.get('port') as Action['connect'];
      memory.delete('port');
      return { send: text('150 Here it comes\r\n'), ...(to && { connect: to }) };
    }
    case 'QUIT':
      return { send: text('221 Bye\r\n'), close: true };
    default:
      return { send: text('500 What?\r\n') };
  }
}
