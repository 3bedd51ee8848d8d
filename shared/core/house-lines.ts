/**
 * Which interface is which, where the home's file does not say it. LTE costs money: it is named only where the kernel
 * says that an interface is a modem, or the operating system itself prefers the other line (its default route's metric).
 * What is not clear is not guessed: then the file must say it.
 */
export interface SeenInterface {
  readonly name: string
  /** A radio modem, as the kernel says or its name does. */
  readonly isModem: boolean
  /** Its type is Ethernet; of others none is a LAN. */
  readonly isEthernet: boolean
  /** Has an address that the Internet does not route: of a LAN. */
  readonly isPrivate: boolean
  /** Of the default route that prefers it most; undefined where none leads there. */
  readonly metric: number | undefined
}

export interface HouseLines {
  readonly dsl: string
  readonly lte: string
  readonly lan: readonly string[]
}

/** Or why not, in words that follow "the file must say legs and lan:". */
export function houseLines(seen: readonly SeenInterface[]): HouseLines | string {
  const modems = seen.filter(({ isModem }) => isModem)
  const [modem, second] = modems
  if (second !== undefined) return `there are several modems: ${namesOf(modems)}`
  const routed = seen
    .filter(({ name, isModem, metric }) => metric !== undefined && !isModem && !isOurs(name))
    .toSorted((a, b) => a.metric! - b.metric!)
  const [dsl, other, third] = routed
  if (dsl === undefined) return 'no default route leads anywhere but through a modem'
  const lte = modem ?? other
  if (lte === undefined) {
    return `the only default route is by ${dsl.name}, and there is no modem`
  }
  if (modem === undefined) {
    if (third !== undefined) return `default routes lead by ${namesOf(routed)}, and none is a modem`
    if (dsl.metric === lte.metric) {
      return `default routes by ${dsl.name} and ${lte.name} have the same metric, and none is a modem`
    }
  }
  const lan = seen.filter(
    ({ name, isEthernet, isPrivate, metric }) =>
      isEthernet && isPrivate && metric === undefined && name !== lte.name && !isOurs(name),
  )
  const bridge = lan.find(({ name }) => name === 'br-lan')
  const [only, more] = bridge === undefined ? lan : [bridge]
  if (only === undefined) return 'no interface has a private address and no default route'
  if (more !== undefined) return `the LAN may be any of ${namesOf(lan)}`
  return { dsl: dsl.name, lte: lte.name, lan: [only.name] }
}

/** Made by a program for itself. */
function isOurs(name: string): boolean {
  return /^(hybridge|docker|veth|virbr|wg|tun|tap)/.test(name)
}

function namesOf(interfaces: readonly SeenInterface[]): string {
  return interfaces.map(({ name }) => name).join(', ')
}
