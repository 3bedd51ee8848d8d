/**
 * A download as QUIC makes it, through a painted street: it takes a gap of three packets, or of 9/8 of a round
 * trip, for loss (RFC 9002 section 6.1), and halves its window for it (NewReno, section 7). It knows nothing
 * of legs.
 */
import { datagram, numberOf, type PaintedStreet } from './painted-street.fake.ts'

export class PaintedQuic {
  /** Packets that the receiver has acknowledged. */
  acked = 0
  /** Loss events. */
  losses = 0
  readonly #street: PaintedStreet
  readonly #sentUs = new Map<number, number>()
  readonly #acks: number[][] = []
  #unacked: number[] = []
  #next = 0
  #window = 10
  #threshold = Infinity
  #recoveryUntil = -1
  #largest = -1
  #rttUs = 100_000

  constructor(street: PaintedStreet) {
    this.#street = street
  }

  /** A packet of the download has arrived at the home: every second one is acknowledged. */
  hear(packet: Uint8Array): void {
    this.#unacked.push(numberOf(packet))
    if (this.#unacked.length < 2) return
    this.#acks.push(this.#unacked)
    this.#unacked = []
    this.#street.send('home', datagram(80, 2, this.#acks.length - 1))
  }

  /** An acknowledgement has arrived at the server's side. */
  hearAck(packet: Uint8Array): void {
    const { nowUs } = this.#street
    for (const number of this.#acks[numberOf(packet)]!) {
      const sentUs = this.#sentUs.get(number)
      if (sentUs === undefined) continue
      this.#sentUs.delete(number)
      this.acked += 1
      this.#rttUs += (nowUs - sentUs - this.#rttUs) / 8
      this.#largest = Math.max(this.#largest, number)
      if (number > this.#recoveryUntil) {
        this.#window += this.#window < this.#threshold ? 1 : 1 / this.#window
      }
    }
    for (const [number, sentUs] of this.#sentUs) {
      if (number >= this.#largest) break
      const lost = this.#largest - number >= 3 || nowUs - sentUs > (this.#rttUs * 9) / 8
      if (lost) this.#lose(number)
    }
    this.fill()
  }

  /** Send what the window allows. */
  fill(): void {
    const { nowUs } = this.#street
    for (const [number, sentUs] of this.#sentUs) {
      // A probe timeout: the last packets of a window may have nobody behind them.
      if (nowUs - sentUs < 3 * this.#rttUs) break
      this.#lose(number)
    }
    while (this.#sentUs.size < this.#window) {
      this.#sentUs.set(this.#next, nowUs)
      this.#street.send('concentrator', datagram(PACKET_BYTES, 1, this.#next++))
    }
  }

  #lose(number: number): void {
    this.#sentUs.delete(number)
    if (number <= this.#recoveryUntil) return
    this.losses += 1
    this.#recoveryUntil = this.#next - 1
    this.#window = Math.max(2, this.#window / 2)
    this.#threshold = this.#window
  }
}

export const PACKET_BYTES = 1_350
