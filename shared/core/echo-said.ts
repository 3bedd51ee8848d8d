/**
 * What an echo says of its leg, on the way to the home.
 */
export interface EchoSaid {
  /** What the concentrator shapes it to; 0: it does not (ADR 0028). */
  readonly shapedKbps: number
  /** A download that began on it leaves more unsent than it takes (ADR 0060). */
  readonly unsent: boolean
}
