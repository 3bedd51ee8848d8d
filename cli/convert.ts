/**
 * `hybridge convert HOST:PORT --via CONCENTRATOR`: speak RFC 8803 by hand. What is asked is put together
 * here, said in exchange.ts and told in report.ts.
 */
import { Command, InvalidArgumentError } from 'commander'
import type { ConvertMessage, ConvertTlv } from '../shared/wire/convert.ts'
import type { TcpOption } from '../shared/wire/tcp-option.ts'
import { parseEndpoint, resolveEndpoint } from './endpoint.ts'
import { Misuse } from './misuse.ts'
import type { Report } from './report.ts'

interface Options {
  readonly via: string
  readonly cookie?: Uint8Array
  readonly info?: true
  readonly option?: readonly TcpOption[]
  readonly send?: Uint8Array
  readonly plain?: true
  readonly tfo?: true
  readonly timeout: number
  readonly hex?: true
  readonly json?: true
}

export function convertCommand(exit: (status: number) => void): Command {
  return new Command('convert')
    .description('Speak the 0-RTT TCP Convert Protocol (RFC 8803) to a concentrator by hand.')
    .argument('[HOST:PORT]', 'the server to ask for; none with --info alone')
    .requiredOption('--via <CONCENTRATOR[:PORT]>', `the concentrator; port ${VIA_PORT} unless said`)
    .option('--cookie <HEX>', 'who we are', bytesOfHex)
    .option('--info', 'ask what the concentrator supports')
    .option('--option <KIND[:HEX]>', 'a TCP option for its SYN; again for more', addOption)
    .option('--send <TEXT>', String.raw`early data behind the message; \r, \n, \xHH`, bytesOfText)
    .option('--plain', 'over plain TCP instead of Multipath TCP')
    .option('--tfo', 'say it in the SYN')
    .option('--timeout <S>', 'seconds for the connection, and again for the answer', seconds, 15)
    .option('--hex', 'show the bytes of both messages')
    .option('--json', 'as one object, for programs')
    .addHelpText('after', STATUS)
    .action(async (target: string | undefined, options: Options) => {
      const report = await ask(target, options)
      const { describeReport, plainReport, verdictOf } = await import('./report.ts')
      const { status } = verdictOf(report)
      console.log(
        options.json
          ? JSON.stringify(plainReport(report), undefined, 2)
          : describeReport(report, options.hex === true),
      )
      exit(status)
    })
}

async function ask(target: string | undefined, options: Options): Promise<Report> {
  const { cookie, info, option: tcpOptions = [], plain, tfo, send, timeout } = options
  if (target === undefined && info !== true) {
    throw new Misuse('Nothing is asked: name a HOST:PORT, or ask with --info')
  }
  if (target === undefined && (tcpOptions.length > 0 || send !== undefined)) {
    throw new Misuse('--option and --send are for a server: name its HOST:PORT')
  }
  const writtenVia = parseEndpoint(options.via, VIA_PORT)
  const writtenTarget = target === undefined ? undefined : parseEndpoint(target)
  const [via, server] = await Promise.all([
    resolveEndpoint(writtenVia),
    writtenTarget && resolveEndpoint(writtenTarget),
  ])
  const message: ConvertTlv[] = []
  if (info) message.push({ type: 'info' })
  if (server !== undefined) {
    const { address, port } = server
    const asked = tcpOptions.length > 0 && { options: tcpOptions }
    message.push({ type: 'connect', address, port, ...asked })
  }
  if (cookie !== undefined) message.push({ type: 'cookie', cookie })
  const sent = await encoded(message)
  const question = {
    via,
    //= https://www.rfc-editor.org/rfc/rfc8803#section-6
    //# If the initial SYN message contains user data in its payload (e.g.,
    //# see [RFC7413]), that data MUST be placed right after the Convert TLVs
    //# when generating the SYN.
    bytes: Buffer.concat([sent, send ?? new Uint8Array(0)]),
    multipath: plain !== true,
    fastOpen: tfo === true,
    wantsServer: send !== undefined,
    timeoutMs: timeout * 1_000,
  }
  // Sockets and the codec are half of what starting takes, and no other command needs them.
  const { exchange } = await import('./exchange.ts')
  return { question, server, message, sent, exchange: exchange(question) }
}

/** What a message cannot say is the fault of the line that asked for it. */
async function encoded(message: ConvertMessage): Promise<Uint8Array> {
  const { encodeConvert } = await import('../shared/wire/convert.ts')
  try {
    return encodeConvert(message)
  } catch (error) {
    if (error instanceof RangeError) throw new Misuse(error.message)
    throw error
  }
}

function bytesOfHex(text: string): Uint8Array {
  if (/^([0-9a-f]{2})+$/i.test(text)) return Buffer.from(text, 'hex')
  throw new InvalidArgumentError('It must be whole bytes in hex, such as c00c1e42.')
}

function addOption(text: string, earlier: readonly TcpOption[] = []): readonly TcpOption[] {
  const [, kind, value] = /^(\d{1,3})(?::((?:[0-9a-f]{2})*))?$/i.exec(text) ?? []
  if (kind === undefined) {
    throw new InvalidArgumentError(
      'It must be KIND or KIND:HEX, such as 30 or 34:1122334455667788.',
    )
  }
  return [...earlier, { kind: Number(kind), value: Buffer.from(value ?? '', 'hex') }]
}

function bytesOfText(text: string): Uint8Array {
  const plain = text.replaceAll(
    /\\(?:x([0-9a-f]{2})|(.))/gi,
    (_, hex: string | undefined, letter: string) =>
      hex === undefined
        ? (ESCAPES[letter] ?? letter)
        : String.fromCharCode(Number.parseInt(hex, 16)),
  )
  const bytes = Buffer.from(plain, 'latin1')
  if (bytes.length <= EARLY_BYTES_MAX) return bytes
  throw new InvalidArgumentError(`It must be at most ${EARLY_BYTES_MAX} bytes.`)
}

function seconds(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value > 0 && value <= TIMEOUT_S_MAX) return value
  throw new InvalidArgumentError(`It must be a number above 0, at most ${TIMEOUT_S_MAX}.`)
}

const ESCAPES: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '0': '\0' }
/** RFC 8803 assigns no port; this one stands in our examples. */
const VIA_PORT = 8_803
const EARLY_BYTES_MAX = 16_384
const TIMEOUT_S_MAX = 600
const STATUS = `
Exit status:
  0  yes: the server is connected, or the concentrator has told what it supports
  1  no: the concentrator answered with an error, which is named
  2  the command line cannot be understood, or a name in it is not known
  3  no connection to the concentrator
  4  a connection, but no valid Convert answer over it`
