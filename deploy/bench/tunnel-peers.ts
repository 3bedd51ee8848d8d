/**
 * The peers of the tunnel bench, each as Debian has it, over one plain cable: wireguard-go and OpenVPN with
 * AES-128-GCM. Each end is a process and an interface; behind the far one is the same Internet as ours.
 */
import type { ChildProcess } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { legAddresses } from '../lab/addresses.ts'
import type { Street } from '../lab/lab.ts'
import type { Place } from '../lab/places.ts'

export interface Peer extends AsyncDisposable {
  /** The interface at the home. */
  readonly device: string
  readonly processes: readonly ChildProcess[]
}

const ENDS = ['cpe', 'concentrator'] as const
type End = (typeof ENDS)[number]

export async function startWireguard(street: Street): Promise<Peer> {
  // Its sockets lie in one folder for all namespaces: the names must differ.
  const devices = { cpe: `${NEAR}-wg`, concentrator: `${FAR}-wg` }
  const processes = ENDS.map((end) =>
    street.spawn(end, ['wireguard-go', '--foreground', devices[end]], { stdio: 'ignore' }),
  )
  const keys = { cpe: '', concentrator: '' }
  for (const end of ENDS) keys[end] = await shell(street, end, 'wg genkey')
  await pause(START_MS)
  for (const end of ENDS) {
    const other = end === 'cpe' ? 'concentrator' : 'cpe'
    const peer = (await shell(street, end, `echo ${keys[other]} | wg pubkey`)).trim()
    const endpoint = end === 'cpe' ? `endpoint ${outer('concentrator')}:${PORT}` : ''
    await shell(
      street,
      end,
      `wg set ${devices[end]} private-key <(echo ${keys[end]}) listen-port ${PORT} \
         peer ${peer} allowed-ips 0.0.0.0/0 ${endpoint}`,
    )
    await number(street, end, devices[end])
  }
  return peerOf(street, devices, processes)
}

export async function startOpenvpn(street: Street): Promise<Peer> {
  const devices = { cpe: `${NEAR}-ov`, concentrator: `${FAR}-ov` }
  const files = (end: End, what: string) => join(street.directory, `${end}.${what}`)
  const prints = { cpe: '', concentrator: '' }
  for (const end of ENDS) {
    await shell(
      street,
      end,
      `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
         -subj /CN=${end} -keyout ${files(end, 'key')} -out ${files(end, 'crt')} 2>/dev/null`,
    )
    const said = `openssl x509 -noout -fingerprint -sha256 -in ${files(end, 'crt')}`
    prints[end] = (await shell(street, end, said)).trim().replace(/^.*=/, '')
  }
  const processes = ENDS.map((end) => {
    const other = end === 'cpe' ? 'concentrator' : 'cpe'
    const role = end === 'cpe' ? ['--tls-client', '--remote', outer(other)] : ['--tls-server']
    const argv = ['openvpn', '--dev', devices[end], '--dev-type', 'tun', '--port', PORT, ...role]
    argv.push('--dh', 'none', '--cert', files(end, 'crt'), '--key', files(end, 'key'))
    argv.push('--peer-fingerprint', prints[other], '--data-ciphers', 'AES-128-GCM')
    argv.push('--cipher', 'AES-128-GCM', '--disable-dco', '--tun-mtu', String(MTU))
    argv.push('--sndbuf', '1048576', '--rcvbuf', '4194304', '--txqueuelen', '1000')
    return street.spawn(end, argv, { stdio: 'ignore' })
  })
  await pause(START_MS)
  for (const end of ENDS) await number(street, end, devices[end])
  await pause(START_MS)
  return peerOf(street, devices, processes)
}

/** Addresses, the way to the Internet and back: what our own daemons do for themselves. */
async function number(street: Street, end: End, device: string): Promise<void> {
  const own = end === 'cpe' ? 2 : 1
  await shell(
    street,
    end,
    `ip address replace 10.77.0.${own}/24 dev ${device}; ip link set ${device} mtu ${MTU} up`,
  )
  if (end === 'cpe') return
  await shell(
    street,
    end,
    `sysctl -qw net.ipv4.ip_forward=1; nft 'table ip peers; delete table ip peers; table ip peers {
       chain out { type nat hook postrouting priority srcnat; ip saddr 10.77.0.0/24 oifname core masquerade; }
     }'`,
  )
}

function peerOf(
  street: Street,
  devices: Readonly<Record<End, string>>,
  processes: readonly ChildProcess[],
): Peer {
  return {
    device: devices.cpe,
    processes,
    async [Symbol.asyncDispose]() {
      for (const process of processes) process.kill('SIGKILL')
      await pause(START_MS)
      for (const end of ENDS) {
        rmSync(`/var/run/wireguard/${devices[end]}.sock`, { force: true })
        await street.exec(end, ['ip', 'link', 'delete', devices[end]])
      }
      await street.exec('concentrator', ['nft', 'delete table ip peers'])
    },
  }
}

function outer(end: End): string {
  const { cpe, access } = legAddresses('dsl', 0)
  return end === 'cpe' ? cpe.ipv4 : access.ipv4
}

async function shell(street: Street, place: Place, script: string): Promise<string> {
  const { status, stdout, stderr } = await street.exec(place, ['bash', '-c', script])
  if (status !== 0) throw new Error(`Cannot start a peer: ${script}: ${stderr}`)
  return stdout.trim()
}

const NEAR = 'hybn'
const FAR = 'hybf'
const PORT = '5900'
/** The same for all. */
const MTU = 1_400
const START_MS = 700
