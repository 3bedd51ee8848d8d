/**
 * Debian's FreeRADIUS on the street: a server that writes what it is told into a file, and the client that asks for
 * changes. Both know our dictionary.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Street } from './lab.ts'
import { PROJECT } from './places.ts'
import { start } from './processes.ts'

export const RADIUS_SECRET = 'correct horse battery'

/** Start the server in the concentrator's place, on 127.0.0.1. `folder` is an empty one of its own. */
export async function startFreeradius(street: Street, folder: string, port: number): Promise<void> {
  mkdirSync(join(folder, 'run'))
  writeFileSync(join(folder, 'radiusd.conf'), configuration(folder, port))
  const ours = join(PROJECT, 'deploy/radius/dictionary.hybridge')
  writeFileSync(join(folder, 'dictionary'), `$INCLUDE ${ours}\n`)
  writeFileSync(detailFile(folder), '')
  const argv = ['freeradius', '-f', '-l', 'stdout', '-d', folder]
  const ready = /Ready to process requests/
  await start(street.name, { role: 'freeradius', place: 'concentrator', argv, ready })
}

export type Detail = Readonly<Record<string, string>>

/** What the server has been told, in the order in which it heard it. */
export function told(folder: string): Detail[] {
  return readFileSync(detailFile(folder), 'utf8')
    .split('\n\n')
    .filter((entry) => entry.includes(' = '))
    .map((entry) =>
      Object.fromEntries(
        [...entry.matchAll(/^\t([\w-]+) = "?(.*?)"?$/gm)].map(([, name = '', value = '']) => [
          name,
          value,
        ]),
      ),
    )
}

export interface Asked {
  readonly to?: string
  readonly secret?: string
  /** Seconds without an answer. */
  readonly timeoutS?: number
}

/** Ask as an operator's AAA does; answers what came, or `nothing`. */
export async function askForChange(
  street: Street,
  folder: string,
  kind: 'coa' | 'disconnect',
  attributes: readonly string[],
  { to = '[::1]:3799', secret = RADIUS_SECRET, timeoutS = 5 }: Asked = {},
): Promise<string> {
  const input = `${attributes.join('\n')}\n`
  const asks = ['radclient', '-x', '-r', '1', '-t', String(timeoutS), '-d', folder]
  const { stdout } = await street.exec('concentrator', [...asks, to, kind, secret], { input })
  const [, answer] = /^Received ([\w-]+)/m.exec(stdout) ?? []
  const [, cause] = /Error-Cause = ([\w-]+)/.exec(stdout) ?? []
  return answer === undefined ? 'nothing' : [answer, cause].filter(Boolean).join(' ')
}

function detailFile(folder: string): string {
  return join(folder, 'detail')
}

function configuration(folder: string, port: number): string {
  return `
prefix = /usr
libdir = /usr/lib/freeradius
raddbdir = ${folder}
run_dir = ${folder}/run
pidfile = ${folder}/run/freeradius.pid
logdir = ${folder}
max_requests = 1024
security { allow_vulnerable_openssl = no }
client here {
  ipaddr = 127.0.0.1
  secret = "${RADIUS_SECRET}"
}
thread pool {
  start_servers = 1
  max_servers = 1
  min_spare_servers = 1
  max_spare_servers = 1
  max_requests_per_server = 0
}
modules {
  detail {
    filename = ${detailFile(folder)}
    permissions = 0600
  }
}
server default {
  listen {
    type = acct
    ipaddr = 127.0.0.1
    port = ${port}
  }
  accounting {
    detail
  }
}
`
}
