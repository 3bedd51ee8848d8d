/**
 * Middleboxes that stand in the way of Multipath TCP, as some lines have them.
 */
import { readIp, readTcp, TcpFlag } from '../../shared/wire/ip.ts'
import { MptcpSubtype, neutralise } from '../../shared/wire/mptcp-option.ts'
import type { Strip } from './line-cells.ts'

/**
 * Take MPTCP options out of the first `bytes` of `packet`, in place:
 *
 *   syn    no connection becomes MPTCP: MP_CAPABLE goes from SYNs
 *   join   no further subflow comes up: MP_JOIN goes
 *   data   what began as MPTCP finds no MPTCP behind the SYNs
 */
export function stripMptcp(packet: Uint8Array, bytes: number, strip: Strip): void {
  switch (strip) {
    case 'off':
      return
    case 'syn':
      if (isSyn(packet.subarray(0, bytes))) neutralise(packet.subarray(0, bytes), CAPABLE)
      return
    case 'join':
      neutralise(packet.subarray(0, bytes), JOIN)
      return
    case 'data':
      if (!isSyn(packet.subarray(0, bytes))) neutralise(packet.subarray(0, bytes), EVERY)
  }
}

function isSyn(packet: Uint8Array): boolean {
  const ip = readIp(packet)
  const tcp = ip && readTcp(packet, ip)
  return tcp !== undefined && (tcp.flags & TcpFlag.syn) !== 0
}

const CAPABLE = new Set([MptcpSubtype.capable])
const JOIN = new Set([MptcpSubtype.join])
/** The subtype has 4 bits; also those that nobody has named yet. */
const EVERY = new Set(Array.from({ length: 16 }, (_, subtype) => subtype))
