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
