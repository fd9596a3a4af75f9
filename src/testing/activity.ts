/** After so many real milliseconds a call is taken to wait for something that only time, or another call, brings. */
const patienceMs = 1000;

/** API calls that are under way: what follows from them must come before time moves on, even where they wait for real work (keys). */
export class Activity {
  readonly #began = new Map<symbol, number>();

  /** Whether a call is under way that real time alone will end. */
  readonly busy = (): boolean => {
    for (const began of this.#began.values()) if (performance.now() - began < patienceMs) return true;
    return false;
  };

  async track<T>(work: Promise<T>): Promise<T> {
    const id = Symbol();
    this.#began.set(id, performance.now());
    try {
      return await work;
    } finally {
      this.#began.delete(id);
    }
  }
}
