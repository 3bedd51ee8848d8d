/**
 * What RFC 8803 demands, sentence by sentence, against the lines that obey: a demand that no line cites
 * is unmet, and a citation that is in no RFC is false.
 *
 *   //= https://www.rfc-editor.org/rfc/rfc8803#section-6.1          where it stands
 *   //= type=exception                                              why it is not met, below
 *   //# The Magic Number field MUST be set to 0x2263.               what it says, in its own words
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filesUnder, ROOMS, textOf } from './sources.fake.ts'

/** The section, and the quoted lines. */
const CITATION =
  /\/\/= https:\/\/www\.rfc-editor\.org\/rfc\/rfc8803#section-([\d.]+)\n((?:\s*\/\/= type=exception\n)?)((?:\s*\/\/#[^\n]*\n)+)/g

interface Sentence {
  readonly section: string
  readonly text: string
}

/** Every sentence of RFC 8803 with a MUST or a SHOULD in it, from section 1 to 9, and what we cite besides. */
const demands: readonly Sentence[] = textOf('shared/wire/rfc8803-sentences.tsv')
  .trimEnd()
  .split('\n')
  .map((line) => {
    const [section = '', text = ''] = line.split('\t')
    return { section, text }
  })
const citations = ROOMS.flatMap(filesUnder)
  .filter((file) => file.endsWith('.ts') && file !== 'shared/rfc8803.test.ts')
  .flatMap(citationsOf)

test('every MUST of RFC 8803 is cited by a line that obeys it, or that says why not', () => {
  const musts = demands.filter(({ text }) => /\bMUST\b/.test(text))
  const unmet = musts.filter((must) => !citations.some((citation) => isAbout(citation, must)))
  assert.deepEqual(
    unmet.map(({ section, text }) => `section ${section}: ${text}`),
    [],
  )
})

test('every citation of RFC 8803 stands in the section that it names', () => {
  for (const citation of citations) {
    assert.ok(
      demands.some((demand) => isAbout(citation, demand)),
      `${citation.file} cites section ${citation.section}: ${citation.text}`,
    )
  }
})

interface Citation extends Sentence {
  readonly file: string
}

function citationsOf(file: string): Citation[] {
  return [...textOf(file).matchAll(CITATION)].map(([, section = '', , quoted = '']) => ({
    file,
    section,
    text: quoted
      .split('\n')
      .map((line) => line.replace(/^\s*\/\/# ?/, ''))
      .join(' ')
      .replace(/\s+/g, ' ')
      .trim(),
  }))
}

/** A citation may quote a part of a sentence, or more than one sentence. */
function isAbout(citation: Sentence, { section, text }: Sentence): boolean {
  if (citation.section !== section) return false
  return text.includes(citation.text) || citation.text.includes(text)
}
