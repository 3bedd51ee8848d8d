/**
 * What a Convert exchange amounted to: a verdict, lines for people, an object for programs.
 */
import type { ConvertMessage, ConvertTlv, Decoded } from '../shared/wire/convert.ts'
import {
  describeError,
  describeTlv,
  formatEndpoint,
  formatHex,
  plainTlv,
} from '../shared/wire/convert-words.ts'
import type { Endpoint } from './endpoint.ts'
import type { Exchange, Question } from './exchange.ts'

export interface Report {
  readonly question: Question
  readonly server: Endpoint | undefined
  readonly message: ConvertMessage
  /** The message's bytes, without early data. */
  readonly sent: Uint8Array
  readonly exchange: Exchange
}

export interface Verdict {
  /** The exit status, as --help explains it. */
  readonly status: 0 | 1 | 3 | 4
  /** One sentence. */
  readonly why: string
}

type Heard = Extract<Exchange, { kind: 'heard' }>

export function verdictOf({ exchange, server, question }: Report): Verdict {
  if (exchange.kind === 'unconnected') {
    const to = formatEndpoint(question.via)
    return { status: 3, why: `There is no connection to ${to}: ${exchange.why}` }
  }
  const { decoded } = exchange
  if (decoded.kind !== 'message') return { status: 4, why: whyNoAnswer(exchange) }
  const no = decoded.message.find((tlv) => tlv.type === 'error')
  if (no !== undefined) return { status: 1, why: `No: ${describeError(no)}` }
  const yes = server === undefined ? 'the concentrator answers' : 'the server is connected'
  return { status: 0, why: `Yes: ${yes}` }
}

function whyNoAnswer({ decoded, received, ending }: Heard): string {
  switch (decoded.kind) {
    case 'alien':
      return `The answer is not Convert: it begins ${formatHex(received.subarray(0, 8))}`
    case 'refused':
      return `The answer is Convert, but deserves error ${decoded.code}: ${formatHex(decoded.received)}`
    default: {
      const before = received.length === 0 ? 'without an answer' : 'in the middle of its answer'
      const ends = { closed: 'closed', reset: 'reset', open: 'left', silent: 'fell silent' }
      return `The concentrator ${ends[ending]} ${before}`
    }
  }
}

/** Where the answer is valid, but not what RFC 8803 lets a client expect. */
function* remarksOn({ exchange, message }: Report): Generator<string> {
  if (exchange.kind !== 'heard') return
  if (exchange.synDataTaken === false) {
    //= https://www.rfc-editor.org/rfc/rfc8803#section-8
    //# The Client MUST
    //# stop to use this Transport Converter given the middlebox
    //# interference.
    yield 'The SYN was acknowledged without its data: something on the way, or the concentrator, does not take data in SYNs'
  }
  const { decoded } = exchange
  if (decoded.kind !== 'message') return
  const answers = (type: ConvertTlv['type']) => decoded.message.some((tlv) => tlv.type === type)
  if (answers('error')) return
  //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.6
  //# A Transport Converter MUST
  //# return this TLV if the Client sent an Extended Connect TLV and the
  //# connection was accepted by the Server.
  const extended = message.some((tlv) => tlv.type === 'connect' && tlv.options !== undefined)
  if (extended && !answers('extendedTcpHeader')) {
    yield 'RFC 8803 owes an Extended TCP Header for an Extended Connect, and there is none'
  }
  if (message.some(({ type }) => type === 'info') && !answers('supportedTcpExtensions')) {
    yield 'Info was asked, and Supported TCP Extensions are not in the answer'
  }
}

