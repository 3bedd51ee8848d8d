/** So many places for each name: what somebody may have open at a time. Who has none is not remembered. */
export class Places {
  readonly #ofOneMax: number
  readonly #taken = new Map<string, number>()

  constructor(ofOneMax: number) {
    this.#ofOneMax = ofOneMax
  }

  /** Undefined where that name has them all. Else to be called, once or more, when the place is free again. */
  take(name: string): (() => void) | undefined {
    const taken = this.#taken.get(name) ?? 0
    if (taken >= this.#ofOneMax) return undefined
    this.#taken.set(name, taken + 1)
    let isTaken = true
    return () => {
      if (!isTaken) return
      isTaken = false
      const left = (this.#taken.get(name) ?? 1) - 1
      if (left > 0) this.#taken.set(name, left)
      else this.#taken.delete(name)
    }
  }
}
