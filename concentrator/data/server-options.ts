/**
 * TCP options between a home and its server: which it may ask for in an Extended Connect, and what it is
 * told of the server's SYN+ACK. (RFC 8803 sections 6.2.5, 6.2.6 and 7; ADR 0014)
 */

import { peerSegmentBytes, readHandshake } from '../../shared/linux/server-socket.ts'
import { mptcpToken } from '../../shared/linux/socket-facts.ts'
import type { ConvertMessage } from '../../shared/wire/convert.ts'
import {
  type TcpOption,
  TcpOptionKind,
  tcpOptionsBytes,
  writeTcpOptions,
} from '../../shared/wire/tcp-option.ts'
import type { EgressSettings } from './room.ts'

/** What Info is answered with. */
export function hello({ announced }: Pick<EgressSettings, 'announced'>): ConvertMessage {
  return [{ type: 'supportedTcpExtensions', kinds: announced }]
}

//= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.5
//# Upon reception of an Extended Connect TLV, a Transport Converter
//# first checks whether or not it supports the TCP Options listed in the
//# TCP Options field.
//= https://www.rfc-editor.org/rfc/rfc8803#section-7.7
//# If a Transport Converter receives a Connect TLV that contains the
//# TCP-AO, it MUST reject the establishment of the connection with
//# error code set to "Unsupported TCP Option", except if the TCP-AO-NAT
//# option is used.
// No kernel copies a value into a SYN for us: whoever names one is refused, and so is Fast Open (ADR 0014).
//= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.5
//= type=exception
//# For the TCP options that are included in the TCP Options field with
//# an optional value, it MUST copy the entire option in the SYN sent to
//# the remote Server.
//= https://www.rfc-editor.org/rfc/rfc8803#section-7.6
//= type=exception
//# If such a Transport Converter receives a Connect TLV with the TCP
//# Fast Open Cookie option that does not contain a cookie, it MUST add
//# an empty TCP Fast Open Cookie option in the SYN sent to the remote
//# Server.
//= https://www.rfc-editor.org/rfc/rfc8803#section-7.6
//= type=exception
//# If such a Transport Converter receives a Connect TLV with the TCP
//# Fast Open Cookie option that contains a cookie, it MUST copy the TCP
//# Fast Open Cookie option in the SYN sent to the remote Server.
/** The kinds that cannot be had, each once: we know no way to, or not with the value asked for. */
export function refusedKinds(asked: readonly TcpOption[], honoured: readonly number[]): number[] {
  const refused = asked.filter(({ kind, value }) => value.length > 0 || !honoured.includes(kind))
  return [...new Set(refused.map(({ kind }) => kind))]
}

//= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.6
//# The Returned Extended TCP header field is a copy of the TCP Options
//# that were included in the SYN+ACK received by the Transport
//# Converter.
/** The options of the server's SYN+ACK as far as the kernel knows them. `fd` is connected. */
export function serverOptions(fd: number): Uint8Array {
  const multipath = mptcpToken(fd) !== undefined
  const options = listed({
    segmentBytes: peerSegmentBytes(fd),
    sackPermitted: false,
    timestamps: false,
    windowScale: undefined,
    ...readHandshake(fd),
    multipath,
  })
  const bytes = new Uint8Array(tcpOptionsBytes(options))
  writeTcpOptions(options, bytes, 0)
  return bytes
}

export interface SynAck {
  readonly segmentBytes: number | undefined
  readonly sackPermitted: boolean
  readonly timestamps: boolean
  readonly windowScale: number | undefined
  readonly multipath: boolean
}

/** In the order in which Linux writes them. What an option said is left out where nobody knows it. */
export function listed(synAck: SynAck): TcpOption[] {
  const options: TcpOption[] = []
  const { segmentBytes, windowScale } = synAck
  if (segmentBytes !== undefined) {
    const value = Uint8Array.of(segmentBytes >> 8, segmentBytes & 0xff)
    options.push({ kind: TcpOptionKind.maximumSegmentSize, value })
  }
  if (synAck.sackPermitted) options.push({ kind: TcpOptionKind.sackPermitted, value: NOTHING })
  if (synAck.timestamps) options.push({ kind: TcpOptionKind.timestamps, value: NOTHING })
  if (windowScale !== undefined) {
    options.push({ kind: TcpOptionKind.windowScale, value: Uint8Array.of(windowScale) })
  }
  if (synAck.multipath) options.push({ kind: TcpOptionKind.multipathTcp, value: NOTHING })
  return options
}

const NOTHING = new Uint8Array(0)
