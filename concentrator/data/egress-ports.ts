/**
 * How many connections leave from each egress address: a count that all data threads share.
 *
 *   address 0 │ 17 │      one cell an address, changed by atomic steps: nobody waits for anybody
 *   address 1 │ 28 │
 *
 * An address carries at most as many connections as it has ports. The kernel would find room for more,
 * since one port serves many servers, but only towards servers that nobody else talks to: some connects
 * would fail and others not, and nobody could say why.
 */
export class EgressPorts {
  readonly #taken: Int32Array
  readonly #portsMax: number

  /** `memory` has four bytes for each address. */
  constructor(memory: SharedArrayBuffer, portsMax: number) {
    this.#taken = new Int32Array(memory)
    this.#portsMax = portsMax
  }

  /** False when all ports of that address are taken. */
  take(address: number): boolean {
    if (Atomics.add(this.#taken, address, 1) < this.#portsMax) return true
    this.give(address)
    return false
  }

  give(address: number): void {
    Atomics.sub(this.#taken, address, 1)
  }
}
