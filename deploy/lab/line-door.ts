/**
 * The way to speak with the process that holds the lines: one JSON object a line over a unix socket,
 * one answer to each, in order.
 *
 *   {"op":"status"}                                       {"lines":{"dsl":{"downMbps":50, ...}}}
 *   {"op":"set","line":"dsl","params":{"silent":true}}    the same, once it is in force
 *   {"op":"stop"}                                         the same, and everything is gone
 *   anything else                                         {"error":"Cannot read the request: ..."}
 */
import { connect, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { LineRequest } from './line-spec.ts'
import type { LineStatus } from './line-thread.ts'

export interface LinesStatus {
  readonly lines: Readonly<Record<string, LineStatus>>
}

/** Serve requests at `path`. What `answer` throws becomes the sentence in `error`. */
export async function serveLines(
  path: string,
  answer: (request: string) => Promise<LinesStatus>,
): Promise<AsyncDisposable> {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    // A caller that goes away has no further questions.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => open.delete(socket))
    void converse(socket, answer)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  return {
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of open) socket.end()
      await closed
    },
  }
}

async function converse(
  socket: Socket,
  answer: (request: string) => Promise<LinesStatus>,
): Promise<void> {
  for await (const line of createInterface({ input: socket })) {
    const said = await answer(line).catch((error: Error) => ({ error: error.message }))
    // The door may have closed meanwhile.
    if (socket.writable) socket.write(`${JSON.stringify(said)}\n`)
  }
}

/**
 * Ask the lines at `path` once. Rejects with their sentence when they refuse, and with the reason when
 * nobody serves there (ENOENT, ECONNREFUSED).
 */
export async function askLines(path: string, request: LineRequest): Promise<LinesStatus> {
  const socket = connect(path)
  socket.write(`${JSON.stringify(request)}\n`)
  for await (const line of createInterface({ input: socket })) {
    socket.destroy()
    const said = JSON.parse(line) as LinesStatus | { readonly error: string }
    if ('error' in said) throw new Error(said.error)
    return said
  }
  throw new Error(`Cannot ask the lines at ${path}: they went away`)
}
