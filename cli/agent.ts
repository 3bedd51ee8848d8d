/**
 * The agent of this home as the commands use it: over its own socket, which only root may use.
 *
 *    HYBRIDGE_AGENT   the socket; cpe.sock in /run/hybridge or, of a home that was enrolled, /var/lib/hybridge unless said
 */
import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { Refused, Unreachable } from './api.ts'
import { STATE_DIRECTORIES } from './facts.ts'

/** What it answers. Rejects with a sentence when it says no, or nobody answers. */
export async function askAgent(
  method: 'DELETE' | 'GET' | 'POST',
  path: string,
): Promise<{ readonly status: number; readonly answer: unknown }> {
  const socketPath = process.env['HYBRIDGE_AGENT'] ?? agentSocket()
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>()
  const asking = request({ socketPath, method, path, timeout: ANSWER_MS_MAX }, (response) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (more: string) => (text += more))
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
  })
  asking.on('error', (error) => {
    const why = 'code' in error ? String(error.code) : error.message
    const sentence = `no agent answers at ${socketPath} (${why}); run this on the home router as root`
    reject(new Unreachable(`${sentence}, or set HYBRIDGE_AGENT to cpe.sock in its stateDirectory`))
  })
  asking.on('timeout', () => asking.destroy(new Error('no answer')))
  asking.end()
  const { status, text } = await promise
  if (status >= 500 || status === 404) throw new Refused(status, `the agent answers ${status}`, [])
  return { status, answer: JSON.parse(text) }
}

/** The one that is there; where none is, the one that is looked for first. */
export function agentSocket(exists = existsSync): string {
  const found = STATE_DIRECTORIES.find((directory) => exists(join(directory, 'cpe.sock')))
  return join(found ?? STATE_DIRECTORIES[0], 'cpe.sock')
}

const ANSWER_MS_MAX = 10_000
