/**
 * A LAN host that downloads or uploads and tells, as it goes, when each byte moved. Runs in `home`.
 *
 *   node deploy/lab/client.ts get URL            read to the end
 *   node deploy/lab/client.ts get URL SECONDS    read for that long, then hang up
 *   node deploy/lab/client.ts put URL BYTES      send that much of the street's content
 *
 * One JSON object a line on stdout: progress every 100 ms, and the report at the end (transfer.ts).
 */
import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { performance } from 'node:perf_hooks'
import { Content } from './content.ts'
import { type Progress, type Report, SAMPLE_MS } from './transfer.ts'

const [verb, url = '', amount] = process.argv.slice(2)
const startMs = performance.now()
const hash = createHash('sha256')
let bytes = 0
let lastMs = 0
let firstByteMs = 0
let longestGapMs = 0
let over = false

const sampling = setInterval(() => tell({ atMs: elapsedMs(), bytes }), SAMPLE_MS)
if (verb === 'get') get(amount === undefined ? undefined : Number(amount))
else if (verb === 'put') put(Number(amount))
else throw new Error(`Cannot ${verb}: there is get and put`)

function get(seconds: number | undefined): void {
  const asking = request(url, (answer) => {
    firstByteMs = elapsedMs()
    lastMs = firstByteMs
    answer.on('data', (chunk: Buffer) => {
      moved(chunk)
      if (seconds !== undefined && elapsedMs() >= seconds * 1_000) {
        asking.destroy()
        finish('')
      }
    })
    answer.on('end', () => finish(''))
    answer.on('error', fail)
  })
  asking.on('error', fail)
  asking.end()
}

function put(total: number): void {
  const content = new Content()
  const asking = request(url, { method: 'POST' }, (answer) => {
    firstByteMs = elapsedMs()
    let said = ''
    answer.setEncoding('utf8')
    answer.on('data', (text: string) => {
      said += text
    })
    answer.on('end', () => finish(said))
    answer.on('error', fail)
  })
  asking.on('error', fail)
  lastMs = elapsedMs()
  const push = () => {
    while (bytes < total) {
      const piece = content.slice(bytes, Math.min(65_536, total - bytes))
      moved(piece)
      if (!asking.write(piece)) {
        asking.once('drain', push)
        return
      }
    }
    asking.end()
  }
  push()
}

function moved(piece: Buffer): void {
  const nowMs = elapsedMs()
  longestGapMs = Math.max(longestGapMs, nowMs - lastMs)
  lastMs = nowMs
  bytes += piece.length
  hash.update(piece)
}

function finish(said: string): void {
  if (over) return
  over = true
  clearInterval(sampling)
  const report: Report = {
    elapsedMs: elapsedMs(),
    bytes,
    sha256: hash.digest('hex'),
    firstByteMs,
    longestGapMs,
    said,
  }
  tell(report)
}

function fail(error: Error): void {
  if (over) return
  process.stderr.write(`Cannot ${verb} ${url}: ${error.message}\n`)
  process.exit(1)
}

function tell(what: Progress | Report): void {
  process.stdout.write(`${JSON.stringify(what)}\n`)
}

function elapsedMs(): number {
  return Math.round((performance.now() - startMs) * 10) / 10
}
