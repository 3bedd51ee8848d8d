/**
 * Somebody whose program has nothing but the OpenAPI document, over TLS: what is not in the document is not sent.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { connect } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import { apiSection } from '../../../shared/config/operator.ts'
import { paintedLog } from '../../../shared/daemon/log.fake.ts'
import { openSqliteKeeper } from '../../subscribers/sqlite-keeper.ts'
import { Store } from '../../subscribers/store.ts'
import { Vault } from '../../subscribers/vault.ts'
import { keptServerKey } from '../server-key.ts'
import { buildApi } from './server.ts'

const folder = mkdtempSync(join(tmpdir(), 'hybridge-first-day-'))
const TOKEN = 'hyb_admin'
const { key, certificate } = keptServerKey(folder)
let store: Store
let app: FastifyInstance
let port = 0

before(async () => {
  writeFileSync(join(folder, 'api.key'), key)
  writeFileSync(join(folder, 'api.crt'), certificate)
  const keeper = await openSqliteKeeper(join(folder, 'store.db'))
  store = await Store.open(keeper, [], paintedLog(assert.fail), {
    vault: new Vault(new Uint8Array(32)),
  })
  const tls = { key: join(folder, 'api.key'), certificate: join(folder, 'api.crt') }
  let draining = false
  const drain = {
    isDraining: () => draining,
    set: (value: boolean) => {
      draining = value
    },
    onChange: () => undefined,
    [Symbol.dispose]: () => undefined,
  }
  const room = {
    store,
    drain,
    concentrator: 'c-1',
    egressPool: [],
    reach: undefined,
    told: () => [],
    verdicts: () => undefined,
    speedTests: undefined,
  }
  app = await buildApi(room, { api: apiSection().parse({ tls }) }, TOKEN)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const at = app.server.address()
  port = typeof at === 'object' && at !== null ? at.port : 0
})
after(async () => {
  await app.close()
  await store[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

test('a first day: a plan, a home, its code, a change, what it uses, a reader, and draining', async () => {
  const client = await Client.learn()
  await client.call('post', '/v1/plans', { title: 'Gold', id: 'gold', policy: { standby: 'cold' } })
  const home = await client.call('post', '/v1/subscribers', { id: 'home-1', plan: 'gold' })
  assert.match(String(home['secret']), /^[0-9a-f]{64}$/)
  const enrolment = '/v1/subscribers/{id}/enrolment'
  const { code } = await client.call('post', enrolment, { hours: 1 }, { id: 'home-1' })
  assert.match(String(code), /^[0-9A-Z-]{19}$/)
  const of = { id: 'home-1' }
  const policy = await client.call('get', '/v1/subscribers/{id}/policy', undefined, of)
  assert.equal((policy['policy'] as { standby?: string }).standby, 'cold')
  await client.call('patch', '/v1/subscribers/{id}', { state: 'suspended' }, of)
  const { state } = await client.call('get', '/v1/subscribers/{id}', undefined, of)
  assert.equal(state, 'suspended')
  const usage = await client.call('get', '/v1/subscribers/{id}/usage', undefined, of)
  assert.deepEqual(usage['items'], [])
  const { items } = await client.call('get', '/v1/audit')
  assert.equal((items as unknown[]).length, 4)
  const reader = await client.call('post', '/v1/tokens', { name: 'rita', role: 'reader' })
  assert.match(String(reader['token']), /^hyb_/)
  assert.equal((await client.call('put', '/v1/drain', { draining: true }))['draining'], true)
  await client.call('delete', '/v1/subscribers/{id}', undefined, of)
})

test('what the document does not know is refused, and the refusal says what to do', async () => {
  const { status, body } = await ask('POST', '/v1/subscribers', { id: 'home-2', plam: 'gold' })
  assert.equal(status, 400)
  assert.match(JSON.stringify(body), /plam is not a known key; did you mean plan\?/)
  const unsaid = await ask('PATCH', '/v1/plans/gold', { title: 'x' }, {})
  assert.deepEqual([unsaid.status, /If-Match/.test(JSON.stringify(unsaid.body))], [428, true])
})

test('nobody speaks an old TLS, or none at all', async () => {
  const old = connect({ port, host: '127.0.0.1', maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1' })
  await assert.rejects(
    new Promise((resolve, reject) => old.once('secureConnect', resolve).once('error', reject)),
  )
  await assert.rejects(fetch(`http://127.0.0.1:${port}/openapi.json`))
})

interface Operation {
  readonly parameters?: ReadonlyArray<{ readonly name: string; readonly in: string }>
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
}

interface Schema {
  readonly properties?: Readonly<Record<string, unknown>>
  readonly required?: readonly string[]
  readonly additionalProperties?: unknown
}

type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>

class Client {
  readonly #paths: Paths

  private constructor(document: Readonly<Record<string, unknown>>) {
    assert.match(String(document['openapi']), /^3\.1/)
    this.#paths = document['paths'] as Paths
  }

  static async learn(): Promise<Client> {
    const { status, body } = await ask('GET', '/openapi.json', undefined, {})
    assert.equal(status, 200)
    return new Client(body)
  }

  /** Answers the body of a 2xx. */
  async call(
    method: string,
    path: string,
    body?: Readonly<Record<string, unknown>>,
    of: Readonly<Record<string, string>> = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    const operation = this.#paths[path]?.[method]
    assert.ok(operation !== undefined, `the document has no ${method} ${path}`)
    const known = (operation.parameters ?? []).filter((one) => one.in === 'path')
    assert.deepEqual(
      known.map(({ name }) => name),
      Object.keys(of),
    )
    if (body !== undefined) this.#fits(operation, body, `${method} ${path}`)
    const url = path.replace(/\{(\w+)\}/g, (_, name: string) => of[name] ?? '')
    const answer = await ask(method.toUpperCase(), url, body)
    assert.ok(answer.status < 300, `${method} ${url}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }

  #fits(operation: Operation, body: object, where: string): void {
    const schema = operation.requestBody?.content['application/json']?.schema
    assert.ok(schema !== undefined, `${where} takes no body`)
    for (const name of schema.required ?? []) assert.ok(name in body, `${where} needs ${name}`)
    if (schema.additionalProperties !== false) return
    for (const name of Object.keys(body)) {
      assert.ok(name in (schema.properties ?? {}), `${where} does not know ${name}`)
    }
  }
}

/** The document's own description says what headers are for. */
const OVERWRITES: Readonly<Record<string, string>> = { 'if-match': '*' }

function ask(
  method: string,
  path: string,
  body?: unknown,
  headers = OVERWRITES,
): Promise<{ status: number; body: Readonly<Record<string, unknown>> }> {
  return new Promise((resolve, reject) => {
    const content = body === undefined ? undefined : JSON.stringify(body)
    const call = request(
      {
        method,
        path,
        port,
        host: '127.0.0.1',
        ca: certificate,
        // It is known by its key; the name in it is nobody's.
        checkServerIdentity: () => undefined,
        headers: {
          authorization: `Bearer ${TOKEN}`,
          ...headers,
          ...(content !== undefined && { 'content-type': 'application/json' }),
        },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
        })
        response.on('end', () => {
          const read = text === '' ? {} : (JSON.parse(text) as Readonly<Record<string, unknown>>)
          resolve({ status: response.statusCode ?? 0, body: read })
        })
      },
    )
    call.on('error', reject)
    call.end(content)
  })
}
