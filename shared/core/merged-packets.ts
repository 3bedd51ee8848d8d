/**
 * How many bytes crossed the line, where what was counted were not its packets: Linux hands up to 45 segments of
 * TCP through its own layers as one packet with one header, on its way out (GSO) and on its way in (GRO), and
 * connection tracking counts those.
 *
 *    counted    │ header │ payload of n segments                  │
 *    crossed    │ header │ payload │ header │ payload │ ...
 *
 * So n - 1 headers are missing, 5 % of a download. Segments of a bulk transfer are full: their number follows from the
 * bytes. Packets that were not merged are counted as they are.
 */
export interface CountedPackets {
  readonly packets: number
  readonly bytes: number
}

export function crossedBytes({ packets, bytes }: CountedPackets, family: 'ipv4' | 'ipv6'): number {
  const header = HEADER_BYTES[family]
  const payload = bytes - packets * header
  const segments = Math.ceil(payload / (PACKET_BYTES - header))
  return bytes + Math.max(0, segments - packets) * header
}

/** Of a full segment: IP, TCP, and the 40 bytes of options that timestamps and DSS take (RFC 8684 section 3.3). */
const HEADER_BYTES = { ipv4: 80, ipv6: 100 } as const
/** A line over PPPoE has 8 less, which makes a difference of 0.03 %. */
const PACKET_BYTES = 1_500
