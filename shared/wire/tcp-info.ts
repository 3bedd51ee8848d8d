/**
 * What the kernel knows about one TCP subflow and about one MPTCP connection: struct tcp_info,
 * struct mptcp_info, and the lists that MPTCP_TCPINFO and MPTCP_SUBFLOW_ADDRS answer.
 *
 *   struct mptcp_subflow_data       size of itself u32, number of subflows u32,
 *                                   size the kernel has u32, size we take u32
 *   then as many times              struct tcp_info, or two struct sockaddr_storage: local, remote
 *
 * Kernels append to these structures and never reorder them, so a shorter one is an older one: what is
 * missing reads as 0. (include/uapi/linux/tcp.h, mptcp.h; sizes of Linux 6.18)
 */
import { viewOf } from './netlink.ts'
import { decodeSockaddr } from './sockaddr.ts'

export interface TcpInfo {
  /** `TcpState` in inet-diag.ts. */
  readonly state: number
  /** In milliseconds, with microseconds behind the point. */
  readonly rttMs: number
  readonly rttVariationMs: number
  /** The least seen lately; 0 before the first sample. */
  readonly rttMsMin: number
  readonly timeoutMs: number
  /** How many timeouts in a row had no answer; above 0 the path is in trouble. */
  readonly backoff: number
  readonly congestionWindowSegments: number
  readonly segmentBytes: number
  /** The largest packet that the path is known to carry. */
  readonly pathMtuBytes: number
  readonly unackedSegments: number
  readonly lostSegments: number
  /** Since something last went out, came in, or was acknowledged. */
  readonly lastDataSentMs: number
  readonly lastDataReceivedMs: number
  readonly lastAckReceivedMs: number
  readonly retransmittedSegments: number
  /** With data in them; `outOfOrderSegments` are those that came in behind a gap. */
  readonly dataSegmentsSent: number
  readonly dataSegmentsReceived: number
  readonly outOfOrderSegments: number
  /** A round trip as who only receives can tell it; 0 before the first sample. */
  readonly receiveRttMs: number
  readonly bytesAcked: number
  readonly bytesReceived: number
  readonly bytesSent: number
  readonly bytesRetransmitted: number
  /** Waiting in the send buffer, not sent yet. */
  readonly unsentBytes: number
  readonly pacingBytesPerSecond: number
  readonly deliveryBytesPerSecond: number
  /** `deliveryBytesPerSecond` was limited by us having too little to send. */
  readonly appLimited: boolean
}

export interface MptcpInfo {
  /** Beside the first one. */
  readonly extraSubflows: number
  /** It is plain TCP after all. */
  readonly fellBack: boolean
  readonly token: number
  readonly bytesSent: number
  readonly bytesReceived: number
  readonly bytesAcked: number
  readonly bytesRetransmitted: number
  /** All subflows, with the first if it still lives; 0 on kernels before 6.5. */
  readonly subflows: number
}

/** What both ends have agreed on in the handshake, because the peer's SYN or SYN+ACK offered it. */
export interface Handshake {
  readonly sackPermitted: boolean
  readonly timestamps: boolean
  /** The shift in the peer's window scale option; undefined without one. */
  readonly windowScale: number | undefined
}

/** The two ends of a subflow. */
export interface SubflowAddresses {
  readonly local: { readonly address: Uint8Array; readonly port: number }
  readonly remote: { readonly address: Uint8Array; readonly port: number }
}

/** Since anything came in, data or acknowledgement: two numbers of struct tcp_info, for who asks thousands. */
export function silentMsOf(bytes: Uint8Array): number {
  const view = whole(bytes, TCP_INFO_BYTES)
  return Math.min(view.getUint32(52, true), view.getUint32(56, true))
}

/** struct tcp_info, from TCP_INFO, MPTCP_TCPINFO or inet_diag. */
export function decodeTcpInfo(bytes: Uint8Array): TcpInfo {
  const view = whole(bytes, TCP_INFO_BYTES)
  return {
    state: view.getUint8(0),
    backoff: view.getUint8(4),
    appLimited: (view.getUint8(7) & 1) !== 0,
    timeoutMs: view.getUint32(8, true) / 1_000,
    segmentBytes: view.getUint32(16, true),
    unackedSegments: view.getUint32(24, true),
    lostSegments: view.getUint32(32, true),
    lastDataSentMs: view.getUint32(44, true),
    lastDataReceivedMs: view.getUint32(52, true),
    lastAckReceivedMs: view.getUint32(56, true),
    pathMtuBytes: view.getUint32(60, true),
    rttMs: view.getUint32(68, true) / 1_000,
    rttVariationMs: view.getUint32(72, true) / 1_000,
    congestionWindowSegments: view.getUint32(80, true),
    receiveRttMs: view.getUint32(92, true) / 1_000,
    retransmittedSegments: view.getUint32(100, true),
    pacingBytesPerSecond: u64(view, 104),
    bytesAcked: u64(view, 120),
    bytesReceived: u64(view, 128),
    unsentBytes: view.getUint32(144, true),
    rttMsMin: minimumRtt(view.getUint32(148, true)),
    dataSegmentsReceived: view.getUint32(152, true),
    dataSegmentsSent: view.getUint32(156, true),
    deliveryBytesPerSecond: u64(view, 160),
    bytesSent: u64(view, 200),
    bytesRetransmitted: u64(view, 208),
    outOfOrderSegments: view.getUint32(224, true),
  }
}

