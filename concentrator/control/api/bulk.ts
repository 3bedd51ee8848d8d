/**
 * Many homes at once, as NDJSON or as CSV, each line one home: what export writes, import reads.
 *
 *    CSV: a head that names keys of a subscriber, `policy.overflow.trialS` for those of its policy; a list
 *    is written as JSON; an empty cell is what is not said
 */
import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import type { Home } from '../../subscribers/homes.ts'
import type { Change, JsonObject } from '../../subscribers/keeper.ts'
import { csvFrom, readCsv } from './csv.ts'
import { agreedPolicy } from './effect.ts'
import { newSubscriberForm, shownHome } from './forms.ts'
import { newHomeRecord, patchedHomeRecord, problemsIn } from './home-record.ts'
import { Problem, problemOf } from './problem.ts'
import type { ApiRoom, Routes } from './server.ts'
import { homesAfter, refuseBeyond } from './subscribers.ts'
import { commitOrRefuse } from './versions.ts'

export function bulkRoutes(app: Routes, room: ApiRoom): void {
  app.addContentTypeParser([NDJSON, CSV], { parseAs: 'string' }, (_request, text, done) =>
    done(null, text),
  )

  app.post(
    '/v1/import',
    { schema: { tags: TAGS, querystring: query, consumes: [NDJSON, CSV] }, config: OPERATOR },
    async (request) => {
      const { partial, dryRun, update } = request.query
      const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
      if (typeof request.body !== 'string') throw new Problem(415, `Send ${NDJSON} or ${CSV}`)
      const lines = type === CSV ? readCsv(request.body) : readNdjson(request.body)
      const { changes, secrets, problems, seen } = await changesFrom(room, lines, update)
      if (problems.length > 0 && !partial) {
        const detail = `Nothing was imported: ${problems.length} of ${seen} lines are wrong`
        throw new Problem(422, detail, { problems: problems.slice(0, TOLD_MAX) })
      }
      if (!dryRun) await commitAll(room, changes, request.holder.name)
      return {
        lines: seen,
        imported: dryRun ? 0 : changes.length,
        wouldImport: dryRun ? changes.length : undefined,
        refused: problems.length,
        problems: problems.slice(0, TOLD_MAX),
        // Told once, as for a home that is added alone.
        secrets: dryRun ? undefined : secrets,
      }
    },
  )

  app.get('/v1/export', { schema: { tags: TAGS, querystring: formatQuery } }, (request, reply) => {
    const homes = homesAfter(room.store, '', Number.POSITIVE_INFINITY, {})
    const items = homes.map(asWritten)
    const isCsv = request.query.format === 'csv'
    const text = isCsv ? csvFrom(items) : items.map((item) => `${JSON.stringify(item)}\n`).join('')
    return reply
      .type(isCsv ? CSV : NDJSON)
      .serializer(String)
      .send(text)
  })
}

/** Without what cannot be written. */
function asWritten(home: Home): JsonObject {
  const { version: _version, source: _source, enrolment: _code, ...item } = shownHome(home)
  return item
}

/** A line as it was read, or what is wrong with it. */
export type Line =
  | { readonly at: number; readonly value: unknown }
  | { readonly at: number; readonly problem: string }

function* readNdjson(text: string): Generator<Line> {
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    try {
      yield { at: i + 1, value: JSON.parse(line) as unknown }
    } catch (error) {
      yield { at: i + 1, problem: `is not JSON: ${error instanceof Error ? error.message : ''}` }
    }
  }
}

async function changesFrom(room: ApiRoom, lines: Iterable<Line>, update: boolean) {
  const changes: Change[] = []
  const secrets: Record<string, string> = {}
  const problems: string[] = []
  const lineOf = new Map<string, number>()
  const lineOfCookie = new Map<string, number>()
  let seen = 0
  for (const line of lines) {
    if (++seen % LINES_AT_ONCE === 0) await setImmediate()
    const wrong = (sentence: string) => problems.push(`line ${line.at}: ${sentence}`)
    if ('problem' in line) {
      wrong(line.problem)
      continue
    }
    const faults = problemsIn(newSubscriberForm, line.value)
    if (faults.length > 0) {
      wrong(faults.join('; '))
      continue
    }
    const { id, ...fields } = line.value as JsonObject & { readonly id: string }
    const before = lineOf.get(id)
    // Hex digits in either case are the same bytes.
    const cookie = typeof fields['cookie'] === 'string' ? fields['cookie'].toLowerCase() : ''
    const twin = cookie === '' ? undefined : lineOfCookie.get(cookie)
    if (before !== undefined) wrong(`id is ${id}, as in line ${before}`)
    else if (twin !== undefined) wrong(`cookie is the one of line ${twin}`)
    else {
      lineOf.set(id, line.at)
      if (cookie !== '') lineOfCookie.set(cookie, line.at)
      try {
        const { change, made } = changeFrom(room, id, fields, update)
        changes.push(change)
        if (made !== undefined) secrets[id] = made
      } catch (error) {
        const problem = problemOf(error)
        if (problem === undefined) throw error
        wrong([problem.message, ...problem.problems].join('; '))
      }
    }
  }
  return { changes, secrets, problems, seen }
}

function changeFrom(room: ApiRoom, id: string, fields: JsonObject, update: boolean) {
  const { homes } = room.store
  const home = homes.home(id)
  if (home !== undefined && !update) {
    throw new Problem(409, `There is a subscriber ${id} already; update=true changes it`)
  }
  const record =
    home === undefined ? newHomeRecord(room, id, fields) : patchedHomeRecord(room, home, fields)
  agreedPolicy(homes, record.read)
  const expected = home?.version ?? 0
  const change: Change = { kind: 'subscriber', id, after: record.body, expected }
  return { change, made: record.made?.secret }
}

/** In one step, however many: what ends half-way has done nothing. */
async function commitAll(
  { store }: ApiRoom,
  changes: readonly Change[],
  who: string,
): Promise<void> {
  refuseBeyond(store, changes.filter(({ expected }) => expected === 0).length)
  if (changes.length > 0) await commitOrRefuse(store, changes, who)
}

const TAGS = ['bulk']
const OPERATOR = { role: 'operator' } as const
const NDJSON = 'application/x-ndjson'
const CSV = 'text/csv'
const flag = () => z.stringbool().default(false)
const query = z.strictObject({
  /** Import the lines that are right, and say which are not. Otherwise all or nothing. */
  partial: flag(),
  dryRun: flag(),
  /** Change homes that are there already. */
  update: flag(),
})
const formatQuery = z.strictObject({ format: z.enum(['ndjson', 'csv']).default('ndjson') })
const LINES_AT_ONCE = 200
const TOLD_MAX = 100
