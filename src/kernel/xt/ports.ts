import type { Names, PrintContext } from './definition.ts';
import { parsePort } from './text.ts';
import { fail, portName } from './value.ts';

/** Ports as libxt_tcp, libxt_udp, libxt_dccp and libxt_sctp write them; all four say the same things in the same form. */

export type PortRange = readonly [number, number];
export const ALL_PORTS: PortRange = [0, 0xffff];

/** `a`, `a:b`, `:b`, `a:` as libxt_tcp and libxt_sctp read it. */
export function parsePortRange(text: string, proto: string, names: Names): PortRange {
  const colon = text.indexOf(':');
  if (colon < 0) {
    const port = parsePort(text, proto, names);
    return [port, port];
  }
  const lo = colon === 0 ? 0 : parsePort(text.slice(0, colon), proto, names);
  const after = text.slice(colon + 1);
  const hi = after === '' ? 0xffff : parsePort(after, proto, names);
  if (lo > hi) fail('invalid portrange (min > max)');
  return [lo, hi];
}

export const isAllPorts = (range: PortRange, inverted: boolean): boolean => range[0] === 0 && range[1] === 0xffff && !inverted;

export function savePorts(option: string, range: PortRange, inverted: boolean): string {
  if (isAllPorts(range, inverted)) return '';
  return `${inverted ? ' !' : ''} --${option} ${range[0] === range[1] ? range[0] : `${range[0]}:${range[1]}`}`;
}

export function printPorts(word: string, range: PortRange, inverted: boolean, proto: string, context: PrintContext & { readonly numeric: boolean }): string {
  if (isAllPorts(range, inverted)) return '';
  const name = (port: number): string => portName(port, proto, context, context.numeric);
  const inv = inverted ? '!' : '';
  return range[0] === range[1] ? ` ${word}:${inv}${name(range[0])}` : ` ${word}s:${inv}${name(range[0])}:${name(range[1])}`;
}

/** `tcp sport != 1-2`; null when every port matches. */
export function translatePorts(words: string, range: PortRange, inverted: boolean): string | null {
  if (isAllPorts(range, inverted)) return null;
  return `${words} ${inverted ? '!= ' : ''}${range[0] === range[1] ? range[0] : `${range[0]}-${range[1]}`}`;
}
