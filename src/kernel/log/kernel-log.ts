import type { Clock } from '../clock.ts';

/** One record of the kernel's ring: `seq` counts on over the host's life, `at` are milliseconds since boot. */
export interface LogRecord {
  readonly seq: number;
  readonly at: number;
  readonly level: number;
  readonly text: string;
}

interface Limit {
  begin: number;
  printed: number;
  missed: number;
}

/** __LOG_BUF_LEN with Debian's CONFIG_LOG_BUF_SHIFT of 17: the oldest records make room. */
const ROOM = 1 << 17;
/** DEFAULT_RATELIMIT of net/core/utils.c: ten messages in five seconds. */
const INTERVAL = 5000,
  BURST = 10;

/** The kernel's log (kernel/printk). It is the machine's: what happens in a container's namespace is not written. */
export class KernelLog {
  readonly #clock: Clock;
  readonly #silent: boolean;
  #records: LogRecord[] = [];
  #size = 0;
  #next = 0;
  #cleared = 0;
  #net: Limit = { begin: 0, printed: 0, missed: 0 };

  constructor(o: { readonly clock: Clock; readonly container: boolean }) {
    this.#clock = o.clock;
    this.#silent = o.container;
  }

  /** nf_log_ip_packet and its like write for the first namespace only, unless nf_log_all_netns is set. */
  get silent(): boolean {
    return this.#silent;
  }

  print(level: number, text: string): void {
    if (this.#silent) return;
    for (const line of text.split('\n')) {
      this.#records.push({ seq: this.#next++, at: this.#clock.now(), level, text: line });
      this.#size += line.length;
    }
    while (this.#size > ROOM) this.#size -= this.#records.shift()?.text.length ?? 0;
  }

  /** net_warn_ratelimited; what was held back is counted when the next interval begins. */
  warnLimited(text: string): void {
    if (this.#silent) return;
    const l = this.#net,
      now = this.#clock.now();
    if (l.printed === 0 || now > l.begin + INTERVAL) {
      if (l.missed > 0) this.print(4, `net_ratelimit: ${l.missed} callbacks suppressed`);
      this.#net = { begin: now, printed: 1, missed: 0 };
    } else if (l.printed < BURST) l.printed++;
    else {
      l.missed++;
      return;
    }
    this.print(4, text);
  }

  /** What `dmesg` reads: all since the ring was last cleared. */
  records(): readonly LogRecord[] {
    return this.#records.filter((r) => r.seq >= this.#cleared);
  }

  /** SYSLOG_ACTION_CLEAR: readers begin here from now on. */
  clear(): void {
    this.#cleared = this.#next;
  }

  export(): unknown {
    return { records: this.#records, next: this.#next, cleared: this.#cleared, net: this.#net };
  }

  import(data: unknown): void {
    const d = data as { records: LogRecord[]; next: number; cleared: number; net: Limit };
    this.#records = [...d.records];
    this.#size = this.#records.reduce((n, r) => n + r.text.length, 0);
    this.#next = d.next;
    this.#cleared = d.cleared;
    this.#net = { ...d.net };
  }
}
