/**
 * A captured street through our dissector: what a bonded download, a refused server and an Info look like
 * to somebody with Wireshark. Field by field it is proven in ../wireshark/convert.test.ts.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { CONCENTRATOR, INTERNET } from './addresses.ts'
import { raiseStreet, type Street, streetImpossible } from './lab.ts'
import { untilWay } from './onlooker.ts'
import { PROJECT } from './places.ts'
import { readState } from './state.ts'

const skip = streetImpossible()
const SERVER = INTERNET.own.ipv4
let street: Street
let capture: string

before(async () => {
  if (skip !== false) return
  street = await raiseStreet({ name: 'hyb-dissect', daemons: false })
  capture = join(street.directory, 'convert.pcap')
  const filter = `tcp port ${CONCENTRATOR.port}`
  const argv = ['tcpdump', '--immediate-mode', '-Uni', 'any', '-w', capture, filter]
  const tcpdump = street.spawn('cpe', argv, {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  await once(tcpdump.stderr!, 'data')
  await street.restart('concentrator')
  await street.restart('cpe')
  await untilWay(street, 'bonded', 5_000)
  const { cookie } = readState(street.name).subscriber
  await fetchFrom(80, 200_000)
  await fetchFrom(81, 1)
  for (const asked of [
    ['--info'],
    [`${SERVER}:80`, '--cookie', cookie, '--send', 'GET /bytes/9 HTTP/1.0\\r\\n\\r\\n'],
    [`[${INTERNET.own.ipv6}]:81`, '--cookie', cookie],
    [`${SERVER}:80`],
  ]) {
    const via = ['--via', CONCENTRATOR.own.ipv4]
    await street.exec('cpe', ['hybridge', 'convert', ...asked, ...via])
  }
  tcpdump.kill('SIGINT')
  await once(tcpdump, 'exit')
})
after(async () => {
  if (skip === false) await street.down()
})

test('the hello of a warm connection and its answer are seen', { skip }, async () => {
  const [hello] = await told('convert.tlv.type == 1 && convert.cookie')
  assert.equal(hello, 'Convert: Info, Cookie')
  const answers = await told('convert.supported.kind == 30')
  assert.ok(answers.length >= 2, answers.join('\n'))
})

test('a bonded download is a Connect, a yes and HTTP', { skip }, async () => {
  const asked = await told(`convert.connect.ipv4 == ${SERVER} && convert.connect.port == 80`)
  assert.ok(asked.includes(`Convert: Connect ${SERVER}:80`), asked.join('\n'))
  const requests = await told('http.request.uri == "/bytes/200000"')
  assert.equal(requests.length, 1)
  const yes = await told('convert.length == 1')
  assert.ok(yes.includes('Convert: the header alone'), yes.join('\n'))
  // The first bytes of the body: most of it may have come over a subflow that Wireshark does not join.
  assert.notDeepEqual(await told('http.response.code == 200'), [])
})

test('a refused server is an Error with its name', { skip }, async () => {
  const asked = await told(`convert.connect.address == ${INTERNET.own.ipv6}`)
  assert.deepEqual(asked, [`Convert: Connect [${INTERNET.own.ipv6}]:81, Cookie`])
  const answers = await told('convert.error.code == 96')
  assert.ok(answers.includes('Convert: Error Connection Reset'), answers.join('\n'))
})

test('nothing in the capture is malformed, forbidden, unknown, or a Lua error', {
  skip,
}, async () => {
  const wrong = ['convert.malformed', 'convert.forbidden', 'convert.unknown', '_ws.lua.error']
  assert.deepEqual(await told(wrong.join(' || ')), [])
})

/** The info column of every packet that the filter takes. */
async function told(filter: string): Promise<string[]> {
  const script = join(PROJECT, 'deploy', 'wireshark', 'convert.lua')
  const { status, stdout, stderr } = await street.exec('cpe', [
    ...['tshark', '-X', `lua_script:${script}`, '-r', capture],
    ...['-Y', filter, '-o', 'gui.column.format:"Info","%i"'],
  ])
  assert.equal(status, 0, stderr)
  return stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

async function fetchFrom(port: number, bytes: number): Promise<void> {
  const url = `http://${SERVER}:${port}/bytes/${bytes}`
  await street.exec('home', ['curl', '-s', '-o', '/dev/null', '--max-time', '5', url])
}
