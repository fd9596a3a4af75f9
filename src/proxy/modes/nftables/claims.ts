/**
 * Who owns a frontend key. Two Services may name the same external address and port; then the one whose name sorts first
 * has it, and the next takes over when it goes. Keys are `lane key`.
 */
export class Claims {
  /** One claimant is the common case, so it is kept without a list. */
  #claimants = new Map<string, string | string[]>();

  owner(key: string): string | undefined {
    const claimants = this.#claimants.get(key);
    return typeof claimants === 'string' ? claimants : claimants?.[0];
  }

  /** Gives the other services whose ownership this changed. */
  claim(key: string, service: string): string[] {
    const known = this.#claimants.get(key);
    if (known === undefined) {
      this.#claimants.set(key, service);
      return [];
    }
    const list = typeof known === 'string' ? [known] : known;
    if (list.includes(service)) return [];
    const before = list[0]!;
    const after = [...list, service].sort();
    this.#claimants.set(key, after);
    return after[0] === service ? [before] : [];
  }

  /** Gives the other services whose ownership this changed. */
  release(key: string, service: string): string[] {
    const known = this.#claimants.get(key);
    if (known === undefined) return [];
    if (typeof known === 'string') {
      if (known === service) this.#claimants.delete(key);
      return [];
    }
    const rest = known.filter(other => other !== service);
    this.#claimants.set(key, rest.length === 1 ? rest[0]! : rest);
    return known[0] === service ? [rest[0]!] : [];
  }
}
