/**
 * What a tunnel makes of the traffic class byte (DSCP and ECN) of what it carries.
 *
 *     in:   the outer header gets the inner byte as it is (RFC 6040's normal mode, RFC 2983's uniform model)
 *
 *     out:  inner \ outer   Not-ECT    ECT(0)     ECT(1)     CE
 *           Not-ECT         Not-ECT    Not-ECT    Not-ECT    drop
 *           ECT(0)          ECT(0)     ECT(0)     ECT(1)     CE
 *           ECT(1)          ECT(1)     ECT(1)     ECT(1)     CE
 *           CE              CE         CE         CE         CE
 *
 * RFC 6040 section 4.2. The inner DSCP is kept as it came; what the lines made of the outer one stays there.
 */
import { readUint16, sum16, updateChecksum, writeUint16 } from './ip.ts'

export const Ecn = { notEct: 0, ect1: 1, ect0: 2, ce: 3 } as const

/** The ECN bits that leave the tunnel, or -1 for a packet that must be dropped. */
export function ecnAtEgress(inner: number, outer: number): number {
  if (outer === Ecn.ce) return inner === Ecn.notEct ? -1 : Ecn.ce
  return outer === Ecn.ect1 && inner === Ecn.ect0 ? Ecn.ect1 : inner
}

/** Write other ECN bits into an IP packet of either version, checksum included. */
export function setEcn(packet: Uint8Array, at: number, ecn: number): void {
  if (packet[at]! >> 4 === 6) {
    packet[at + 1] = (packet[at + 1]! & 0xcf) | (ecn << 4)
    return
  }
  const before = sum16(packet, at, at + 2)
  packet[at + 1] = (packet[at + 1]! & 0xfc) | ecn
  const checksum = readUint16(packet, at + IPV4_CHECKSUM_AT)
  writeUint16(
    packet,
    at + IPV4_CHECKSUM_AT,
    updateChecksum(checksum, before, sum16(packet, at, at + 2)),
  )
}

const IPV4_CHECKSUM_AT = 10