/** The agreed options in struct tcp_info: the `tcpi_options` bits, and the peer's window shift. */
export function decodeHandshake(bytes: Uint8Array): Handshake {
  const view = whole(bytes, TCP_INFO_BYTES)
  const options = view.getUint8(5)
  return {
    timestamps: (options & OPTION_TIMESTAMPS) !== 0,
    sackPermitted: (options & OPTION_SACK) !== 0,
    windowScale: (options & OPTION_WINDOW_SCALE) === 0 ? undefined : view.getUint8(6) & 0x0f,
  }
}

/**
 * The largest packet that leaves: what the path is known to carry, or what the peer's maximum segment size allows, which
 * it, or a modem on the way, may have said because a link there is narrower.
 */
export function packetBytesMax(
  { pathMtuBytes, segmentBytes }: Pick<TcpInfo, 'pathMtuBytes' | 'segmentBytes'>,
  { timestamps }: Pick<Handshake, 'timestamps'>,
  family: 'ipv4' | 'ipv6',
): number {
  const headers = (family === 'ipv4' ? 20 : 40) + 20 + (timestamps ? TIMESTAMPS_BYTES : 0)
  return Math.min(pathMtuBytes, segmentBytes + headers)
}

/** struct mptcp_info, from MPTCP_INFO. The call itself fails on plain TCP and after a fallback. */
export function decodeMptcpInfo(bytes: Uint8Array): MptcpInfo {
  const view = whole(bytes, MPTCP_INFO_BYTES)
  return {
    extraSubflows: view.getUint8(0),
    fellBack: (view.getUint32(8, true) & 1) !== 0,
    token: view.getUint32(12, true),
    bytesRetransmitted: u64(view, 48),
    bytesSent: u64(view, 56),
    bytesReceived: u64(view, 64),
    bytesAcked: u64(view, 72),
    subflows: view.getUint8(80),
  }
}

/** A buffer for getsockopt(MPTCP_TCPINFO) of at most `subflowsMax` subflows. */
export function tcpInfoListBuffer(subflowsMax: number): Uint8Array<ArrayBuffer> {
  return listBuffer(subflowsMax, TCP_INFO_BYTES)
}

/** A buffer for getsockopt(MPTCP_SUBFLOW_ADDRS) of at most `subflowsMax` subflows. */
export function addressListBuffer(subflowsMax: number): Uint8Array<ArrayBuffer> {
  return listBuffer(subflowsMax, ADDRESSES_BYTES)
}

/** What getsockopt made of `tcpInfoListBuffer`: in the same order as the addresses. */
export function decodeTcpInfoList(bytes: Uint8Array): TcpInfo[] {
  return listItems(bytes).map(decodeTcpInfo)
}

/** What getsockopt made of `addressListBuffer`. Subflows whose address cannot be read are left out. */
export function decodeAddressList(bytes: Uint8Array): SubflowAddresses[] {
  return listItems(bytes).flatMap((item) => {
    const local = decodeSockaddr(item.subarray(0, STORAGE_BYTES))
    const remote = decodeSockaddr(item.subarray(STORAGE_BYTES))
    return local === undefined || remote === undefined ? [] : [{ local, remote }]
  })
}

function listBuffer(subflowsMax: number, itemBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(LIST_BYTES + subflowsMax * itemBytes)
  const view = viewOf(bytes)
  view.setUint32(0, LIST_BYTES, true)
  view.setUint32(12, itemBytes, true)
  return bytes
}

function listItems(bytes: Uint8Array): Uint8Array[] {
  if (bytes.length < LIST_BYTES) return []
  const view = viewOf(bytes)
  const from = view.getUint32(0, true)
  const itemBytes = view.getUint32(12, true)
  if (from < LIST_BYTES || itemBytes === 0) return []

  const items: Uint8Array[] = []
  // The kernel counts all subflows, also those there was no room for.
  for (let left = view.getUint32(4, true), at = from; left > 0; left--, at += itemBytes) {
    if (at + itemBytes > bytes.length) break
    items.push(bytes.subarray(at, at + itemBytes))
  }
  return items
}

/** A view of at least `size` bytes: zeros behind what an older kernel gave. */
function whole(bytes: Uint8Array, size: number): DataView {
  if (bytes.length >= size) return viewOf(bytes)
  const padded = new Uint8Array(size)
  padded.set(bytes)
  return viewOf(padded)
}

/** Exact up to 9 PB. */
function u64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32
}

function minimumRtt(microseconds: number): number {
  return microseconds === NO_SAMPLE ? 0 : microseconds / 1_000
}

// linux/tcp.h: TCPI_OPT_*.
const OPTION_TIMESTAMPS = 1
const OPTION_SACK = 2
const OPTION_WINDOW_SCALE = 4
/** With their padding: of the header, so that they are no part of a segment's size. */
const TIMESTAMPS_BYTES = 12
const TCP_INFO_BYTES = 280
const MPTCP_INFO_BYTES = 96
/** The kernel's word for "no round trip measured yet". */
const NO_SAMPLE = 0xffff_ffff
const LIST_BYTES = 16
const STORAGE_BYTES = 128
const ADDRESSES_BYTES = 2 * STORAGE_BYTES