export function describeReport(report: Report, withHex: boolean): string {
  const { question, server, message, sent, exchange } = report
  const lines: string[] = []
  for (const end of [question.via, server]) {
    if (end?.resolved === undefined) continue
    const { name, addresses } = end.resolved
    const first = formatEndpoint(end)
    lines.push(`${name} is ${first}${addresses.length > 1 ? `, of ${addresses.join(', ')}` : ''}`)
  }
  const words = (bytes: Uint8Array, tlvs: ConvertMessage) => [
    ...(tlvs.length === 0 ? ['  the header alone'] : tlvs.map((tlv) => `  ${describeTlv(tlv)}`)),
    ...(withHex ? dump(bytes) : []),
  ]
  if (exchange.kind === 'heard') {
    const { connectMs, received, decoded, answerMs } = exchange
    lines.push(
      `Connected to ${formatEndpoint(question.via)} in ${ms(connectMs)} over ${carrierOf(report)}`,
      `Sent a message of ${sent.length} bytes${earlyOf(report)}`,
      ...words(sent, message),
    )
    if (decoded.kind === 'message') {
      const { bytesUsed } = decoded
      lines.push(
        `Received a message of ${bytesUsed} bytes ${ms(answerMs ?? 0)} later`,
        ...words(received.subarray(0, bytesUsed), decoded.message),
        ...describeServer(exchange, decoded, question),
      )
    } else if (withHex && received.length > 0) {
      lines.push(`Received ${received.length} bytes`, ...dump(received))
    }
  }
  for (const remark of remarksOn(report)) lines.push(`${remark}.`)
  return [...lines, verdictOf(report).why].join('\n')
}

function describeServer(
  { received, ending }: Heard,
  { bytesUsed }: { readonly bytesUsed: number },
  { wantsServer }: Question,
): string[] {
  const bytes = received.subarray(bytesUsed)
  if (bytes.length > 0) return [`The server said ${printable(bytes)}`]
  return wantsServer && ending !== 'open' ? [`The server said nothing: ${ending}`] : []
}

function carrierOf({ question, exchange }: Report): string {
  const synData = question.fastOpen ? ', said in the SYN' : ''
  if (exchange.kind === 'heard' && exchange.multipath) return `Multipath TCP${synData}`
  return question.multipath
    ? `plain TCP, although Multipath TCP was asked${synData}`
    : `plain TCP${synData}`
}

function earlyOf({ question, sent }: Report): string {
  const early = question.bytes.length - sent.length
  return early === 0 ? '' : ` and ${early} bytes of early data`
}

export function plainReport(report: Report): Readonly<Record<string, unknown>> {
  const { question, server, message, sent, exchange } = report
  const { status, why } = verdictOf(report)
  const asked = {
    status,
    why,
    remarks: [...remarksOn(report)],
    via: plainEnd(question.via),
    server: server === undefined ? null : plainEnd(server),
    asked: { multipath: question.multipath, fastOpen: question.fastOpen },
    sent: { hex: formatHex(sent), tlvs: message.map(plainTlv) },
  }
  if (exchange.kind === 'unconnected') return asked
  const { multipath, synDataTaken, connectMs, answerMs, received, decoded, ending } = exchange
  const end = lengthOf(decoded) ?? received.length
  return {
    ...asked,
    multipath,
    synDataTaken: synDataTaken ?? null,
    connectMs,
    answerMs: answerMs ?? null,
    received: {
      hex: formatHex(received.subarray(0, end)),
      tlvs: decoded.kind === 'message' ? decoded.message.map(plainTlv) : null,
    },
    serverBytes: formatHex(received.subarray(end)),
    ending,
  }
}

function plainEnd({ address, port, resolved }: Endpoint): Readonly<Record<string, unknown>> {
  return { endpoint: formatEndpoint({ address, port }), ...resolved }
}

function lengthOf(decoded: Decoded): number | undefined {
  return decoded.kind === 'message' ? decoded.bytesUsed : undefined
}

/** Sixteen bytes a line, in words of four. */
function dump(bytes: Uint8Array): string[] {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += 16) {
    const words = formatHex(bytes.subarray(at, at + 16)).match(/.{1,8}/g) ?? []
    lines.push(`    ${at.toString(16).padStart(4, '0')}  ${words.join(' ')}`)
  }
  return lines
}

/** As --send takes it: what is no printable ASCII could tell a terminal what to do. */
function printable(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('latin1')
    .replaceAll(/[^ -~]|\\/g, (letter) => {
      const code = letter.charCodeAt(0).toString(16).padStart(2, '0')
      return ESCAPED[letter] ?? `\\x${code}`
    })
}

function ms(milliseconds: number): string {
  return `${milliseconds.toFixed(1)} ms`
}

const ESCAPED: Readonly<Record<string, string>> = {
  '\r': '\\r',
  '\n': '\\n',
  '\t': '\\t',
  '\\': '\\\\',
}
