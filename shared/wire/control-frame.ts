/**
 * The frames of the control session between a home and its concentrator (ADR 0036): one JSON object each,
 * in front of it how many bytes of UTF-8 it has.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------------------------------------------------------+
 *   |               Length of the object, 2 to bytesMax             |
 *   +---------------------------------------------------------------+
 *   |  {"type":"hello", ...                                         |
 *
 * TLS is below and carries them in order. What the objects mean stands in config/control-messages.ts.
 */

/** What has arrived so far amounts to. Network input never throws. */
export type ReadFrames =
  | { readonly kind: 'frames'; readonly objects: readonly FrameObject[] }
  /** Nobody who speaks this says that: the connection is of no further use. */
  | { readonly kind: 'broken'; readonly why: string }

export type FrameObject = Readonly<Record<string, unknown>>

/** Keeps what is not a whole frame yet, at most one frame of `bytesMax`. */
export class FrameReader {
  /** May grow: who has shown who he is may say more. */
  bytesMax: number
  /** Of the frame that is arriving: first its length alone. */
  #frame = new Uint8Array(LENGTH_BYTES)
  #filled = 0

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  /** `chunk` is not kept. However small the chunks are, each byte is copied once. */
  read(chunk: Uint8Array): ReadFrames {
    const objects: FrameObject[] = []
    for (let at = 0; at < chunk.length; ) {
      const taken = chunk.subarray(at, at + this.#frame.length - this.#filled)
      this.#frame.set(taken, this.#filled)
      this.#filled += taken.length
      at += taken.length
      if (this.#filled < this.#frame.length) break
      if (this.#filled === LENGTH_BYTES) {
        const length = new DataView(this.#frame.buffer).getUint32(0)
        if (length < OBJECT_BYTES_MIN || length > this.bytesMax) {
          return { kind: 'broken', why: `a frame of ${length} bytes` }
        }
        this.#frame = new Uint8Array(LENGTH_BYTES + length)
        continue
      }
      const object = parsed(this.#frame.subarray(LENGTH_BYTES))
      if (object === undefined) return { kind: 'broken', why: 'a frame that is no JSON object' }
      objects.push(object)
      this.#frame = new Uint8Array(LENGTH_BYTES)
      this.#filled = 0
    }
    return { kind: 'frames', objects }
  }
}

/** Throws RangeError for an object that no reader would take: that is our own mistake. */
export function encodeFrame(object: FrameObject): Uint8Array {
  const text = ENCODER.encode(JSON.stringify(object))
  if (text.length > FRAME_BYTES_MAX) {
    throw new RangeError(`Cannot say ${String(object['type'])}: it has ${text.length} bytes`)
  }
  const frame = new Uint8Array(LENGTH_BYTES + text.length)
  new DataView(frame.buffer).setUint32(0, text.length)
  frame.set(text, LENGTH_BYTES)
  return frame
}

function parsed(bytes: Uint8Array): FrameObject | undefined {
  try {
    const value: unknown = JSON.parse(DECODER.decode(bytes))
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as FrameObject) : undefined
  } catch {
    return undefined
  }
}

/** A policy with 500 rules has about 100 KB. */
export const FRAME_BYTES_MAX = 262_144
/** Until it is known who speaks. */
export const HELLO_BYTES_MAX = 4_096

const LENGTH_BYTES = 4
/** `{}` */
const OBJECT_BYTES_MIN = 2
const DECODER = new TextDecoder('utf-8', { fatal: true })
const ENCODER = new TextEncoder()
