/** The same numbers for the same seed. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    const once = Math.imul(state ^ (state >>> 15), state | 1);
    const twice = once ^ (once + Math.imul(once ^ (once >>> 7), once | 61));
    return Math.floor((((twice ^ (twice >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** What waits for its turn: a request of a process, with what it does to the cloud. */
export interface Turn {
  readonly process: string;
  /** A rest lets time pass. */
  readonly kind: "request" | "rest";
  /** In which step its turn may come at the earliest. */
  readonly due: number;
  run(): void;
}

/** How quick a process is beside the others: one that is not gets its turn when others have had sixty. */
const speeds = [1, 1, 8, 60];
/** In so many of a hundred steps a process becomes quicker or slower. */
const changes = 4;

/**
 * Who is next. Were everybody equally quick, one process would hardly ever stand still for just as long as the others take to decide something
 * without it, which is what breaks a protocol: so each has a speed, which changes.
 */
export class Turns {
  readonly #random: (below: number) => number;
  readonly #waiting: Turn[] = [];
  readonly #speeds = new Map<string, number>();
  /** Of histories in which all are equally quick there are some too. */
  readonly #even: boolean;

  constructor(random: (below: number) => number) {
    this.#random = random;
    this.#even = random(4) === 0;
  }

  get count(): number {
    return this.#waiting.length;
  }

  add(turn: Turn): void {
    this.#waiting.push(turn);
  }

  /** Takes out the turn that is next; undefined where something else is, which has this many chances, each of a slow process's weight. */
  next(step: number, others: number): Turn | undefined {
    const due = this.#waiting.filter((turn) => turn.due <= step);
    const weights = due.map(({ process }) => this.#speedOf(process));
    // What Cinder does by itself is as quick as the quickest.
    const otherWeight = Math.max(1, ...weights) * others;
    let drawn = this.#random(weights.reduce((sum, weight) => sum + weight, otherWeight));
    for (const [index, turn] of due.entries()) {
      drawn -= weights[index] ?? 0;
      if (drawn >= 0) continue;
      this.#waiting.splice(this.#waiting.indexOf(turn), 1);
      return turn;
    }
    return undefined;
  }

  #speedOf(process: string): number {
    if (this.#even) return 1;
    const known = this.#speeds.get(process);
    if (known !== undefined && this.#random(100) >= changes) return known;
    const speed = speeds[this.#random(speeds.length)] ?? 1;
    this.#speeds.set(process, speed);
    return speed;
  }
}
