import type { Clock } from '../clock.ts';

/** Where the estimator of a RATEEST name lies in the namespace's shared extension state. */
export const estimatorKey = (name: string): string => `rateest/${name}`;

/**
 * net/core/gen_estimator.c: bytes and packets a second, averaged by an exponential moving average each interval.
 * The timer's ticks are caught up when somebody counts or reads.
 */
export class RateEstimator {
  readonly #clock: Clock;
  readonly #log: number;
  readonly #ewma: bigint;
  readonly #period: number;
  #next: number;
  #bytes = 0n;
  #packets = 0n;
  #avbps = 0n;
  #avpps = 0n;

  constructor(clock: Clock, interval: number, ewmaLog: number) {
    this.#clock = clock;
    this.#log = interval + 2;
    this.#ewma = BigInt(ewmaLog);
    this.#period = 250 * 2 ** this.#log;
    this.#next = clock.now() + this.#period;
  }

  static from(d: ReturnType<RateEstimator['export']>, clock: Clock): RateEstimator {
    const made = new RateEstimator(clock, d.interval, d.ewmaLog);
    made.#next = d.next;
    made.#bytes = d.bytes;
    made.#packets = d.packets;
    made.#avbps = d.avbps;
    made.#avpps = d.avpps;
    return made;
  }

  export() {
    return {
      interval: this.#log - 2,
      ewmaLog: Number(this.#ewma),
      next: this.#next,
      bytes: this.#bytes,
      packets: this.#packets,
      avbps: this.#avbps,
      avpps: this.#avpps,
    };
  }

  count(bytes: number): void {
    this.#catchUp();
    this.#bytes += BigInt(bytes);
    this.#packets++;
  }

  /** gen_estimator_read: bytes and packets a second. */
  read(): { readonly bps: bigint; readonly pps: bigint } {
    this.#catchUp();
    return { bps: this.#avbps >> 8n, pps: this.#avpps >> 8n };
  }

  #catchUp(): void {
    const now = this.#clock.now();
    while (this.#next <= now) {
      const shift = BigInt(10 - this.#log);
      this.#avbps += ((this.#bytes << shift) >> this.#ewma) - (this.#avbps >> this.#ewma);
      this.#avpps += ((this.#packets << shift) >> this.#ewma) - (this.#avpps >> this.#ewma);
      this.#bytes = 0n;
      this.#packets = 0n;
      this.#next += this.#period;
      if (this.#avbps >> this.#ewma === 0n && this.#avpps >> this.#ewma === 0n && this.#next <= now) {
        this.#next += Math.floor((now - this.#next) / this.#period + 1) * this.#period;
      }
    }
  }
}
