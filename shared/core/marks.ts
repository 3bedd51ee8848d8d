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
} as const
