/** Things that will happen by the host's clock: reassembly that gives up, neighbours that do not answer. */
export interface Timer {
  readonly at: number;
  readonly fire: () => void;
  dead: boolean;
}

export class Timers {
  #all: Timer[] = [];

  add(at: number, fire: () => void): Timer {
    const timer: Timer = { at, fire, dead: false };
    const i = this.#all.findIndex((t) => t.at > at);
    if (i < 0) this.#all.push(timer);
    else this.#all.splice(i, 0, timer);
    return timer;
  }

  cancel(timer: Timer | null): void {
    if (!timer) return;
    timer.dead = true;
    const i = this.#all.indexOf(timer);
    if (i >= 0) this.#all.splice(i, 1);
  }

  /** When the next one fires; Infinity: none. */
  next(): number {
    return this.#all[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  run(now: number): void {
    while (this.#all.length && this.#all[0].at <= now) {
      const t = this.#all.shift() as Timer;
      t.dead = true;
      t.fire();
    }
  }
}
