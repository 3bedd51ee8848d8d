/**
 * The painted twin of the kernel's MPTCP path management: connections with subflows, commands that change
 * them, events that tell. It has the real one's manners (tried on 6.18): an id belongs to one address
 * until it is removed, a command for a connection that has gone answers ESRCH, a join takes a while.
 */
import { formatAddress, parseAddress } from '../../shared/wire/address.ts'
import { type DiagnosedSubflow, TcpState } from '../../shared/wire/inet-diag.ts'
import type { Endpoint, MptcpEvent, SubflowOrigin } from '../../shared/wire/mptcp-pm.ts'
import { decodeTcpInfo } from '../../shared/wire/tcp-info.ts'
import { endsOf } from './connections.ts'
import type { MptcpKernel } from './path-manager.ts'

interface PaintedSubflow {
  readonly local: Endpoint
  readonly remote: Endpoint
  readonly localId: number
  readonly sinceMs: number
  backup: boolean
}

interface PaintedConnection {
  readonly subflows: Map<string, PaintedSubflow>
  /** Address by id, as the kernel remembers them for the connection. */
  readonly ids: Map<number, string>
  /** Its SYN is not answered yet. */
  dialling: boolean
}

export class PaintedMptcp implements MptcpKernel {
  /** What commands came, as `create 7 lte 2`; cleared by the reader. */
  readonly commands: string[] = []
  /** What `subflowCreate` answers instead of doing it. */
  refusing = 0
  /** False: joins stay under way, until `answerJoins`. */
  answering = true
  /** Joins that the peer answers with a reset. */
  resetting = false
  /** For when something last came in by a subflow: as it was made, unless they are kept alive. */
  nowMs = 0
  keptAlive = false
  readonly #connections = new Map<number, PaintedConnection>()
  readonly #events: MptcpEvent[] = []
  readonly #underWay: Array<() => void> = []
  #lost = false
  #port = 40_000

  /** The home opens a connection from `local`, and its first answer has come. */
  open(token: number, local: string, remote: Endpoint): void {
    this.dial(token, local, remote)
    this.answer(token)
  }

  /** The same, but the answer to its SYN is still on its way. */
  dial(token: number, local: string, remote: Endpoint): void {
    const first = {
      local: this.#end(local),
      remote,
      localId: 0,
      sinceMs: this.nowMs,
      backup: false,
    }
    const subflows = new Map([[endsOf(first), first]])
    this.#connections.set(token, { subflows, ids: new Map(), dialling: true })
  }

  answer(token: number): void {
    const connection = this.#connections.get(token)
    const [first] = connection?.subflows.values() ?? []
    if (connection === undefined || first === undefined) throw new RangeError(`No call ${token}`)
    connection.dialling = false
    this.#events.push({ type: 'established', token, serverSide: false, ...first })
  }

  close(token: number): void {
    this.#connections.delete(token)
    this.#events.push({ type: 'closed', token })
  }

  /** The peer ends a subflow. */
  hangUp(token: number, address: string): void {
    for (const [ends, subflow] of this.#connections.get(token)?.subflows ?? []) {
      if (formatAddress(subflow.local.address) !== address) continue
      this.#connections.get(token)?.subflows.delete(ends)
      this.#tell('subflowClosed', token, subflow, 104)
    }
  }

  /** All events not yet heard are gone. */
  loseEvents(): void {
    this.#events.length = 0
    this.#lost = true
  }

  /** Subflows of a connection, as `address id`, with `backup` behind those that are. */
  subflowsOf(token: number): string[] {
    return [...(this.#connections.get(token)?.subflows.values() ?? [])].map(
      ({ local, localId, backup }) =>
        `${formatAddress(local.address)} ${localId}${backup ? ' backup' : ''}`,
    )
  }

  dump(): DiagnosedSubflow[] {
    return [...this.#connections].flatMap(([token, { subflows, dialling }]) =>
      [...subflows.values()].map((subflow) => ({
        token,
        remoteToken: token + 1,
        ...subflow,
        remoteId: 0,
        state: dialling ? TcpState.synSent : TcpState.established,
        ifIndex: 0,
        opened: true,
        joined: subflow.localId !== 0,
        remoteBackup: false,
        fullyEstablished: true,
        tcpInfo: decodeTcpInfo(new Uint8Array(0)),
        silentMs: this.keptAlive ? 0 : this.nowMs - subflow.sinceMs,
      })),
    )
  }

  drain(onEvent: (event: MptcpEvent) => void): 'ok' | 'lost' {
    for (const event of this.#events.splice(0)) onEvent(event)
    const health = this.#lost ? 'lost' : 'ok'
    this.#lost = false
    return health
  }

  subflowCreate(token: number, origin: SubflowOrigin, remote: Endpoint): number {
    const address = formatAddress(origin.address)
    this.commands.push(`create ${token} ${address} ${origin.id}`)
    const connection = this.#connections.get(token)
    if (connection === undefined) return -ESRCH
    if (this.refusing !== 0) return this.refusing
    for (const [id, owner] of connection.ids) {
      if ((id === origin.id) !== (owner === address)) return -EINVAL
    }
    connection.ids.set(origin.id, address)
    const { id: localId, backup } = origin
    const subflow = { local: this.#end(address), remote, localId, sinceMs: this.nowMs, backup }
    const arrive = () => {
      connection.subflows.set(endsOf(subflow), subflow)
      this.#tell('subflowEstablished', token, subflow, 0)
    }
    if (!this.answering) this.#underWay.push(arrive)
    else if (this.resetting) this.#tell('subflowClosed', token, subflow, 104)
    else arrive()
    return 0
  }

  answerJoins(): void {
    for (const arrive of this.#underWay.splice(0)) arrive()
  }

  subflowDestroy(token: number, local: Endpoint, remote: Endpoint): number {
    this.commands.push(`destroy ${token} ${formatAddress(local.address)}`)
    const connection = this.#connections.get(token)
    const subflow = connection?.subflows.get(endsOf({ local, remote }))
    if (connection === undefined || subflow === undefined) return -ESRCH
    connection.subflows.delete(endsOf(subflow))
    connection.ids.delete(subflow.localId)
    this.#tell('subflowClosed', token, subflow, 0)
    return 0
  }

  removeAddress(token: number, localId: number): number {
    this.commands.push(`remove ${token} ${localId}`)
    return this.#connections.get(token)?.ids.delete(localId) === undefined ? -ESRCH : 0
  }

  setBackup(token: number, local: Endpoint, remote: Endpoint, backup: boolean): number {
    const subflow = this.#connections.get(token)?.subflows.get(endsOf({ local, remote }))
    if (subflow === undefined) return -ESRCH
    const does = backup ? 'backup' : 'carry'
    this.commands.push(`${does} ${token} ${formatAddress(local.address)}`)
    subflow.backup = backup
    return 0
  }

  #end(address: string): Endpoint {
    const bytes = parseAddress(address)
    if (bytes === undefined) throw new RangeError(`Cannot paint address ${address}`)
    this.#port += 1
    return { address: bytes, port: this.#port }
  }

  #tell(
    type: 'subflowEstablished' | 'subflowClosed',
    token: number,
    { local, remote, localId, backup }: PaintedSubflow,
    errno: number,
  ): void {
    const nothing = { remoteId: 0, ifIndex: undefined, resetReason: undefined }
    this.#events.push({ type, token, local, remote, localId, backup, errno, ...nothing })
  }
}

const EINVAL = 22
const ESRCH = 3
