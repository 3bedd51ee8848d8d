#!/usr/bin/env node
/**
 * The lines of one street, in one process: `node deploy/lab/lines.ts SPEC.json`.
 *
 * Says `ready` when every device is there. Ends by SIGTERM, SIGINT or {"op":"stop"}, with status 0, and
 * the devices with it; with status 1 and a sentence when a line cannot be.
 */
import { readFile, rm } from 'node:fs/promises'
import { type LinesStatus, serveLines } from './line-door.ts'
import { parseRequest, parseSpec } from './line-spec.ts'
import { type LineThread, startLine } from './line-thread.ts'

async function main(): Promise<void> {
  const path = process.argv[2]
  if (path === undefined) throw new Error('Cannot start the lines: say `lines.ts SPEC.json`')
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw new Error(`Cannot read the lines: ${cause.message}`, { cause })
  })
  const spec = parseSpec(text)
  const stop = Promise.withResolvers<void>()
  process.once('SIGTERM', stop.resolve)
  process.once('SIGINT', stop.resolve)

  await using threads = new AsyncDisposableStack()
  const lines = new Map<string, LineThread>()
  for (const [name, line] of Object.entries(spec.lines)) {
    lines.set(name, threads.use(await startLine(name, line)))
  }

  // A socket that is still there is one of a process that was killed.
  await rm(spec.socket, { force: true })
  await using _door = await serveLines(spec.socket, (text) => obey(text, lines, stop.resolve))
  console.log('ready')
  await Promise.race([stop.promise, ...Array.from(lines.values(), ({ ended }) => ended)])
}

async function obey(
  text: string,
  lines: ReadonlyMap<string, LineThread>,
  stop: () => void,
): Promise<LinesStatus> {
  const request = parseRequest(text)
  // Once the answer has been written.
  if (request.op === 'stop') setImmediate(stop)
  if (request.op === 'set') {
    const line = lines.get(request.line)
    if (line === undefined) throw new Error(`Cannot change line ${request.line}: no such line`)
    await line.change(request.params)
  }
  return { lines: Object.fromEntries(Array.from(lines, ([name, line]) => [name, line.status()])) }
}

try {
  await main()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
