/** Hands out the addresses of an IPv4 range in turn, as CNI's host-local does: the first is the gateway's. */
export class AddressPool {
  readonly #base: number;
  readonly #size: number;
  readonly #used = new Set<number>();
  #last = 1;

  constructor(cidr: string) {
    const [address = '', bits = '24'] = cidr.split('/');
    this.#base = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
    this.#size = 2 ** (32 - Number(bits));
  }

  /** Throws an Error when the range is exhausted. */
  take(): string {
    for (let tries = 0; tries < this.#size; tries++) {
      this.#last = this.#last + 1 >= this.#size - 1 ? 2 : this.#last + 1;
      if (this.#used.has(this.#last)) continue;
      this.#used.add(this.#last);
      const value = this.#base + this.#last;
      return [24, 16, 8, 0].map(shift => Math.floor(value / 2 ** shift) % 256).join('.');
    }
    throw new Error('no IP addresses available in range set');
  }

  release(address: string): void {
    this.#used.delete(address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) - this.#base);
  }
}
