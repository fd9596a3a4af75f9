/**
 * Where results of work in the real world (signatures) wait until nothing else is going on, and come in one by one in the order of
 * asking. So what a cluster does depends on its seed alone, and time does not move past them.
 */
export class Turnstile {
  readonly #waiting: { done: Promise<unknown>; letIn: () => void }[] = [];
  #open = false;

  /** The outcome of `work`, not before it is let in. */
  async pass<T>(work: Promise<T>): Promise<T> {
    if (this.#open) return work;
    const turn = Promise.withResolvers<void>();
    this.#waiting.push({ done: work.catch(() => {}), letIn: turn.resolve });
    await turn.promise;
    return work;
  }

  /** Lets the next one in when its work is done; undefined if none waits. */
  readonly next = (): Promise<void> | undefined => {
    const first = this.#waiting.shift();
    return first?.done.then(first.letIn);
  };

  /** Lets everyone in, now and from now on. */
  open(): void {
    this.#open = true;
    for (const { letIn } of this.#waiting.splice(0)) letIn();
  }
}
