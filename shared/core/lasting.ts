/**
 * For how long something has held without a pause.
 */
export class Lasting {
  #sinceMs: number | undefined

  /** Whether it holds now. */
  note(holds: boolean, nowMs: number): void {
    this.#sinceMs = holds ? (this.#sinceMs ?? nowMs) : undefined
  }

  /** It held at the last look. */
  get holds(): boolean {
    return this.#sinceMs !== undefined
  }

  /** 0 while it does not hold. */
  ms(nowMs: number): number {
    return nowMs - (this.#sinceMs ?? nowMs)
  }

  /** What has been does not count. */
  forget(): void {
    this.#sinceMs = undefined
  }
}
