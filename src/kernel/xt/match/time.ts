import { defineExtension } from '../definition.ts';
import { strtol } from '../number.ts';
import { cut } from '../text.ts';
import { draftOf, fail } from '../value.ts';

/** struct xt_time_info: dates in seconds since 1970, times in seconds of the day, days as bit masks (weekday 1 is Monday). */
type TimeInfo = {
  readonly date_start: number;
  readonly date_stop: number;
  readonly daytime_start: number;
  readonly daytime_stop: number;
  readonly monthdays: number;
  readonly weekdays: number;
  readonly kerneltz: boolean;
  readonly contiguous: boolean;
};
const ALL_MONTHDAYS = 0xfffffffe;
const ALL_WEEKDAYS = 0xfe;
const DAY = 86400;
const LAST_SECOND = DAY - 1;
const LAST_DATE = 0x7fffffff;
const WEEKDAYS = ['', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

/** libxt_time.c: time_parse_date; month and day 0 are the ones before, as mktime normalises. */
function parseDate(text: string): number {
  const bad = (): never => fail(`Invalid date "${text}" specified. Should be YYYY[-MM[-DD[Thh[:mm[:ss]]]]]`);
  const fields = [0, 1, 1, 0, 0, 0];
  const ends = ['-', '-', 'T', ':', ':', ''];
  const limits = [2038, 12, 31, 23, 59, 59];
  let rest = text;
  for (let n = 0; n < 6; n++) {
    const number = strtol(rest, 10);
    const value = number.value >>> 0;
    if ((number.rest !== '' && (ends[n] === '' || number.rest[0] !== ends[n])) || value > limits[n] || (n === 0 && value < 1970)) bad();
    fields[n] = value;
    if (number.rest === '') break;
    rest = number.rest.slice(1);
  }
  const [year, month, day, hour, minute, second] = fields;
  const at = Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
  return at >= 0 ? at : fail('mktime returned an error');
}

/** time_parse_minutes: hh:mm[:ss] */
function parseMinutes(text: string): number {
  const bad = (from: string): never => fail(`invalid time "${from}" specified, should be hh:mm[:ss] format and within the boundaries`);
  const hour = strtol(text, 10);
  if (hour.rest[0] !== ':' || hour.value < 0 || hour.value > 23) return bad(text);
  const minute = strtol(hour.rest.slice(1), 10);
  if ((minute.rest !== '' && minute.rest[0] !== ':') || minute.value < 0 || minute.value > 59) return bad(hour.rest.slice(1));
  if (minute.rest === '') return 3600 * hour.value + 60 * minute.value;
  const second = strtol(minute.rest.slice(1), 10);
  if (second.rest !== '' || second.value < 0 || second.value > 59) return bad(minute.rest.slice(1));
  return 3600 * hour.value + 60 * minute.value + second.value;
}

/** Words of a list, each cut to the C function's buffer; a comma at the end starts no further word. */
const listWords = (text: string, width: number): string[] =>
  text === ''
    ? []
    : text
        .replace(/,$/, '')
        .split(',')
        .map((w) => cut(w, width));

function parseMonthdays(text: string): number {
  let mask = 0;
  for (const word of listWords(text, 2)) {
    const n = strtol(word, 10);
    if (n.value > 31 || n.value < 0 || n.rest !== '') fail(`${word} is not a valid day for --monthdays`);
    mask |= 1 << n.value;
  }
  return mask >>> 0;
}

function parseWeekdays(text: string): number {
  let mask = 0;
  for (const word of listWords(text, 3)) {
    const n = strtol(word, 10);
    if (n.rest === '') {
      if (n.value === 0) fail('No, the week does NOT begin with Sunday.');
      mask |= n.value < 8 ? 1 << n.value : 0;
      continue;
    }
    const day = WEEKDAYS.findIndex((name, i) => i > 0 && name.slice(0, 2) === word.slice(0, 2));
    if (day < 0) fail(`${word} is not a valid day specifier`);
    mask |= 1 << day;
  }
  return mask;
}

const two = (n: number): string => String(n).padStart(2, '0');
const clock = (seconds: number): string => `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
function dateText(seconds: number, separator: string): string {
  const d = new Date(seconds * 1000);
  return `${String(d.getUTCFullYear()).padStart(4, '0')}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())}${separator}${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`;
}
const days = (mask: number, last: number): number[] => Array.from({ length: last }, (_, n) => n + 1).filter((n) => (mask >>> n) & 1);
const ORDINAL = ['th', 'st', 'nd', 'rd'];
const monthdayNames = (mask: number): string =>
  days(mask, 31)
    .map((n) => `${n}${ORDINAL[n % 10] ?? 'th'}`)
    .join(',');
const weekdayNames = (mask: number): string =>
  days(mask, 7)
    .map((n) => WEEKDAYS[n])
    .join(',');
const hasDaytime = (i: TimeInfo): boolean => i.daytime_start !== 0 || i.daytime_stop !== LAST_SECOND;

export const match = defineExtension<TimeInfo>({
  kind: 'match',
  name: 'time',
  families: ['ip', 'ip6', 'arp'],
  revision: 0,
  options: [
    { name: 'datestart', type: 'string' },
    { name: 'datestop', type: 'string' },
    { name: 'timestart', type: 'string' },
    { name: 'timestop', type: 'string' },
    { name: 'contiguous', type: 'none' },
    { name: 'localtz', type: 'none', excludes: ['utc'], code: 7 },
    { name: 'utc', type: 'none', excludes: ['localtz', 'kerneltz'], code: 8 },
    { name: 'kerneltz', type: 'none', excludes: ['utc'], code: 9 },
    { name: 'monthdays', type: 'string', invert: true },
    { name: 'weekdays', type: 'string', invert: true },
  ],
  help: () => `time match options:
    --datestart time     Start and stop time, to be given in ISO 8601
    --datestop time      (YYYY[-MM[-DD[Thh[:mm[:ss]]]]])
    --timestart time     Start and stop daytime (hh:mm[:ss])
    --timestop time      (between 00:00:00 and 23:59:59)
[!] --monthdays value    List of days on which to match, separated by comma
                         (Possible days: 1 to 31; defaults to all)
[!] --weekdays value     List of weekdays on which to match, sep. by comma
                         (Possible days: Mon,Tue,Wed,Thu,Fri,Sat,Sun or 1 to 7
                         Defaults to all weekdays.)
    --kerneltz           Work with the kernel timezone instead of UTC
`,
  init: () => ({
    date_start: 0,
    date_stop: LAST_DATE,
    daytime_start: 0,
    daytime_stop: LAST_SECOND,
    monthdays: ALL_MONTHDAYS,
    weekdays: ALL_WEEKDAYS,
    kerneltz: false,
    contiguous: false,
  }),
  parse(o, draft, context) {
    const info = draftOf<TimeInfo>(draft);
    const text = o.raw ?? '';
    switch (o.name) {
      case 'datestart':
        info.date_start = parseDate(text);
        break;
      case 'datestop':
        info.date_stop = parseDate(text);
        break;
      case 'timestart':
        info.daytime_start = parseMinutes(text);
        break;
      case 'timestop':
        info.daytime_stop = parseMinutes(text);
        break;
      case 'contiguous':
        info.contiguous = true;
        break;
      case 'localtz':
        context.warn('WARNING: --localtz is being replaced by --kerneltz, since "local" is ambiguous. Note the kernel timezone has caveats - see manpage for details.\n');
        info.kerneltz = true;
        break;
      case 'kerneltz':
        info.kerneltz = true;
        break;
      case 'monthdays':
        info.monthdays = parseMonthdays(text);
        if (o.inverted) info.monthdays = (info.monthdays ^ ALL_MONTHDAYS) >>> 0;
        break;
      case 'weekdays':
        info.weekdays = parseWeekdays(text);
        if (o.inverted) info.weekdays ^= ALL_WEEKDAYS;
        break;
      default:
    }
  },
  finish(draft) {
    const info = draftOf<TimeInfo>({ ...draft });
    if (info.contiguous && info.daytime_start < info.daytime_stop) fail('time: --contiguous only makes sense when stoptime is smaller than starttime');
    return info;
  },
  save: (i) =>
    (hasDaytime(i) ? ` --timestart ${clock(i.daytime_start)} --timestop ${clock(i.daytime_stop)}` : '') +
    (i.monthdays !== ALL_MONTHDAYS ? ` --monthdays ${days(i.monthdays, 31).join(',')}` : '') +
    (i.weekdays !== ALL_WEEKDAYS ? ` --weekdays ${weekdayNames(i.weekdays)}` : '') +
    (i.date_start !== 0 ? ` --datestart ${dateText(i.date_start, 'T')}` : '') +
    (i.date_stop !== 0 ? ` --datestop ${dateText(i.date_stop, 'T')}` : '') +
    (i.kerneltz ? ' --kerneltz' : '') +
    (i.contiguous ? ' --contiguous' : ''),
  print: (i) =>
    ' TIME' +
    (hasDaytime(i) ? ` from ${clock(i.daytime_start)} to ${clock(i.daytime_stop)}` : '') +
    (i.weekdays !== ALL_WEEKDAYS ? ` on ${weekdayNames(i.weekdays)}` : '') +
    (i.monthdays !== ALL_MONTHDAYS ? ` on ${monthdayNames(i.monthdays)}` : '') +
    (i.date_start !== 0 ? ` starting from ${dateText(i.date_start, ' ')}` : '') +
    (i.date_stop !== LAST_DATE ? ` until date ${dateText(i.date_stop, ' ')}` : '') +
    (i.kerneltz ? '' : ' UTC') +
    (i.contiguous ? ' contiguous' : ''),
  translate(i) {
    if (i.monthdays !== ALL_MONTHDAYS) return null;
    // The real one puts its separating space before every part but the date.
    const parts: string[] = [];
    if (i.date_start !== 0 || i.date_stop !== LAST_DATE) parts.push(`meta time "${dateText(i.date_start, ' ')}"-"${dateText(i.date_stop, ' ')}"`);
    if (hasDaytime(i)) parts.push(` meta hour "${clock(i.daytime_start)}"-"${clock(i.daytime_stop)}"`);
    if (i.weekdays !== ALL_WEEKDAYS) {
      const list = days(i.weekdays, 7).map((n) => n % 7);
      parts.push(` meta day${list.length > 1 ? ` { ${list.join(', ')} }` : list.length ? ` ${list[0]}` : ''}`);
    }
    return parts.join('');
  },
  check: (i) => (i.daytime_start > LAST_SECOND || i.daytime_stop > LAST_SECOND ? 'EDOM' : i.contiguous && i.daytime_start < i.daytime_stop ? 'EINVAL' : null),
  /** xt_time.c: time_mt; the kernel's time zone is UTC. */
  match(i, _, state) {
    let stamp = Math.floor(state.net.clock.wall() / 1000);
    if (stamp < i.date_start || stamp > i.date_stop) return false;
    const now = stamp % DAY;
    if (i.daytime_start < i.daytime_stop) {
      if (now < i.daytime_start || now > i.daytime_stop) return false;
    } else {
      if (now < i.daytime_start && now > i.daytime_stop) return false;
      if (i.contiguous && now <= i.daytime_stop) stamp -= DAY;
    }
    const date = new Date(stamp * 1000);
    return (i.weekdays & (1 << (date.getUTCDay() || 7))) !== 0 && ((i.monthdays >>> date.getUTCDate()) & 1) !== 0;
  },
});
