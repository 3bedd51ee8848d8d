/**
 * Why does the concentrator not answer? To a probe it answers its own subscribers or nobody, so that a
 * wrong cookie and a dead host sound alike. Convert has words: while it is unreachable, it is asked by
 * plain TCP now and then, as any client might (RFC 8803 section 6.2.3), for the sake of a sentence.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { CpeConfig } from '../../shared/config/cpe.ts'
import { type Decoded, decodeConvert, encodeConvert } from '../../shared/wire/convert.ts'
import { whatRefusalMeans } from '../data/refusal.ts'

type Asked = Pick<CpeConfig, 'concentrator' | 'subscriber'>

export class Inquiry {
  readonly #asked: Asked
  readonly #onAnswer: (why: string) => void
  readonly #stop = new AbortController()
  #againMs = -Infinity
  #unreachable = false
  #said = ''

  /** `onAnswer` hears each sentence once, until it is another one or the concentrator has been back. */
  constructor(asked: Asked, onAnswer: (why: string) => void) {
    this.#asked = asked
    this.#onAnswer = onAnswer
  }

  /** Ask if it is time. To be called with every tick of steering. */
  look(unreachable: boolean, nowMs: number): void {
    this.#unreachable = unreachable
    if (!unreachable) this.#said = ''
    if (!unreachable || nowMs < this.#againMs) return
    this.#againMs = nowMs + ASK_AGAIN_MS
    void this.#ask()
  }

  async #ask(): Promise<void> {
    const why = await askInWords(this.#asked, this.#stop.signal)
    // Who has just come back by TCP answers probes in a moment, and there is nothing to say.
    await pause(SETTLE_MS)
    if (!this.#unreachable || why === this.#said || this.#stop.signal.aborted) return
    this.#said = why
    this.#onAnswer(why)
  }

  [Symbol.dispose](): void {
    this.#stop.abort()
  }
}

/** One hello to each address until one answers. The sentence that the last of them led to. */
export async function askInWords(
  { concentrator: { addresses, port }, subscriber }: Asked,
  stop: AbortSignal,
): Promise<string> {
  let why = ''
  for (const host of addresses) {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(ANSWER_MS_MAX)])
    try {
      return meaningOf(await hello(host, port, subscriber.cookie, signal), port)
    } catch (error) {
      const { code, name } = error as NodeJS.ErrnoException
      why =
        code === 'ECONNREFUSED'
          ? `nobody listens on TCP port ${port} of ${host}`
          : `${host} does not answer on TCP port ${port} (${name === 'AbortError' ? 'silence' : code})`
    }
  }
  return why
}

async function hello(
  host: string,
  port: number,
  cookie: Uint8Array,
  signal: AbortSignal,
): Promise<Decoded> {
  const socket = connect({ host, port, signal })
  try {
    await once(socket, 'connect')
    socket.write(encodeConvert([{ type: 'info' }, { type: 'cookie', cookie }]))
    let bytes: Uint8Array = new Uint8Array(0)
    for await (const piece of socket as AsyncIterable<Buffer>) {
      bytes = Buffer.concat([bytes, piece])
      const decoded = decodeConvert(bytes)
      if (decoded.kind !== 'incomplete') return decoded
    }
    return decodeConvert(bytes)
  } finally {
    socket.destroy()
  }
}

function meaningOf(answer: Decoded, port: number): string {
  if (answer.kind === 'incomplete') return 'the concentrator closes the connection without a word'
  if (answer.kind !== 'message') return `whoever listens on TCP port ${port} does not speak Convert`
  const error = answer.message.find((tlv) => tlv.type === 'error')
  return error === undefined
    ? `the concentrator knows us by TCP; let UDP port ${port} through, both ways`
    : whatRefusalMeans(error).why
}

const ASK_AGAIN_MS = 60_000
const ANSWER_MS_MAX = 3_000
const SETTLE_MS = 2_000
