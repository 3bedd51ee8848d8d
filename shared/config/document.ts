/**
 * From a file to a value that cannot be wrong, or to sentences that say where it is wrong.
 *
 *     cpe.yaml:7:16: legs.dsl.interface must be the name of an interface ..., but is the number 7
 *     └── where ──┘  └──── which ────┘ └─────────────── what is wrong (must.ts) ───────────────┘
 *
 * In order: the file's bytes ①, YAML ②, the schema ③, and the place of each problem ④.
 */
import { readFileSync, statSync } from 'node:fs'
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml'
import type { z } from 'zod'
import type { Path } from './keys.ts'
import { problemsOf } from './problems.ts'

export type Reading<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'problems'; readonly problems: readonly string[] }

/** A relation between keys that does not hold. `message` follows the name of the key at `path`. */
export interface Contradiction {
  readonly path: (string | number)[]
  readonly message: string
}

/** ① `file` is named in the sentences as it is given. */
export function readConfig<T extends z.ZodType>(schema: T, file: string): Reading<z.infer<T>> {
  const bytes = bytesOf(file)
  if (typeof bytes === 'string') return { kind: 'problems', problems: [`${file}: ${bytes}`] }
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return { kind: 'problems', problems: [`${file}: is not UTF-8 text; save it as such`] }
  }
  return parseConfig(schema, text, file)
}

/** ② and ③ of a text. */
export function parseConfig<T extends z.ZodType>(
  schema: T,
  text: string,
  file: string,
): Reading<z.infer<T>> {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
  })
  const slips = [...slipsOf(document, text)]
  if (slips.length > 0) return refused(slips, lines, file)

  const parsed = schema.safeParse(document.toJS(), { reportInput: true })
  if (parsed.success) return { kind: 'value', value: parsed.data }
  return refused(
    problemsOf(parsed.error, schema, 'the file').map(({ path, part, sentence }) => ({
      at: placeOf(document, path, part),
      sentence,
    })),
    lines,
    file,
  )
}

interface Placed {
  /** Characters from the file's beginning. */
  readonly at: number
  readonly sentence: string
}

function refused<T>(problems: readonly Placed[], lines: LineCounter, file: string): Reading<T> {
  const sentences = problems
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, sentence }) => {
      const { line, col } = lines.linePos(at)
      return `${file}:${Math.max(1, line)}:${Math.max(1, col)}: ${oneLine(sentence)}`
    })
  const more = sentences.length - PROBLEMS_MAX
  if (more > 0) sentences.splice(PROBLEMS_MAX, more, `${file}: ... and ${more} more problems`)
  return { kind: 'problems', problems: sentences }
}

/** Nothing a file says may move the cursor of the terminal that shows it. */
function oneLine(sentence: string): string {
  return sentence.replace(
    /\p{Cc}/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The file's bytes, or what is wrong with it. */
function bytesOf(file: string): Uint8Array | string {
  try {
    const facts = statSync(file)
    if (facts.isDirectory()) return 'is a directory; name the file in it'
    if (!facts.isFile()) return 'is not a regular file; copy its content into one'
    if (facts.size > FILE_BYTES_MAX) return `has ${facts.size} bytes, more than ${FILE_BYTES_MAX}`
    return readFileSync(file)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist; check the path'
    if (code === 'EACCES') return 'may not be read by this user; check its owner and mode'
    return `cannot be read: ${code}`
  }
}

/** What keeps the text from being YAML, or from being the plain YAML of this house. */
function* slipsOf(document: Document.Parsed, text: string): Generator<Placed> {
  const slips = [...document.errors, ...document.warnings]
  const doubled = slips.filter(({ code }) => code === 'DUPLICATE_KEY')
  for (const { pos } of doubled) {
    const key = /^[^\s:]+/.exec(text.slice(pos[0]))?.[0] ?? 'a key'
    yield { at: pos[0], sentence: `${key} stands here a second time; keep one` }
  }
  // One slip makes others behind it: only the first is sure to be one.
  const [first] = slips.filter(({ code }) => code !== 'DUPLICATE_KEY')
  if (first !== undefined) yield { at: first.pos[0], sentence: slipSentence(first) }

  const aliases: Placed[] = []
  visit(document, {
    Alias: (_, { source, range }) => {
      const sentence = `*${source} is a YAML alias; write the value out`
      aliases.push({ at: range?.[0] ?? 0, sentence })
    },
  })
  yield* aliases
}

function slipSentence({ code, message }: YAMLError): string {
  return SLIPS[code] ?? `this is not YAML: ${message}`
}

/** ④ Where the node at `path` begins; for what is missing, the key it is missing under. */
function placeOf(document: Document, path: Path, part: 'key' | 'value'): number {
  let here: unknown = document.contents
  let at = 0
  for (const [i, step] of path.entries()) {
    let key: Node | undefined
    if (isMap(here)) {
      const pair = here.items.find(({ key }) => isScalar(key) && String(key.value) === step)
      key = isNode(pair?.key) ? pair.key : undefined
      here = pair?.value
    } else if (isSeq(here) && typeof step === 'number') {
      here = here.items[step]
    } else {
      return at
    }
    at = key?.range?.[0] ?? at
    const isLast = i === path.length - 1
    const value = isNode(here) ? here : undefined
    if (value !== undefined && (key === undefined || (isLast && part === 'value'))) {
      at = value.range?.[0] ?? at
    }
  }
  return at
}

/** What YAML's own words for common slips do not say: what to do. By the yaml package's codes. */
const SLIPS: Readonly<Partial<Record<string, string>>> = {
  BAD_INDENT: 'this line is indented unlike its neighbours, or a bracket above is not closed',
  BAD_SCALAR_START: 'a text may not start with this character; put it in quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'a second `key:` in one line, or the next line is indented too far; one key a line, or quotes around a text with a colon',
  MISSING_CHAR: 'a quote, bracket or colon is missing here or above',
  MULTILINE_IMPLICIT_KEY: 'a key without its colon; write `key: value`',
  MULTIPLE_DOCS: 'a second document (`---`) begins here; keep one',
  NON_STRING_KEY: 'a key must be a plain word',
  TAB_AS_INDENT: 'a tab indents this line; use spaces',
  TAG_RESOLVE_FAILED: 'a YAML tag (`!...`); write the plain value',
  UNEXPECTED_TOKEN: 'this does not fit behind what is before it; check quotes, brackets and colons',
}

const PROBLEMS_MAX = 20
/** 10,000 subscribers take a tenth of this. */
const FILE_BYTES_MAX = 8 * 1_024 * 1_024
