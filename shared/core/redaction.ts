/**
 * Takes out of texts what nobody else may read: secrets, and who the hosts are. The same address has the same
 * pseudonym wherever it stands, so that what was said of it can still be followed.
 *
 *    cookie: c00c1e42c00c1e42      cookie: (secret)
 *    192.168.1.23 dev lan          (ipv4-1) dev lan
 *    52:54:00:12:34:56             (mac-1)
 */

export class Redaction {
  readonly #secrets: readonly string[]
  readonly #kept: ReadonlySet<string>
  readonly #names = new Map<string, string>()
  readonly #counts = new Map<string, number>()

  /** `configuration` is where the secrets stand; addresses of `kept` may be read by everybody. */
  constructor(configuration: string, kept: Iterable<string>) {
    this.#secrets = secretsIn(configuration).toSorted((one, other) => other.length - one.length)
    this.#kept = new Set(kept)
  }

  of(text: string): string {
    // First whole values: of what is left of one nobody knows any more that it is part of a secret.
    let rest = text
      .replace(SECRET_BELOW, `$1$2${HIDDEN}`)
      .replace(QUOTED_SECRET, (_, key: string, value: string) => {
        const [quote = ''] = value
        return `${key}${quote}${HIDDEN}${quote}`
      })
    for (const secret of this.#secrets) rest = rest.replaceAll(secret, HIDDEN)
    return rest
      .replace(NAMED_SECRET, `$1${HIDDEN}`)
      .replace(URL_PASSWORD, `$1${HIDDEN}`)
      .replace(ENROLMENT_CODE, `$1${HIDDEN}`)
      .replace(MAC, (address) => this.#named('mac', address))
      .replace(IPV4, (address) => this.#named('ipv4', address))
      .replace(IPV6, (address) => (isIpv6(address) ? this.#named('ipv6', address) : address))
  }

  #named(kind: string, address: string): string {
    if (this.#kept.has(address) || NOBODY.has(address)) return address
    const key = address.toLowerCase()
    const known = this.#names.get(key)
    if (known !== undefined) return known
    const count = (this.#counts.get(kind) ?? 0) + 1
    this.#counts.set(kind, count)
    const name = `(${kind}-${count})`
    this.#names.set(key, name)
    return name
  }
}

/** What stands behind a key that names a secret, and is long enough to be one. */
function secretsIn(configuration: string): string[] {
  const words = [...configuration.matchAll(NAMED_SECRET)].map(([, , value = '']) => value)
  const lines = [...configuration.matchAll(SECRET_LINE)].flatMap(([, rest = '']) => written(rest))
  return [...words, ...lines].filter((value) => value.length >= SECRET_CHARACTERS_MIN)
}

/** What a line of YAML may say behind its key: a password may have spaces, in quotes or not. */
function written(rest: string): string[] {
  const [quoted] = QUOTED.exec(rest) ?? []
  if (quoted !== undefined) {
    const inner = quoted.slice(1, -1)
    return [inner, inner.replaceAll(quoted.startsWith("'") ? /'(?=')/g : /\\(?=["\\])/g, '')]
  }
  const plain = rest.replace(/\s+#.*$/, '').trimEnd()
  // In a mapping of one line it ends earlier.
  return [plain, plain.replace(/[,}].*$/, '').trimEnd()]
}

/** A time has colons too, and so has a part of a path. */
function isIpv6(text: string): boolean {
  const groups = text.split(':')
  return text.includes('::') ? groups.length <= 9 : groups.length === 8
}

const HIDDEN = '(secret)'
const SECRET_CHARACTERS_MIN = 6
const NAMES = String.raw`\b\w*(?:secret|cookie|token|password|passphrase|verifier|psk|privateKey|controlKey)\w*["']?`
/** YAML and JSON alike: the key, and its value without quotes, as far as it has no space. */
const NAMED_SECRET = new RegExp(String.raw`(["']?${NAMES}\s*[:=]\s*["']?)([^\s"',}{[\]]+)`, 'gi')
/** In a file of YAML: all that follows the key. */
const SECRET_LINE = new RegExp(String.raw`${NAMES}[ \t]*:[ \t]+(.+)$`, 'gim')
/** As YAML and JSON quote it, on one line. */
const QUOTED_TEXT = String.raw`"(?:[^"\\\n]|\\.)*"|'(?:[^'\n]|'')*'`
const QUOTED = new RegExp(`^(?:${QUOTED_TEXT})`)
const QUOTED_SECRET = new RegExp(String.raw`(["']?${NAMES}\s*[:=]\s*)(${QUOTED_TEXT})`, 'gi')
/** One that goes on in the lines below its key, further in: a block of YAML, or words that were broken there. */
const SECRET_BELOW = new RegExp(
  String.raw`^([ \t]*)(["']?${NAMES}[ \t]*:[ \t]*)[^\s{[].*(?:\n(?:[ \t]*\n)*\1[ \t]+\S.*)+`,
  'gim',
)
const URL_PASSWORD = /(\b[a-z]+:\/\/[^\s/@:]*:)[^\s/@]+(?=@)/gi
/** With which a home is enrolled (session/enrolment-code.ts), as people type it. */
const ENROLMENT_CODE = /([?&]code=|\benrol["']?\s*[:=]\s*["']?)[0-9a-z][0-9a-z -]{14,}[0-9a-z]/gi
const MAC = /\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b/gi
const IPV4 = /\b(?:\d{1,3}\.){3}\d{1,3}\b/g
const IPV6 = /(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])/gi
/** Of nobody in particular. */
const NOBODY: ReadonlySet<string> = new Set([
  '0.0.0.0',
  '127.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
])
