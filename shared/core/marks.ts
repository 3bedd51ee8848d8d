/**
 * Four bits of the packet mark and of the connection mark are ours; all others belong to the router's OS.
 *
 *    31        24 23    20 19                                      0
 *   +------------+--------+-----------------------------------------+
 *   |    OS's    |  ours  |                  OS's                   |
 *   +------------+--------+-----------------------------------------+
 *
 * On a packet a mark says which way to route it, on a connection which way it has gone so far.
 */
export const MARK_MASK = 0x00f0_0000

export const MARK = {
  /** Captured: it belongs to a relay worker of this machine, wherever it was going. */
  tproxy: 0x0010_0000,
  dsl: 0x0020_0000,
  lte: 0x0030_0000,
  /** The agent's own sockets: never captured, and routed like any others. */
  own: 0x0040_0000,
  /** It crosses the datagram tunnel, as long as that stands. */
  tunnel: 0x00d0_0000,
} as const

/**
 * What becomes of a SYN that was held until its server had answered. Between two neighbouring chains of one
 * hook only: no packet is routed with one of these, and no connection remembers one.
 */
export const VERDICT = {
  /** Nobody has judged it: the queue is full, or has no owner. */
  none: 0x0050_0000,
  /** A relay worker shall accept it. */
  take: 0x0060_0000,
  /** The kernel shall forward it, unbonded. */
  bypass: 0x0070_0000,
  /** Into the datagram tunnel, as it is. */
  tunnel: 0x00e0_0000,
  // The LAN host shall hear why not.
  reset: 0x0080_0000,
  noRoute: 0x0090_0000,
  hostUnreachable: 0x00a0_0000,
  portUnreachable: 0x00b0_0000,
  prohibited: 0x00c0_0000,
} as const
export type Verdict = (typeof VERDICT)[keyof typeof VERDICT]
