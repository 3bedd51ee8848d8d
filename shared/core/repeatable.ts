/**
 * May these first bytes of a connection be said a second time, to the same server, when nobody knows
 * whether it has heard them? What changes nothing may: the greeting of TLS, and a request that only reads.
 */

/** `bytes`: everything the client has said so far. Nothing at all is always repeatable. */
export function isRepeatable(bytes: Uint8Array): boolean {
  if (bytes.length === 0) return true
  return bytes[0] === TLS_HANDSHAKE ? isTlsGreeting(bytes) : isReadingRequest(bytes)
}

/**
 * Handshake records alone (RFC 8446 section 5.1). Application data behind them, TLS's own 0-RTT, could be
 * an order for a server that does not look for replays (section 8).
 */
function isTlsGreeting(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; ) {
    const type = bytes[at]
    if (type !== TLS_HANDSHAKE && type !== TLS_CHANGE_CIPHER_SPEC) return false
    if (at + TLS_HEADER_BYTES > bytes.length) return true
    at += TLS_HEADER_BYTES + bytes[at + 3]! * 256 + bytes[at + 4]!
  }
  return true
}

//= https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2
//# A proxy MUST NOT automatically retry non-idempotent requests.
function isReadingRequest(bytes: Uint8Array): boolean {
  const text = String.fromCharCode(...bytes.subarray(0, REQUEST_BYTES_MAX))
  if (!READING.some((method) => text.startsWith(method))) return false
  // What stands behind the end of its head is a body, or a second request.
  const end = text.indexOf(HEAD_END)
  return bytes.length <= REQUEST_BYTES_MAX && (end < 0 || end + HEAD_END.length === text.length)
}

const TLS_HANDSHAKE = 0x16
const TLS_CHANGE_CIPHER_SPEC = 0x14
const TLS_HEADER_BYTES = 5
const READING = ['GET ', 'HEAD ']
const HEAD_END = '\r\n\r\n'
/** Longer heads than this carry more than a request. */
const REQUEST_BYTES_MAX = 8_192
