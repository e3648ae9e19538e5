import type { Location, Source } from './ast.ts';

/** An error record (erec.c): where, and in what words. The first location gets `^`, further ones `~`. */
export interface NftError {
  readonly severity: 'error' | 'warning' | 'info';
  readonly locations: readonly Location[];
  readonly message: string;
}

export const INTERNAL: Source = { kind: 'internal', name: 'internal', text: '' };
export const NOWHERE: Location = { source: INTERNAL, line: 0, start: -1, end: 0, offset: 0 };

export const nftError = (message: string, ...locations: readonly Location[]): NftError => ({ severity: 'error', locations: locations.length ? locations : [NOWHERE], message });

/** Text inside the parser is bytes, one a character, so that columns count as nft counts them. */
export function toBytes(text: string): string {
  if (!/[^\x00-\x7f]/.test(text)) return text;
  let out = '';
  for (const b of new TextEncoder().encode(text)) out += String.fromCharCode(b);
  return out;
}
export function fromBytes(bytes: string): string {
  if (!/[^\x00-\x7f]/.test(bytes)) return bytes;
  return new TextDecoder().decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0)));
}

const lineAt = (text: string, offset: number): string => {
  const end = text.indexOf('\n', offset);
  return text.slice(offset, end < 0 ? undefined : end);
};

/** print_location: the files on the way, then the place. */
export function position(loc: Location): string {
  const { source } = loc;
  let out = '';
  if (source.from && source.from.source.kind !== 'internal') {
    let prefix = 'In file included from';
    for (let from: Location | undefined = source.from; from && from.source.kind !== 'internal'; from = from.source.from) {
      out += `${prefix} ${from.source.name}:${from.line}:${from.start + 1}-${from.end}:\n`;
      prefix = '                 from';
    }
  }
  if (source.kind !== 'command line' && source.name) out += `${source.name}:${loc.line}:${loc.start + 1}-${loc.end}: `;
  return out;
}

/** erec_print. */
export function printError(error: NftError): string {
  const first = error.locations[0] ?? NOWHERE;
  const { source } = first;
  const label = error.severity === 'info' ? '' : error.severity === 'warning' ? 'Warning: ' : 'Error: ';
  if (source.kind === 'netlink') return `${source.name}: ${label}${error.message}\n`;
  const line = source.kind === 'command line' ? lineAt(source.text, 0) : source.kind === 'internal' ? null : lineAt(source.text, first.offset);
  let out = `${position(first)}${label}${error.message}\n`;
  if (line !== null) {
    const end = Math.max(...error.locations.map((l) => l.end));
    const marks: string[] = Array.from({ length: end }, (_, i) => (line[i] === '\t' ? '\t' : ' '));
    for (let i = error.locations.length - 1; i >= 0; i--) {
      const l = error.locations[i] as Location;
      for (let k = l.start; k < l.end; k++) marks[k] = i ? '~' : '^';
    }
    out += `${fromBytes(line)}\n${marks.join('')}`;
  }
  return `${out}\n`;
}

export const printErrors = (errors: readonly NftError[]): string => errors.map(printError).join('');
