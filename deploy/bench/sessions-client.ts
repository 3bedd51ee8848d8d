/**
 * So many homes in one process, each with a control session: they prove themselves, report, and say how long a policy
 * took to reach them. For `bench -- sessions`; run in the street by sessions.ts.
 *
 *     node sessions-client.ts ADDRESS PORT HOMES REPORT_S
 *
 * Tells one JSON object a line: {"open":n} while they come, {"version":v,"atMs":t} for each policy.
 */
import { connect } from 'node:tls'
import { spoken } from '../../shared/config/control-messages.ts'
import {
  credentialOf,
  EXPORTER_BYTES,
  EXPORTER_LABEL,
  proofOf,
} from '../../shared/session/credential.ts'
import { encodeFrame, FRAME_BYTES_MAX, FrameReader } from '../../shared/wire/control-frame.ts'
import { secretOf } from './sessions.ts'

const [host = '', port = '', homes = '', reportS = ''] = process.argv.slice(2)
/** Handshakes under way: the client is one process. */
const HOMES_AT_ONCE = 50
let open = 0

for (let i = 0; i < Number(homes); i += HOMES_AT_ONCE) {
  const some = Array.from({ length: Math.min(HOMES_AT_ONCE, Number(homes) - i) }, (_, j) => i + j)
  await Promise.all(some.map(come))
  tell({ open })
}

/** Resolves when it has been welcomed; its session stays. */
function come(number: number): Promise<void> {
  const id = `home-${number}`
  const { promise, resolve } = Promise.withResolvers<void>()
  const socket = connect({
    host,
    port: Number(port),
    minVersion: 'TLSv1.3',
    rejectUnauthorized: false,
  })
  const reader = new FrameReader(FRAME_BYTES_MAX)
  const say = (object: Readonly<Record<string, unknown>>) => socket.write(encodeFrame(object))
  socket.on('secureConnect', () => {
    const exporter = socket.exportKeyingMaterial(EXPORTER_BYTES, EXPORTER_LABEL, Buffer.alloc(0))
    const proof = spoken(proofOf(credentialOf(secretOf(number)), exporter, id))
    const versions = { min: 1, max: 1 }
    say({ type: 'hello', versions, id, proof, software: 'bench', leg: 'dsl' })
  })
  socket.on('data', (chunk: Uint8Array) => {
    const read = reader.read(chunk)
    if (read.kind === 'broken') throw new Error(read.why)
    for (const { type, version } of read.objects) {
      if (type === 'policy') {
        say({ type: 'applied', version })
        tell({ version, atMs: Date.now() })
      }
      if (type !== 'welcome') continue
      open += 1
      resolve()
      const everyMs = Number(reportS) * 1_000
      setTimeout(() => {
        say(report())
        setInterval(() => say(report()), everyMs)
      }, Math.random() * everyMs)
    }
  })
  socket.on('error', (error) => {
    throw error
  })
  return promise
}

/** Of a home at rest. */
function report() {
  const leg = { state: 'up', reason: 'dsl-up probe answered in 21 ms', rttMs: 21.3 }
  const none = { upBytes: 123_456, downBytes: 123_456_789 }
  return {
    type: 'report',
    atMs: Date.now(),
    legs: { dsl: leg, lte: leg },
    concentrator: { state: 'reachable', reason: 'concentrator answers probes' },
    usage: { epoch: '0123456789abcdef', dsl: none, lte: none },
    reasons: [],
  }
}

function tell(object: object): void {
  process.stdout.write(`${JSON.stringify(object)}\n`)
}
